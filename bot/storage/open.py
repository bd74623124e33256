"""Open the database behind a URL, and bring its schema to what this code needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL, Connection, column, inspect, make_url, select, table

from bot.errors import StorageError
from bot.storage.activity_pages import ActivityPages
from bot.storage.acts import Acts
from bot.storage.backend import MIGRATE_HINT, WRITES, Backend
from bot.storage.backtests import Backtests
from bot.storage.budgets import Budgets
from bot.storage.cluster_pages import ClusterPages
from bot.storage.clusters import Clusters
from bot.storage.consent import Consent
from bot.storage.curation import Curations
from bot.storage.decisions import Decisions
from bot.storage.deliveries import Deliveries
from bot.storage.door import named_failures
from bot.storage.following import Following
from bot.storage.imports import Imports
from bot.storage.issue_pages import IssuePages
from bot.storage.issues import Issues
from bot.storage.learned import Learned
from bot.storage.maps import Maps
from bot.storage.postgresql import PostgresBackend
from bot.storage.protocol import Storage
from bot.storage.quality_pages import QualityPages
from bot.storage.refits import Refits
from bot.storage.repositories import Repositories
from bot.storage.retention import Retention
from bot.storage.review_pages import ReviewPages
from bot.storage.sessions import Sessions
from bot.storage.sqlite import SqliteBackend
from bot.storage.tables import REVISIONS, VERSION_TABLE
from bot.storage.tasks import Tasks
from bot.storage.waves import Waves

MIGRATIONS = Path(__file__).parent / "migrations"
_BACKENDS: dict[str, Callable[[URL], Backend]] = {
    "sqlite": SqliteBackend,
    "postgresql": PostgresBackend,
    "postgresql+psycopg": PostgresBackend,
}


class Database(
    Repositories,
    Issues,
    Learned,
    Decisions,
    Clusters,
    Curations,
    Refits,
    Deliveries,
    Tasks,
    Waves,
    Consent,
    IssuePages,
    ClusterPages,
    ReviewPages,
    Imports,
    Budgets,
    Retention,
    Sessions,
    Acts,
    Following,
    Maps,
    Backtests,
    ActivityPages,
    QualityPages,
):
    """`Storage` over SQLite or PostgreSQL; safe to share between threads."""

    def schema_state(self) -> tuple[str | None, str]:
        """(revision in the database, revision that this code needs); None where nobody migrated it yet."""
        return _revision(self._backend), REVISIONS[-1]

    def close(self) -> None:
        """Give every connection back."""
        self._backend.close()


def open_storage(url: str, *, migrate: bool = False) -> Storage:
    """The storage behind `sqlite:///FILE` or `postgresql://USER@HOST/NAME`.

    The schema is left as it is unless `migrate` is set; `schema_state` tells whether it is current. Raises StorageError
    where the URL is wrong, the database cannot be reached, or newer code has written it.
    """
    backend = _backend(url)
    try:
        if migrate:
            _migrate(backend)
        else:
            _refuse_newer(backend, _revision(backend))
    except BaseException:
        backend.close()
        raise
    return Database(backend)


def migrate(url: str) -> tuple[str | None, str]:
    """Create or upgrade our tables and no others; returns the revision before (None: empty) and after. Safe to run
    from several processes at once. Raises StorageError like `open_storage`."""
    backend = _backend(url)
    try:
        return _migrate(backend)
    finally:
        backend.close()


def _backend(url: str) -> Backend:
    try:
        parsed = make_url(url)
        make = _BACKENDS.get(parsed.drivername)
    except Exception:  # whatever the parser trips over may quote the password
        parsed, make = None, None
    if parsed is None or make is None:
        raise StorageError(
            "the database URL is not understood: TRIAGE_DATABASE_URL must be sqlite:///FILE "
            "or postgresql://USER:PASSWORD@HOST/NAME (with special characters of the password percent-encoded)"
        )
    return make(parsed)


def _revision(backend: Backend) -> str | None:
    if not backend.exists():
        return None
    with named_failures(backend), backend.engine.connect() as connection:
        return _revision_in(connection)


def _revision_in(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()
    return found


def _refuse_newer(backend: Backend, revision: str | None) -> None:
    if revision is not None and revision not in REVISIONS:
        raise StorageError(
            f"the {backend.place} was written by a newer version of Triage (its schema is {revision}, this version "
            f"knows up to {REVISIONS[-1]}): install that version, or restore a backup and {MIGRATE_HINT}"
        )


def _migrate(backend: Backend) -> tuple[str | None, str]:
    from alembic import command  # noqa: PLC0415  # the web process opens databases too, and should start fast
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    writer = backend.engine.execution_options(**{WRITES: True})
    with named_failures(backend), writer.begin() as connection:
        backend.serialise(connection, "migration")
        before = _revision_in(connection)
        _refuse_newer(backend, before)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        after = _revision_in(connection)
    backend.engine.dispose()  # connections made before the migration do not know the types that came with it
    return before, str(after)
