"""What people judged in a repository, worked out again only after somebody said something more."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from bot import quality
from bot.activities.earned import closing_right
from bot.closing import Right
from bot.quality import Reliability, Week
from bot.storage.protocol import Storage
from bot.storage.records import MissedRecord
from models.share import Share

WEEKS = 26
MISSED_LOOKED_AT = 100_000
FRESH = timedelta(minutes=10)  # a decision that was taken anew may tell more than the words that are counted

Mark = Sequence[object]


@dataclass(frozen=True, slots=True)
class Judged:
    """The figures of the page about quality; `earned`: how the repository stands with closing."""

    precision: Share
    recall: Share
    weeks: Sequence[Week]
    reliability: Reliability
    missed: Sequence[MissedRecord]
    earned: Right


_kept: WeakKeyDictionary[Storage, dict[int, tuple[Mark, datetime, Judged]]] = WeakKeyDictionary()
_lock = threading.Lock()


def judged(storage: Storage, repository_id: int, now: datetime) -> Judged:
    """As people's words, closings and links are now."""
    mark = (*storage.spoken_mark(repository_id), quality.monday(now))
    with _lock:
        known = _kept.setdefault(storage, {}).get(repository_id)
    if known is not None and known[0] == mark and now - known[1] < FRESH:
        return known[2]
    made = _made(storage, repository_id, now)
    with _lock:
        _kept[storage][repository_id] = (mark, now, made)
    return made


def _made(storage: Storage, repository_id: int, now: datetime) -> Judged:
    found = quality.judgements(storage.spoken(repository_id))
    missed = storage.missed(repository_id, limit=MISSED_LOOKED_AT)
    return Judged(
        precision=quality.precision(found),
        recall=quality.recall(found, missed),
        weeks=quality.by_week(found, missed, now, WEEKS),
        reliability=quality.reliability(found),
        missed=missed,
        earned=closing_right(storage, repository_id),
    )
