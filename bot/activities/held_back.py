"""What could not be said while a repository allowed no comments, and may be said now (INV 30)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.activities.act import NO_COMMENTS, POINTLESS
from bot.activities.words import is_paused
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord

LONGEST = timedelta(days=7)  # about as long as others may wait for a limit; what is older is no news to anybody
MOST = 10_000  # issues at once


def held_back(
    storage: Storage, repository_id: int, config: RepoConfig, now: datetime, most: int = MOST
) -> list[DecisionRecord]:
    """The last decisions on issues whose comment was refused because the limit was none, in the issues' order, `most`
    at once; none as long as the bot is silent."""
    if config.limits.comments_per_hour == 0 or config.mode == "shadow":
        return []
    refused = storage.refused_comments(repository_id, NO_COMMENTS, now - LONGEST, most, POINTLESS)
    if not refused or is_paused(storage.pauses(repository_id), repository_id):
        return []
    return list(refused)
