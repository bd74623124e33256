"""Deliveries: accepted once, in groups, in the same transaction as their place in the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import select, update

from bot.storage.columns import storable
from bot.storage.door import Door, is_kept, now
from bot.storage.records import DeliveryRecord
from bot.storage.tables import deliveries, repositories

_FIELDS = [field.name for field in fields(DeliveryRecord)]
_COLUMNS = [deliveries.c[name] for name in _FIELDS]


class Deliveries(Door):
    """The part of `Storage` about deliveries."""

    def accept(
        self, records: Sequence[DeliveryRecord], enqueue: Callable[[Any, DeliveryRecord], None]
    ) -> Sequence[bool]:
        """One commit for the whole group. A unique key decides what is new, so processes may race."""
        if not records:
            return []
        firsts: dict[str, int] = {}
        for position, record in enumerate(records):
            firsts.setdefault(storable(record.id), position)
        # Two groups that share ids must insert them in one order, or they would wait for each other for ever.
        rows = [_row(records[firsts[delivery_id]]) for delivery_id in sorted(firsts)]
        insert = self._backend.insert(deliveries).on_conflict_do_nothing(index_elements=["id"])
        with self._writing() as connection:
            fresh = set(connection.execute(insert.returning(deliveries.c.id), rows).scalars())
            new = [firsts[storable(r.id)] == position and storable(r.id) in fresh for position, r in enumerate(records)]
            for record, is_new in zip(records, new, strict=True):
                if is_new:
                    enqueue(connection, record)
        return new

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        """By GitHub's id."""
        with self._reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(deliveries.c.id == delivery_id)).one_or_none()
        return None if row is None else DeliveryRecord(*row)

    def start_delivery(self, record: DeliveryRecord) -> bool:
        """Insert as running, or move a queued one to running; one that ended stays as it ended. False, and nothing is
        kept, where it is new here and its repository is not known: both were forgotten (INV 45)."""
        statement = self._backend.insert(deliveries).values(_row(record) | {"state": "running"})
        about = record.repository_id
        with self._writing() as connection:
            known = is_kept(connection, deliveries, storable(record.id))
            if not known and about is not None and not is_kept(connection, repositories, about):
                return False
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["id"], set_={"state": "running"}, where=deliveries.c.state == "queued"
                )
            )
        return True

    def finish_delivery(self, delivery_id: str, state: str, outcome: str, error: str | None = None) -> None:
        """Record how it ended."""
        values = {"state": state, "outcome": outcome, "error": error, "finished_at": now()}
        with self._writing() as connection:
            connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(values))

    def deliveries(
        self,
        *,
        state: str | None = None,
        repository_id: int | None = None,
        issue: int | None = None,
        outcome: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> Sequence[DeliveryRecord]:
        """Newest first; `outcome` is how theirs begins."""
        c = deliveries.c
        query = select(*_COLUMNS).order_by(c.received_at.desc(), c.id.desc()).limit(limit).offset(offset)
        for column, value in ((c.state, state), (c.repository_id, repository_id), (c.issue, issue)):
            if value is not None:
                query = query.where(column == value)
        if outcome is not None:
            query = query.where(c.outcome.startswith(outcome, autoescape=True))
        with self._reading() as connection:
            return [DeliveryRecord(*row) for row in connection.execute(query)]

    def delivery_counts(self) -> dict[str, int]:
        """State → number of deliveries."""
        return self._counts(deliveries.c.state)


def _row(record: DeliveryRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _FIELDS}
