"""Transactions, and database failures turned into the few names of `bot.errors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Table, func, select
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import NotFound, StorageError
from bot.storage.backend import WRITES, Backend

TOO_LARGE = "a number is too large to be known here"
CHUNK = 1000  # values of one IN (…), rows of one fetch

T = TypeVar("T")


class Door:
    """One transaction per `with`: `_reading` sees a snapshot, `_writing` commits at its end or keeps nothing."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._writer = backend.engine.execution_options(**{WRITES: True})

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with named_failures(self._backend), self._backend.engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with named_failures(self._backend), self._backend.gate(), self._writer.begin() as connection:
            yield connection

    def _upsert(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows, or replace what they name of those that are there; keys must not repeat."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        statement = self._backend.insert(table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)

    def _counts(self, column: Column[str]) -> dict[str, int]:
        """Value of the column → number of rows."""
        with self._reading() as connection:
            rows = connection.execute(select(column, func.count()).group_by(column).order_by(column))
            return {value: count for value, count in rows}


@contextmanager
def named_failures(backend: Backend) -> Iterator[None]:
    """Raise StorageError or NotFound for what the engine raises. The engine's own error is left out of the chain,
    because it may quote a row."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if backend.is_too_large(error):
            raise NotFound(TOO_LARGE) from None
        if backend.is_orphan(error):
            raise NotFound("the repository (or row) is not known here: it was never saved, or was forgotten") from None
        raise StorageError(backend.explain(error)) from None
    except StatementError as error:  # a value that a column type refused, before the engine saw it
        raise error.orig or error from None
    except OverflowError:  # SQLite's driver says it before the engine is asked
        raise NotFound(TOO_LARGE) from None


def is_kept(connection: Connection, table: Table, key: int | str) -> bool:
    """Whether the table has a row with this id; nobody deletes it until the transaction ends."""
    query = select(table.c.id).where(table.c.id == key).with_for_update(read=True, key_share=True)
    return connection.execute(query).first() is not None


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in order, a thousand at a time."""
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)
