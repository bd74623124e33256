"""What people did in the dashboard, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import insert, select, update

from bot.storage.dashboard_records import ActRecord
from bot.storage.dashboard_tables import acts
from bot.storage.door import Door, chunks, now

_COLUMNS = [acts.c[field.name] for field in fields(ActRecord)]


class Acts(Door):
    """The part of `Storage` about acts."""

    def save_act(self, record: ActRecord) -> int:
        """Insert."""
        row = asdict(record)
        row.pop("id")
        with self._writing() as connection:
            return int(connection.execute(insert(acts).values(row).returning(acts.c.id)).scalar_one())

    def finish_act(self, act_id: int, state: str, outcome: str, details: Mapping[str, Any] | None = None) -> None:
        """End it once."""
        c = acts.c
        with self._writing() as connection:
            query = select(c.undoes, c.details).where(c.id == act_id, c.state == "asked").with_for_update()
            row = connection.execute(query).one_or_none()
            if row is None:
                return
            known = {**row.details, **(details or {})}
            ended = {"state": state, "outcome": outcome, "finished_at": now(), "details": known}
            connection.execute(update(acts).where(c.id == act_id).values(ended))
            if row.undoes is not None and state == "done":
                first = (c.id == row.undoes, c.undone_by.is_(None))
                connection.execute(update(acts).where(*first).values(undone_by=act_id))

    def act(self, act_id: int) -> ActRecord | None:
        """One act."""
        with self._reading() as connection:
            row = connection.execute(select(*_COLUMNS).where(acts.c.id == act_id)).one_or_none()
        return None if row is None else ActRecord(*row)

    def acts_of(self, repository_id: int, ids: Collection[int]) -> Mapping[int, ActRecord]:
        """By id."""
        c = acts.c
        query = select(*_COLUMNS).where(c.repository_id == repository_id)
        with self._reading() as connection:
            parts = [query.where(c.id.in_(part)) for part in chunks(sorted(ids))]
            rows = [ActRecord(*row) for part in parts for row in connection.execute(part)]
        return {one.id or 0: one for one in rows}

    def acts(
        self,
        repository_id: int,
        *,
        kind: str | None = None,
        actor: str | None = None,
        cluster_id: str | None = None,
        number: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[ActRecord]:
        """Newest first."""
        c = acts.c
        wanted = {c.kind: kind, c.actor: actor, c.cluster_id: cluster_id, c.number: number}
        query = select(*_COLUMNS).where(c.repository_id == repository_id).order_by(c.id.desc()).limit(limit)
        query = query.where(*(column == value for column, value in wanted.items() if value is not None))
        if before is not None:
            query = query.where(c.id < before)
        with self._reading() as connection:
            return [ActRecord(*row) for row in connection.execute(query)]
