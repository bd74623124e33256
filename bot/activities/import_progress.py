"""How far a first reading has come: one row, changed by the threads that read and embed, and shown to whoever waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.activities.seams import with_seam
from bot.services import Services
from bot.storage.records import ImportRecord

Shown = Callable[[ImportRecord], None]


class Progress:
    """The repository's row of `imports`; begun, or taken up where it is."""

    def __init__(self, services: Services, repository_id: int, shown: Shown = lambda _: None) -> None:
        self._storage = services.storage
        self._shown = shown
        self._lock = threading.Lock()
        now = services.clock()
        known = self._storage.import_progress(repository_id)
        self.record = ImportRecord(repository_id, now) if known is None else replace(known, resumed_at=now, error=None)
        self.update()

    def update(self, **changes: Any) -> None:
        """Change the row, and keep it."""
        with self._lock:
            self._keep(replace(self.record, **changes))

    def at_cursor(self, listing: str, cursor: str | None, numbers: Sequence[int]) -> None:
        """A page of the listing was kept, which goes on at the cursor (None: it was the last).

        `numbers`: of its issues, in its order; a repository has at most as many issues and pulls as the highest.
        """
        with self._lock:
            record = self.record
            read = record.read + len(numbers)
            cursors = {**record.cursors, **with_seam(record.cursors, listing, numbers), listing: cursor}
            total = max(record.total or 0, read, *numbers)
            self._keep(replace(record, cursors=cursors, pages=record.pages + 1, read=read, total=total))

    def looked_for(self, cursors: Mapping[str, str | None], found: int) -> None:
        """What a listing may have left out was asked for; so many were there."""
        with self._lock:
            record = self.record
            self._keep(replace(record, cursors={**record.cursors, **cursors}, read=record.read + found))

    def embedded(self, count: int) -> None:
        """So many issues more have vectors."""
        with self._lock:
            self._keep(replace(self.record, embedded=self.record.embedded + count))

    def _keep(self, record: ImportRecord) -> None:
        self._storage.save_import(record)
        self.record = record
        self._shown(record)
