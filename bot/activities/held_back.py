"""What could not be said while a repository allowed no comments, and may be said now (INV 30)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.activities.act import NO_COMMENTS, POINTLESS
from bot.activities.words import is_paused
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord
from models.decision import EffectKind

LONGEST = timedelta(days=7)  # about as long as others may wait for a limit; what is older is no news to anybody
MOST = 10_000  # comments that are looked at


def held_back(storage: Storage, repository_id: int, config: RepoConfig, now: datetime) -> list[DecisionRecord]:
    """The last decisions on issues whose comment was refused because the limit was none, in the issues' order; none as
    long as the bot is silent."""
    if config.limits.comments_per_hour == 0 or config.mode == "shadow":
        return []
    rows = storage.effects(repository_id, kind=EffectKind.COMMENT.value, state="failed", limit=MOST)
    refused = {
        row.number: row.decision_id
        for row in reversed(rows)
        if row.reason == NO_COMMENTS and row.finished_at is not None and now - row.finished_at <= LONGEST
    }
    if not refused or is_paused(storage.pauses(repository_id), repository_id):
        return []
    last = (storage.last_decision(repository_id, number) for number in sorted(refused))
    return [one for one in last if one is not None and one.id == refused[one.number] and one.trigger not in POINTLESS]
