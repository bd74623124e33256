"""First readings: how far each has come, and the issues whose timeline is still to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import delete, func, select

from bot.storage.door import Door, chunks
from bot.storage.import_tables import import_candidates, imports
from bot.storage.records import RAW, ImportRecord
from bot.storage.tables import issues

_COLUMNS = [imports.c[field.name] for field in fields(ImportRecord)]


class Imports(Door):
    """The part of `Storage` about first readings."""

    def import_progress(self, repository_id: int) -> ImportRecord | None:
        """The repository's one row."""
        query = select(*_COLUMNS).where(imports.c.repository_id == repository_id)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else ImportRecord(*row)

    def save_import(self, record: ImportRecord) -> None:
        """Insert or replace."""
        with self._writing() as connection:
            self._upsert(connection, imports, [asdict(record)])

    def add_import_candidates(self, repository_id: int, numbers: Collection[int]) -> None:
        """Each once."""
        rows = [{"repository_id": repository_id, "number": number} for number in sorted(set(numbers))]
        if rows:
            with self._writing() as connection:
                connection.execute(self._backend.insert(import_candidates).on_conflict_do_nothing(), rows)

    def import_candidates(self, repository_id: int, limit: int) -> Sequence[int]:
        """The newest first."""
        c = import_candidates.c
        query = select(c.number).where(c.repository_id == repository_id).order_by(c.number.desc()).limit(limit)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def import_candidate_count(self, repository_id: int) -> int:
        """How many wait."""
        own = import_candidates.c.repository_id == repository_id
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(import_candidates).where(own)).scalar_one()

    def drop_import_candidates(self, repository_id: int, numbers: Collection[int]) -> None:
        """Whether they waited or not."""
        c = import_candidates.c
        with self._writing() as connection:
            for part in chunks(sorted(numbers)):
                connection.execute(
                    delete(import_candidates).where(c.repository_id == repository_id, c.number.in_(part))
                )

    def issue_times(self, repository_id: int, numbers: Collection[int]) -> Mapping[int, datetime]:
        """Number → when it was changed last, as held."""
        c = issues.c
        found: dict[int, datetime] = {}
        with self._reading() as connection:
            for part in chunks(sorted(numbers)):
                query = select(c.number, c.updated_at).where(c.repository_id == repository_id, c.number.in_(part))
                found |= {number: at for number, at in connection.execute(query)}
        return found

    def raw_issues(self, repository_id: int, limit: int) -> Sequence[tuple[int, str]]:
        """Open ones first, the newest first."""
        c = issues.c
        raw = select(c.number, c.state).where(c.repository_id == repository_id, c.recipe == RAW)
        with self._reading() as connection:
            rows = connection.execute(raw.order_by(c.state.desc(), c.number.desc()).limit(limit))
            return [(number, state) for number, state in rows]

    def reports(self, repository_id: int, state: str | None = None) -> int:
        """Pull requests left out."""
        c = issues.c
        query = select(func.count()).where(c.repository_id == repository_id, c.is_pull_request.is_(False))
        with self._reading() as connection:
            return connection.execute(query if state is None else query.where(c.state == state)).scalar_one()
