"""What differs between database engines, as a port; `sqlite.py` and `postgresql.py` are the two behind it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import SQLAlchemyError

WRITES = "triage_writes"  # execution option of a transaction that will write
MIGRATE_HINT = "run `triage migrate`"


class Backend(Protocol):
    """One engine, opened lazily: nothing is connected before the first question."""

    @property
    def engine(self) -> Engine:
        """The pool of connections; statements' parameters never show in its errors."""
        ...

    @property
    def place(self) -> str:
        """Where the database is, without a password."""
        ...

    def exists(self) -> bool:
        """Whether there is something to connect to; false only for an SQLite file that nobody made yet."""
        ...

    def insert(self, table: Table) -> Any:
        """The dialect's INSERT, which knows ON CONFLICT."""
        ...

    def gate(self) -> AbstractContextManager[None]:
        """Held around each writing transaction."""
        ...

    def serialise(self, connection: Connection, name: str) -> None:
        """Let only one transaction at a time past this point under the name, until it ends."""
        ...

    def lock(self, repository_id: int, *, refit: bool = False) -> AbstractContextManager[None]:
        """Hold the repository across threads and processes, for decisions or for a refit."""
        ...

    def claim(self, worker: str) -> AbstractContextManager[bool]:
        """Hold the name across processes without waiting; whether it was free."""
        ...

    def is_too_large(self, error: SQLAlchemyError) -> bool:
        """Whether a number was larger than its column can hold."""
        ...

    def is_orphan(self, error: SQLAlchemyError) -> bool:
        """Whether the error says that a row names a repository (or parent row) that is not there."""
        ...

    def explain(self, error: SQLAlchemyError) -> str:
        """A sentence of what failed, where, and what to do; free of values and passwords."""
        ...

    def size(self, connection: Connection) -> int:
        """Bytes that the database takes."""
        ...

    def scrub(self) -> None:
        """Make deleted rows unreadable in the files, as far as the engine can."""
        ...

    def compact(self) -> None:
        """Make the file anew without what was deleted in it by whomever; left for later while others are in the way."""
        ...

    def close(self) -> None:
        """Give every connection back."""
        ...
