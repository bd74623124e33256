"""The drawn map of each repository, as it was drawn last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from sqlalchemy import select

from bot.storage.door import Door
from bot.storage.look_records import MapRecord
from bot.storage.map_tables import maps
from bot.storage.tables import issues

_COLUMNS = [maps.c[field.name] for field in fields(MapRecord)]


class Maps(Door):
    """The part of `Storage` about maps."""

    def save_map(self, record: MapRecord) -> None:
        """Insert or replace."""
        with self._writing() as connection:
            self._upsert(connection, maps, [asdict(record)])

    def map(self, repository_id: int) -> MapRecord | None:
        """As it was drawn last, None where nobody drew it yet."""
        query = select(*_COLUMNS).where(maps.c.repository_id == repository_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else MapRecord(*row)

    def standings(self, repository_id: int) -> Mapping[int, tuple[str, str | None]]:
        """Number → state and GitHub's reason for it, of every issue."""
        c = issues.c
        query = select(c.number, c.state, c.state_reason).where(c.repository_id == repository_id)
        with self._reading() as connection:
            return {number: (state, reason) for number, state, reason in connection.execute(query)}
