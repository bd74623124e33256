"""What of the bot stands on an issue by now: its labels, its comment, and the decision that made the comment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.activities.act import stands
from bot.activities.words import UPKEEP
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord, EffectRecord, FeedbackRecord
from models.decision import EffectKind, Verdict

SAYS_NOTHING = frozenset({Verdict.NEW.value, Verdict.IGNORED.value, Verdict.SECURITY.value})
LABELLING = frozenset({EffectKind.ADD_LABEL.value, EffectKind.REMOVE_LABEL.value})


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


def claim(storage: Storage, repository_id: int, number: int, rows: Sequence[EffectRecord]) -> DecisionRecord | None:
    """The decision whose verdict readers of the issue are still shown, whatever was decided since (an issue that was
    locked or closed meanwhile is *ignored*, and its comment stands); None where nothing is claimed."""
    written = [row.decision_id for row in rows if row.kind == EffectKind.COMMENT.value]
    if not written:
        return None
    decisions = {one.id: one for one in storage.decisions(repository_id, number=number)}
    spoken = (decisions[one] for one in written if one in decisions)
    last = next((one for one in spoken if one.trigger != UPKEEP), None)
    return None if last is None or last.verdict in SAYS_NOTHING else last


def our_labels(rows: Sequence[EffectRecord]) -> frozenset[str]:
    """The labels that the bot set and did not take away again."""
    ours: dict[str, bool] = {}
    for row in reversed(rows):  # oldest first, so that the last one counts
        if row.kind in LABELLING:
            ours[row.value] = row.kind == EffectKind.ADD_LABEL.value
    return frozenset(name for name, added in ours.items() if added)


def removed_labels(rows: Sequence[EffectRecord], said: Sequence[FeedbackRecord]) -> frozenset[str]:
    """The labels, case folded, that people removed after the bot had last set them: whoever sets one again after that,
    it is theirs. `said` is of the issue."""
    added: dict[str, datetime] = {}
    for row in rows:  # newest first
        if row.kind == EffectKind.ADD_LABEL.value:
            added.setdefault(row.value.casefold(), row.finished_at or row.planned_at)
    removed = [(word.value.casefold(), word.said_at) for word in said if word.kind == "label-removed" and word.value]
    return frozenset(name for name, at in removed if name not in added or added[name] <= at)
