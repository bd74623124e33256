"""What of the bot stands on an issue by now: its labels, its comment, and the decision that made the comment."""

from __future__ import annotations

from collections.abc import Sequence

from bot.activities.act import stands
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord, EffectRecord
from models.decision import EffectKind


def standing_rows(storage: Storage, repository_id: int, number: int, config: RepoConfig) -> list[EffectRecord]:
    """The effects that made what stands on the issue (in shadow mode: what would stand), newest first."""
    rows = storage.effects(repository_id, number=number)
    return [row for row in rows if stands(row) or (config.mode == "shadow" and row.state == "shadow")]


def comment_row(rows: Sequence[EffectRecord]) -> EffectRecord | None:
    """The one that wrote the comment that stands; `rows` as `standing_rows` gives them."""
    return next((row for row in rows if row.kind == EffectKind.COMMENT.value), None)


def spoken_decision(
    storage: Storage, repository_id: int, number: int, rows: Sequence[EffectRecord]
) -> DecisionRecord | None:
    """The decision that the comment was written for that stands."""
    comment = comment_row(rows)
    if comment is None:
        return None
    decisions = storage.decisions(repository_id, number=number)
    return next((one for one in decisions if one.id == comment.decision_id), None)
