"""Everything that only PostgreSQL needs: psycopg, pgvector, advisory locks, SQLSTATE to sentences."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pgvector import Vector
from pgvector.psycopg import register_vector
from psycopg import ProgrammingError
from sqlalchemy import URL, ColumnElement, Connection, Engine, NullPool, Table, create_engine, event, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.types import UserDefinedType

from bot.errors import StorageError
from bot.storage.backend import MIGRATE_HINT

CONNECT_SECONDS = 10
_LOCK_SPACE = 0x5452 << 48  # our advisory locks, apart from those of others in the same database


class PostgresVector(UserDefinedType[NDArray[np.float32]]):
    """pgvector's `vector` of any dimension, read and written in its binary form."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """The type's name in DDL."""
        return "VECTOR"

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], Any]:
        """An array to what pgvector's dumper takes."""
        return lambda value: None if value is None else Vector(value)

    def column_expression(self, colexpr: ColumnElement[Any]) -> ColumnElement[Any]:
        """Ask for the bytes: parsing the text form would take most of a bulk read."""
        return func.vector_send(colexpr, type_=self)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[Any], Any]:
        """Read-only float32 array of shape (dimension,) from `vector_send` (two int16, then big-endian float32)."""
        return lambda value: None if value is None else np.frombuffer(value, ">f4", offset=4).astype(np.float32)


ischema_names["vector"] = PostgresVector  # reflection (migrations) knows the type


class PostgresBackend:
    """A PostgreSQL database with the pgvector extension."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "triage"}
        arguments = {name: value for name, value in arguments.items() if name not in url.query}
        self._engine = create_engine(
            self._url, hide_parameters=True, pool_pre_ping=True, pool_timeout=60, connect_args=arguments
        )
        event.listen(self._engine, "connect", _on_connect)
        # A pool for locks would run dry while their holders wait for a connection to work with.
        self._lock_engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args=arguments,
        )

    @property
    def engine(self) -> Engine:
        """The pool."""
        return self._engine

    @property
    def place(self) -> str:
        """User, host and database; no password and no options."""
        url, host = self._url, self._url.host or self._url.query.get("host", "localhost")
        return f"PostgreSQL database {url.username or ''}@{host}:{url.port or 5432}/{url.database or ''}"

    def exists(self) -> bool:
        """A server is always worth asking."""
        return True

    def insert(self, table: Table) -> Any:
        """PostgreSQL's INSERT."""
        return insert(table)

    @contextmanager
    def gate(self) -> Iterator[None]:
        """Open: PostgreSQL locks rows."""
        yield

    def serialise(self, connection: Connection, name: str) -> None:
        """A transaction-wide advisory lock."""
        key = _LOCK_SPACE | 1 << 47 | zlib.crc32(name.encode())
        connection.execute(select(func.pg_advisory_xact_lock(key)))

    @contextmanager
    def lock(self, repository_id: int, *, refit: bool = False) -> Iterator[None]:
        """A session's advisory lock; the server frees it when the connection ends, however that happens."""
        with self._session(func.pg_advisory_lock(_LOCK_SPACE | refit << 45 | repository_id)):
            yield

    @contextmanager
    def claim(self, worker: str) -> Iterator[bool]:
        """A session's advisory lock that is tried once."""
        key = _LOCK_SPACE | 1 << 46 | zlib.crc32(worker.encode())
        with self._session(func.pg_try_advisory_lock(key)) as free:
            yield bool(free)

    @contextmanager
    def _session(self, question: ColumnElement[Any]) -> Iterator[Any]:
        """The answer to one question, with the connection kept open until the end."""
        with ExitStack() as held:
            try:
                connection = held.enter_context(self._lock_engine.connect())
                answer = connection.execute(select(question)).scalar()
            except DBAPIError as error:
                raise StorageError(self.explain(error)) from None
            yield answer

    def is_too_large(self, error: SQLAlchemyError) -> bool:
        """numeric_value_out_of_range."""
        return _state(error) == "22003"

    def is_orphan(self, error: SQLAlchemyError) -> bool:
        """foreign_key_violation."""
        return _state(error) == "23503"

    def explain(self, error: SQLAlchemyError) -> str:
        """By SQLSTATE; the server's own text only where it cannot hold values of a row."""
        state = _state(error)
        for prefix, sentence in _SENTENCES.items():
            if state.startswith(prefix):
                return f"the {self.place} {sentence}"
        if state:
            return f"the {self.place} refused a statement (SQLSTATE {state})"
        first_line = str(getattr(error, "orig", error)).partition("\n")[0]
        return (
            f"the {self.place} cannot be reached: {first_line}; "
            "check that the server runs and that TRIAGE_DATABASE_URL names it"
        )

    def size(self, connection: Connection) -> int:
        """As the server counts it."""
        return int(connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one())

    def scrub(self) -> None:
        """PostgreSQL's own vacuum takes care of it."""

    def compact(self) -> None:
        """PostgreSQL's own vacuum takes care of it."""

    def close(self) -> None:
        """Close both pools."""
        self._engine.dispose()
        self._lock_engine.dispose()


_SENTENCES = {
    "42P01": f"lacks tables that this version needs: {MIGRATE_HINT}",
    "42703": f"lacks columns that this version needs: {MIGRATE_HINT}",
    "42704": f"lacks the type `vector`: {MIGRATE_HINT}",
    "42501": "does not let this user do that: grant it, or let the owner run `triage migrate`",
    "0A000": "has no pgvector: install the extension `vector` on the server",
    "58P01": "has no pgvector: install the extension `vector` on the server",
    "53": "has no room left (connections, memory or disk)",
    "57P": "is shutting down or starting: try again shortly",
    "08": "lost its connection: try again shortly",
}


def _on_connect(connection: Any, _record: object) -> None:
    try:
        register_vector(connection)
    except ProgrammingError:
        pass  # the extension comes with the first migration
    finally:
        connection.rollback()


def _state(error: SQLAlchemyError) -> str:
    original = error.orig if isinstance(error, DBAPIError) else None
    return getattr(original, "sqlstate", None) or ""
