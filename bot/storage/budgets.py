"""What was spent of budgets, what waits for them, and what GitHub leaves us to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select

from bot.storage.door import Door
from bot.storage.import_tables import rate_limits
from bot.storage.records import RateRecord
from bot.storage.repositories import here
from bot.storage.tables import deliveries, effects, repositories

_COLUMNS = [rate_limits.c[field.name] for field in fields(RateRecord)]


class Budgets(Door):
    """The part of `Storage` about budgets."""

    def comment_times(
        self, since: datetime, *, repository_id: int | None = None, installation_id: int | None = None
    ) -> Sequence[datetime]:
        """When comments reached GitHub, the oldest first."""
        query = select(effects.c.finished_at).where(*_written(since)).order_by(effects.c.finished_at)
        if repository_id is not None:
            query = query.where(effects.c.repository_id == repository_id)
        if installation_id is not None:
            own = select(repositories.c.id).where(repositories.c.installation_id == installation_id)
            query = query.where(effects.c.repository_id.in_(own))
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def comments_since(self, since: datetime) -> Mapping[int, int]:
        """Repository → comments."""
        query = select(effects.c.repository_id, func.count()).where(*_written(since)).group_by(effects.c.repository_id)
        with self._reading() as connection:
            return {repository_id: count for repository_id, count in connection.execute(query)}

    def waiting_counts(self, outcome: str) -> Mapping[int, int]:
        """Repository → deliveries that wait."""
        c = deliveries.c
        waiting = (c.state == "queued", c.outcome.startswith(outcome, autoescape=True), c.repository_id.is_not(None))
        query = select(c.repository_id, func.count()).where(*waiting).group_by(c.repository_id)
        with self._reading() as connection:
            return {repository_id: count for repository_id, count in connection.execute(query)}

    def save_rate_limits(self, records: Sequence[RateRecord]) -> None:
        """Insert or replace by installation; those that no repository here belongs to are left out, and go."""
        with self._writing() as connection:
            present = here(connection)
            self._upsert(connection, rate_limits, [asdict(one) for one in records if one.installation_id in present])
            connection.execute(delete(rate_limits).where(rate_limits.c.installation_id.not_in(present)))

    def rate_limits(self) -> Sequence[RateRecord]:
        """By installation."""
        with self._reading() as connection:
            query = select(*_COLUMNS).order_by(rate_limits.c.installation_id)
            return [RateRecord(*row) for row in connection.execute(query)]


def _written(since: datetime) -> tuple[ColumnElement[bool], ...]:
    c = effects.c
    return c.kind == "comment", c.state == "done", c.finished_at >= since
