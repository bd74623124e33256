"""What each repository taught: its own template, and how far the score is to be believed there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from bot.storage.door import Door
from bot.storage.records import LearnedRecord
from bot.storage.tables import issues, learned


class Learned(Door):
    """The part of `Storage` about what was learned."""

    def learned(self, repository_id: int) -> LearnedRecord:
        """As it was learned last."""
        c = learned.c
        query = select(c.learned_at, c.issues, c.boilerplate, c.calibration).where(c.repository_id == repository_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return LearnedRecord()
        return LearnedRecord(row.learned_at, row.issues, frozenset(row.boilerplate), row.calibration)

    def save_learned(self, repository_id: int, record: LearnedRecord) -> None:
        """Insert or replace."""
        row = {
            "repository_id": repository_id,
            "learned_at": record.learned_at,
            "issues": record.issues,
            "boilerplate": sorted(record.boilerplate),
            "calibration": record.calibration,
        }
        with self._writing() as connection:
            self._upsert(connection, learned, [row])

    def outdated(self, repository_id: int, recipe: str) -> Sequence[int]:
        """Issues whose text another recipe made, by number."""
        c = issues.c
        query = select(c.number).where(c.repository_id == repository_id, c.recipe != recipe).order_by(c.number)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())
