"""Every attempt to refit, with what came of it; and the ledger of the duplicates that the bot missed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from bot.storage.cluster_tables import missed_duplicates, refits
from bot.storage.door import Door
from bot.storage.records import MissedRecord, RefitRecord, RefitStanding
from bot.storage.tables import repositories

REFITS_KEPT = 400  # attempts of one repository; a year of nights

_COLUMNS = [refits.c[field.name] for field in fields(RefitRecord)]
_MISSED_COLUMNS = [missed_duplicates.c[field.name] for field in fields(MissedRecord)]


class Refits(Door):
    """The part of `Storage` about refits and the ledger."""

    def start_refit(self, repository_id: int, origin: str, at: datetime) -> int:
        """An attempt that has begun; returns its id."""
        row = {"repository_id": repository_id, "origin": origin, "started_at": at, "figures": {}, "changes": []}
        with self._writing() as connection:
            made = int(connection.execute(insert(refits).values(row).returning(refits.c.id)).scalar_one())
            own = refits.c.repository_id == repository_id
            newest = select(refits.c.id).where(own).order_by(refits.c.id.desc()).offset(REFITS_KEPT)
            old = connection.execute(newest).scalars().all()
            if old:
                connection.execute(delete(refits).where(refits.c.id.in_(old)))
            return made

    def finish_refit(self, record: RefitRecord) -> None:
        """Keep how the attempt ended."""
        with self._writing() as connection:
            end_refit(connection, record)

    def refit(self, refit_id: int) -> RefitRecord | None:
        """One attempt."""
        with self._reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(refits.c.id == refit_id)).one_or_none()
        return None if row is None else RefitRecord(*row)

    def refits(self, repository_id: int, limit: int = 100) -> Sequence[RefitRecord]:
        """Newest first."""
        query = select(*_COLUMNS).where(refits.c.repository_id == repository_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(refits.c.id.desc()).limit(limit))
            return [RefitRecord(*row) for row in rows]

    def refit_standing(self, *, every: bool = False) -> Sequence[RefitStanding]:
        """How each active repository (or `every` one) stands, by name: its last published refit, how the last ended."""
        c = refits.c
        own = c.repository_id == repositories.c.id
        published = select(c.finished_at).where(own, c.outcome == "published").order_by(c.id.desc())
        success = published.limit(1).scalar_subquery()  # not the latest: a clock may have been ahead once
        ended = select(c.outcome).where(own, c.outcome.is_not(None)).order_by(c.id.desc())
        outcome = ended.limit(1).scalar_subquery()
        first = select(c.started_at).where(own).order_by(c.id).limit(1).scalar_subquery()
        columns = (repositories.c.id, repositories.c.full_name, first, success, outcome)
        named = repositories.c.name_key.is_not(None) & (every or repositories.c.state == "active")
        query = select(*columns).where(named).order_by(repositories.c.name_key)
        with self._reading() as connection:
            return [RefitStanding(*row) for row in connection.execute(query)]

    def save_missed(self, records: Sequence[MissedRecord]) -> None:
        """Insert, or replace by pair."""
        rows = {(one.repository_id, one.number, one.other): asdict(one) for one in records}
        with self._writing() as connection:
            self._upsert(connection, missed_duplicates, list(rows.values()))

    def drop_missed(self, repository_id: int, pairs: Collection[tuple[int, int]]) -> None:
        """Take pairs (number, other) out of the ledger."""
        c = missed_duplicates.c
        with self._writing() as connection:
            for number, other in sorted(pairs):
                own = (c.repository_id == repository_id, c.number == number, c.other == other)
                connection.execute(delete(missed_duplicates).where(*own))

    def missed(self, repository_id: int, limit: int = 1000) -> Sequence[MissedRecord]:
        """The ledger, the pair linked last first."""
        c = missed_duplicates.c
        query = select(*_MISSED_COLUMNS).where(c.repository_id == repository_id)
        with self._reading() as connection:
            rows = connection.execute(query.order_by(c.linked_at.desc(), c.number.desc(), c.other).limit(limit))
            return [MissedRecord(*row) for row in rows]

    def missed_counts(self) -> dict[str, int]:
        """Cause → number of missed duplicates, over all repositories."""
        return self._counts(missed_duplicates.c.cause)


def end_refit(connection: Connection, record: RefitRecord) -> None:
    """Keep how the attempt ended, within a transaction."""
    kept: dict[str, Any] = {
        name: getattr(record, name)
        for name in ("finished_at", "outcome", "reason", "generation", "churn", "figures", "changes")
    }
    connection.execute(update(refits).where(refits.c.id == record.id).values(kept))
