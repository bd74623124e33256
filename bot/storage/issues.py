"""Issues, their vectors, and the change counter by which another process keeps its index fresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Select, delete, func, select, update

from bot.errors import NotFound
from bot.storage.cluster_tables import clusters
from bot.storage.clusters import leave_for_ever
from bot.storage.door import CHUNK, Door, chunks
from bot.storage.issue_pages import head_row
from bot.storage.page_tables import issue_heads, last_decisions
from bot.storage.records import RAW, StoredIssue, StoredVectors
from bot.storage.tables import issue_changes, repositories
from bot.storage.tables import issues as issue_rows
from bot.storage.tables import vectors as vector_rows
from models.issue import Issue
from models.text import Text

_ISSUE_FIELDS = [field.name for field in fields(Issue)]
_TEXT_TYPES = {field.name: type(getattr(Text(""), field.name)) for field in fields(Text)}
_ISSUE_COLUMNS = [issue_rows.c[name] for name in [*_ISSUE_FIELDS, "text", "text_hash", "recipe", "facts"]]


class Issues(Door):
    """The part of `Storage` about issues and vectors."""

    def save_issues(self, repository_id: int, issues: Sequence[StoredIssue]) -> None:
        """Insert or replace, all or none; the last of a repeated number wins."""
        rows = {stored.issue.number: _issue_row(repository_id, stored) for stored in issues}
        if rows:
            with self._writing() as connection:
                self._stamp(connection, repository_id, list(rows))
                self._upsert(connection, issue_rows, list(rows.values()))
                self._upsert(connection, issue_heads, _heads(repository_id, issues))

    def issue(self, repository_id: int, number: int) -> StoredIssue | None:
        """One issue."""
        c = issue_rows.c
        query = select(*_ISSUE_COLUMNS).where(c.repository_id == repository_id, c.number == number)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _stored_issue(row)

    def issues(self, repository_id: int, numbers: Sequence[int] | None = None) -> Iterator[StoredIssue]:
        """By number, streamed out of one snapshot."""
        query = select(*_ISSUE_COLUMNS).where(issue_rows.c.repository_id == repository_id).order_by(issue_rows.c.number)
        for row in self._stream(query, issue_rows.c.number, numbers):
            yield _stored_issue(row)

    def issue_count(self, repository_id: int) -> int:
        """As many as `issues` yields."""
        query = select(func.count()).select_from(issue_rows).where(issue_rows.c.repository_id == repository_id)
        with self._reading() as connection:
            return connection.execute(query).scalar_one()

    def delete_issue(self, repository_id: int, number: int) -> None:
        """Delete its text, facts, vectors and places in clusters; decisions and people's feedback stay. A cluster of
        the generation in force that it leaves empty ends, unless the configuration or a person made it what it is."""
        with self._writing() as connection:
            own_row = select(repositories.c.id).where(repositories.c.id == repository_id)
            connection.execute(own_row.with_for_update())  # nobody puts it back into a cluster meanwhile
            found = 0
            leave_for_ever(connection, repository_id, number)
            for table in (vector_rows, last_decisions, issue_heads, issue_rows):
                own = (table.c.repository_id == repository_id) & (table.c.number == number)
                found += connection.execute(delete(table).where(own)).rowcount
            pointing = (clusters.c.repository_id == repository_id) & (clusters.c.canonical == number)
            connection.execute(update(clusters).where(pointing).values(canonical=None))
            if found:
                self._stamp(connection, repository_id, [number])

    def save_vectors(self, repository_id: int, vectors: Sequence[StoredVectors]) -> None:
        """Insert or replace by number and model, all or none; ValueError for a shape other than (2, dimension)."""
        rows = {(stored.number, stored.model_id): _vector_row(repository_id, stored) for stored in vectors}
        if rows:
            with self._writing() as connection:
                self._stamp(connection, repository_id, sorted({number for number, _ in rows}))
                self._upsert(connection, vector_rows, list(rows.values()))

    def vectors(
        self, repository_id: int, model_id: str, numbers: Sequence[int] | None = None
    ) -> Iterator[StoredVectors]:
        """Those of one model by number, streamed out of one snapshot."""
        c = vector_rows.c
        query = (
            select(c.number, c.model_id, c.text_hash, c.title, c.salient)
            .where(c.repository_id == repository_id, c.model_id == model_id)
            .order_by(c.number)
        )
        for row in self._stream(query, c.number, numbers):
            yield StoredVectors(row.number, row.model_id, row.text_hash, np.stack((row.title, row.salient)))

    def unembedded(self, repository_id: int, model_id: str) -> Sequence[int]:
        """Issues without a vector by this model of their present text, newest first; those without a text are none."""
        i, v = issue_rows.c, vector_rows.c
        same = (v.repository_id == i.repository_id) & (v.number == i.number) & (v.model_id == model_id)
        query = (
            select(i.number)
            .outerjoin(vector_rows, same & (v.text_hash == i.text_hash))
            .where(i.repository_id == repository_id, i.is_pull_request.is_(False), v.number.is_(None), i.recipe != RAW)
            .order_by(i.number.desc())
        )
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def vector_counts(self, repository_id: int) -> dict[str, int]:
        """Model → how many issues it embedded, be it in an earlier text."""
        c = vector_rows.c
        query = select(c.model_id, func.count()).where(c.repository_id == repository_id).group_by(c.model_id)
        with self._reading() as connection:
            return {model_id: count for model_id, count in connection.execute(query)}

    def embedded_counts(self, repository_id: int) -> dict[str, int]:
        """Model → how many issues it embedded in their present text."""
        i, v = issue_rows.c, vector_rows.c
        same = (v.repository_id == i.repository_id) & (v.number == i.number) & (v.text_hash == i.text_hash)
        query = (
            select(v.model_id, func.count())
            .select_from(vector_rows)
            .join(issue_rows, same)
            .where(v.repository_id == repository_id)
            .group_by(v.model_id)
            .order_by(v.model_id)
        )
        with self._reading() as connection:
            return {model_id: count for model_id, count in connection.execute(query)}

    def changes_since(self, repository_id: int, version: int) -> tuple[int, Sequence[int]]:
        """The counter is read first: what changes in between is only told again. A `version` from the future (the
        database was restored from a backup) gets everything."""
        counter = select(repositories.c.change).where(repositories.c.id == repository_id)
        own = issue_changes.c.repository_id == repository_id
        query = select(issue_changes.c.number).where(own).order_by(issue_changes.c.number)
        with self._reading() as connection:
            current = connection.execute(counter).scalar() or 0
            after = version if version <= current else 0
            return current, list(connection.execute(query.where(issue_changes.c.change > after)).scalars())

    def _stamp(self, connection: Connection, repository_id: int, numbers: Sequence[int]) -> None:
        """Move the counter on and mark the numbers with it. The row that holds the counter is locked until the end of
        the transaction, so that counters become visible in their order."""
        own = repositories.c.id == repository_id
        moved = update(repositories).where(own).values(change=repositories.c.change + 1)
        change = connection.execute(moved.returning(repositories.c.change)).scalar()
        if change is None:
            raise NotFound(f"repository {repository_id} is not known here: it was never saved, or was forgotten")
        rows = [{"repository_id": repository_id, "number": number, "change": change} for number in numbers]
        self._upsert(connection, issue_changes, rows)

    def _stream(self, query: Select[Any], column: Any, numbers: Sequence[int] | None) -> Iterator[Row[Any]]:
        parts: Iterator[Select[Any]] = iter([query])
        if numbers is not None:
            parts = (query.where(column.in_(chunk)) for chunk in chunks(sorted(set(numbers))))
        with self._reading() as connection:
            for part in parts:
                with connection.execute(part, execution_options={"yield_per": CHUNK}) as rows:
                    yield from rows


def _heads(repository_id: int, issues: Sequence[StoredIssue]) -> list[dict[str, Any]]:
    rows = {one.issue.number: one for one in issues if not one.issue.is_pull_request}
    return [head_row(repository_id, one) for one in rows.values()]


def _issue_row(repository_id: int, stored: StoredIssue) -> dict[str, Any]:
    row = {name: getattr(stored.issue, name) for name in _ISSUE_FIELDS}
    return row | {
        "repository_id": repository_id,
        "text": {name: _jsonable(getattr(stored.text, name)) for name in _TEXT_TYPES},
        "text_hash": stored.text_hash,
        "recipe": stored.recipe,
        "facts": {name: sorted(values) for name, values in stored.facts.items()},
    }


def _jsonable(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def _stored_issue(row: Row[Any]) -> StoredIssue:
    values = row._asdict()
    parts: Mapping[str, Any] = values.pop("text")
    text = Text(**{name: kind(parts[name]) for name, kind in _TEXT_TYPES.items() if name in parts})
    facts = {name: frozenset(found) for name, found in values.pop("facts").items()}
    text_hash, recipe = values.pop("text_hash"), values.pop("recipe")
    issue = Issue(**values | {"labels": tuple(values["labels"])})
    return StoredIssue(issue, text, text_hash, recipe, facts)


def _vector_row(repository_id: int, stored: StoredVectors) -> dict[str, Any]:
    if stored.vectors.ndim != 2 or len(stored.vectors) != 2:
        raise ValueError(f"vectors of shape {stored.vectors.shape}, expected (2, dimension)")
    title, salient = stored.vectors
    return {
        "repository_id": repository_id,
        "model_id": stored.model_id,
        "number": stored.number,
        "text_hash": stored.text_hash,
        "title": title,
        "salient": salient,
    }
