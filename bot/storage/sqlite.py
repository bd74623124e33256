"""Everything that only SQLite needs: pragmas, the write gate, lock files, vectors as float32 bytes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL, Connection, Engine, LargeBinary, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.types import TypeDecorator

from bot.errors import StorageError
from bot.storage.backend import MIGRATE_HINT, WRITES

BUSY_SECONDS = 30
SCRUB_SECONDS = 2
_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # what was deleted is overwritten, not only unlinked
)


class SqliteVector(TypeDecorator[NDArray[np.float32]]):
    """A vector as little-endian float32 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: NDArray[np.float32] | None, _dialect: Dialect) -> bytes | None:
        """Bytes of shape (dimension,)."""
        return None if value is None else np.asarray(value, dtype="<f4").tobytes()

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> NDArray[np.float32] | None:
        """Read-only float32 array of shape (dimension,)."""
        return None if value is None else np.frombuffer(value, dtype="<f4")


class SqliteBackend:
    """A database file. Writers of one process queue at a fair gate; those of other processes wait for the file."""

    def __init__(self, url: URL) -> None:
        if url.database in (None, "", ":memory:"):
            raise StorageError("the database must be a file (sqlite:///triage.db): one in memory is not durable")
        self._path = Path(str(url.database)).absolute()
        self._gate = threading.Lock()
        self._engine = create_engine(
            url.set(database=str(self._path)), hide_parameters=True, pool_size=8, max_overflow=-1
        )
        event.listen(self._engine, "connect", _on_connect)
        event.listen(self._engine, "begin", _on_begin)

    @property
    def engine(self) -> Engine:
        """The pool."""
        return self._engine

    @property
    def place(self) -> str:
        """The file."""
        return f"SQLite file {self._path}"

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def insert(self, table: Table) -> Any:
        """SQLite's INSERT."""
        return insert(table)

    @contextmanager
    def gate(self) -> Iterator[None]:
        """One writer at a time in this process, in turn; SQLite's own waiting polls and is unfair."""
        if not self._gate.acquire(timeout=BUSY_SECONDS):
            raise StorageError(f"the {self.place} was held by another writer of this process for {BUSY_SECONDS} s")
        try:
            yield
        finally:
            self._gate.release()

    def serialise(self, connection: Connection, name: str) -> None:
        """Nothing to do: BEGIN IMMEDIATE lets one writer in at a time."""

    @contextmanager
    def lock(self, repository_id: int, *, refit: bool = False) -> Iterator[None]:
        """An flock on a file of its own: every open file is a holder of its own, so threads exclude each other too."""
        path = self._path.with_name(f"{self._path.name}.{repository_id}{'.refit' if refit else ''}.lock")
        descriptor = self._locked(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    @contextmanager
    def claim(self, worker: str) -> Iterator[bool]:
        """An flock that is tried once; the file stays, so that no two processes ever hold two files of one name."""
        descriptor = _opened(self._path.with_name(f"{self._path.name}.{worker}.worker.lock"))
        try:
            yield _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def _locked(self, path: Path) -> int:
        while True:
            descriptor = _opened(path)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            except BaseException:
                os.close(descriptor)
                raise
            if _is_still(path, descriptor):
                return descriptor
            os.close(descriptor)  # its last holder removed the file while we waited: wait at the new one

    def is_too_large(self, error: SQLAlchemyError) -> bool:  # noqa: ARG002 - the port's
        """The driver says it before the engine is asked, by an OverflowError."""
        return False

    def is_orphan(self, error: SQLAlchemyError) -> bool:
        """A foreign key failed."""
        return isinstance(error, IntegrityError) and "FOREIGN KEY" in str(error.orig)

    def explain(self, error: SQLAlchemyError) -> str:
        """By SQLite's own words, which name tables and columns but never values."""
        message = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        for words, sentence in self._sentences().items():
            if words in message:
                return sentence
        return f"the {self.place} failed: {message}"

    def _sentences(self) -> dict[str, str]:
        folder = self._path.parent
        if self._path.is_dir():
            opening = "it is a folder"
        elif not folder.is_dir():
            opening = f"the folder {folder} does not exist: create it"
        else:
            opening = f"the folder {folder} or the file cannot be written: check its owner"
        another = "or point TRIAGE_DATABASE_URL at another file"
        return {
            "unable to open": f"the {self.place} cannot be opened: {opening}, {another}",
            "not a database": f"the {self.place} is not an SQLite database: move it away, {another}",
            "malformed": f"the {self.place} is damaged: restore it from a backup, {another}",
            "readonly": f"the {self.place} is read-only: make it and its folder writable, {another}",
            "locked": f"the {self.place} was held by another process for {BUSY_SECONDS} s: stop that one, or try again",
            "no such": f"the {self.place} lacks tables that this version needs: {MIGRATE_HINT}",
            "disk is full": f"the disk that holds the {self.place} is full: make room and try again",
        }

    def size(self, connection: Connection) -> int:
        """Pages times their size; what is in the write-ahead log and not yet in the file counts too."""
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    def scrub(self) -> None:
        """Empty the write-ahead log, which still holds what was deleted; left for later while somebody reads it."""
        pooled = self._engine.raw_connection()
        try:
            connection: Any = pooled.driver_connection
            connection.execute(f"PRAGMA busy_timeout={SCRUB_SECONDS * 1000}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute(_PRAGMAS[0])
        finally:
            pooled.close()

    def compact(self) -> None:
        """Make the file anew: the engine beside us deletes without overwriting."""
        with self._gate, contextlib.suppress(sqlite3.OperationalError):
            pooled = self._engine.raw_connection()
            try:
                connection: Any = pooled.driver_connection
                connection.execute("VACUUM")
            finally:
                pooled.close()
        self.scrub()

    def close(self) -> None:
        """Close the pool."""
        self._engine.dispose()


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"the lock file {path} cannot be made: {error.strerror}; the folder must be writable"
        ) from None


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so, not before the first write
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
