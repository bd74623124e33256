"""What people set on clusters: a list of acts that only grows; an undo is an act too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot.errors import NotFound
from bot.storage.cluster_tables import cluster_edits
from bot.storage.door import Door
from bot.storage.records import EditRecord
from models.curation import Edit


class Curations(Door):
    """The part of `Storage` about what people set."""

    def save_edit(self, repository_id: int, edit: Edit, undoes: int | None = None) -> int:
        """Add an act; `undoes` names an earlier one that no longer holds."""
        with self._writing() as connection:
            return insert_edit(connection, repository_id, edit, undoes)

    def edits(self, repository_id: int) -> Sequence[EditRecord]:
        """In the order in which they were made."""
        c = cluster_edits.c
        query = select(cluster_edits).where(c.repository_id == repository_id).order_by(c.id)
        with self._reading() as connection:
            return [_record(row) for row in connection.execute(query)]


def insert_edit(connection: Connection, repository_id: int, edit: Edit, undoes: int | None = None) -> int:
    """Add the act within a transaction; returns its id. NotFound where what it undoes is not there (any more)."""
    row = {
        "repository_id": repository_id,
        "at": edit.at,
        "actor": edit.actor,
        "kind": edit.kind,
        "cluster_id": edit.cluster,
        "numbers": list(edit.numbers),
        "value": edit.value,
        "stayed": list(edit.stayed),
        "displaced": None if edit.displaced is None else [list(one) for one in edit.displaced],
    }
    edit_id = int(connection.execute(insert(cluster_edits).values(row).returning(cluster_edits.c.id)).scalar_one())
    if undoes is not None:
        c = cluster_edits.c
        holds = (c.id == undoes, c.repository_id == repository_id, c.undone_by.is_(None))
        if connection.execute(update(cluster_edits).where(*holds).values(undone_by=edit_id)).rowcount != 1:
            raise NotFound(f"there is no edit {undoes} that holds")
    return edit_id


def _record(row: Row[Any]) -> EditRecord:
    moved = None if row.displaced is None else tuple((number, home, ended) for number, home, ended in row.displaced)
    edit = Edit(row.kind, row.at, row.actor, row.cluster_id, tuple(row.numbers), row.value, tuple(row.stayed), moved)
    return EditRecord(row.id, row.repository_id, edit, row.undone_by)
