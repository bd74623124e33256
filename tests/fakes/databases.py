"""Databases made once in a process and copied for each test: making one takes longer than most tests."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bot.storage.open import open_storage
from bot.storage.protocol import Storage
from tests.fakes.deliveries import settings

FRESH_SECONDS = 20.0  # what was seeded "3 minutes ago" is still that

_filled: dict[Callable[[Storage], None], tuple[float, Path]] = {}


def memory_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder that no disk holds up, where the system has one: thousands of commits wait for it otherwise."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="triage-tests-", dir=memory if memory.is_dir() else None)


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return memory_folder()


def throw_away() -> None:
    """Remove what was made, at the end of a process that may not clean up after itself."""
    if _folder.cache_info().currsize:
        _folder().cleanup()


@cache
def empty() -> Path:
    """An SQLite file with the present schema and nothing in it. Copy it, never open it."""
    file = Path(_folder().name) / "empty.db"
    open_storage(f"sqlite:///{file}", migrate=True).close()
    return file


@cache
def prepared() -> Path:
    """The same with the engine's tables, as a worker leaves it. Copy it, never open it."""
    from bot.wiring import prepare_database  # noqa: PLC0415  # loads the engine, which most tests do without

    file = Path(_folder().name) / "prepared.db"
    prepare_database(settings(database_url=f"sqlite:///{file}"))
    return file


@contextmanager
def opened(folder: Path, filled: Callable[[Storage], None] | None = None) -> Iterator[Storage]:
    """`folder`/triage.db; if it is new, with the present schema and what `filled` put into one like it just now."""
    file = folder / "triage.db"
    if not file.exists():
        shutil.copyfile(empty() if filled is None else _filled_by(filled), file)
    storage = open_storage(f"sqlite:///{file}")
    try:
        yield storage
    finally:
        storage.close()


def _filled_by(fill: Callable[[Storage], None]) -> Path:
    made_at, kept = _filled.get(fill, (float("-inf"), Path()))
    if time.monotonic() - made_at > FRESH_SECONDS:
        made_at = time.monotonic()
        folder = Path(_folder().name) / fill.__qualname__
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        with opened(folder) as storage:
            fill(storage)
        kept = folder / "triage.db"
        _filled[fill] = made_at, kept
    return kept
