"""The schema's way from nothing to now, and strangers' tables beside ours, over both engines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from dbos import DBOS, DBOSClient
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from bot.errors import StorageError
from bot.storage.open import MIGRATIONS, migrate, open_storage
from bot.storage.protocol import Storage
from bot.storage.records import LearnedRecord, RepositoryRecord
from bot.storage.tables import REVISIONS, VERSION_TABLE, metadata
from tests.fakes.stored import delivery


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    driver = "sqlite" if database_url.startswith("sqlite") else "postgresql+psycopg"
    opened = create_engine(make_url(database_url).set(drivername=driver))
    yield opened
    opened.dispose()


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str, engine: Engine) -> None:
    migrate(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_code_knows_every_migration_in_order() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert tuple(step.revision for step in script.walk_revisions())[::-1] == REVISIONS


def test_migrating_says_from_where_to_where(database_url: str) -> None:
    assert migrate(database_url) == (None, REVISIONS[-1])
    assert migrate(database_url) == (REVISIONS[-1], REVISIONS[-1])


def upgrade_to(engine: Engine, revision: str) -> None:
    """The database as the code of that time left it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_an_older_database_is_upgraded_with_what_it_holds(database_url: str, engine: Engine, revision: str) -> None:
    upgrade_to(engine, revision)
    with engine.begin() as connection:
        values = "(7, 'a/b', 'a/b', 'paused', 3)"
        connection.execute(text(f"INSERT INTO repositories (id, full_name, name_key, state, change) VALUES {values}"))
    assert migrate(database_url) == (revision, REVISIONS[-1])
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
    with closing(open_storage(database_url)) as storage:
        assert storage.repository("a/b") == RepositoryRecord(7, "a/b", state="paused")
        assert storage.learned(7) == LearnedRecord()


def test_opening_leaves_an_empty_database_as_it_is(database_url: str, engine: Engine) -> None:
    with closing(open_storage(database_url)) as storage:
        assert storage.schema_state() == (None, REVISIONS[-1])
        assert inspect(engine).get_table_names() == []
        with pytest.raises(StorageError, match="triage migrate"):
            storage.repositories()
        migrate(database_url)
        assert storage.repositories() == []


def test_a_database_of_newer_code_is_refused_and_untouched(database_url: str, engine: Engine) -> None:
    migrate(database_url)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    for attempt in (open_storage, migrate, lambda url: open_storage(url, migrate=True)):
        with pytest.raises(StorageError, match=r"newer version of Triage.*9999"):
            attempt(database_url)


def test_strangers_tables_are_left_alone(database_url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER PRIMARY KEY, line TEXT)"))
        connection.execute(text("INSERT INTO notes VALUES (1, 'mine')"))
    migrate(database_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT line FROM notes")).scalar_one() == "mine"


@pytest.fixture
def client(database_url: str) -> Iterator[DBOSClient]:
    DBOS.migrate(database_url)
    opened = DBOSClient(system_database_url=database_url)
    yield opened
    opened.destroy()


def test_the_queue_keeps_its_tables_in_the_same_database_and_enqueues_in_our_transaction(
    database_url: str, storage: Storage, client: DBOSClient
) -> None:
    options = {"workflow_name": "w", "queue_name": "q"}

    def enqueue(connection, record):
        client.enqueue_in_transaction(connection, options | {"workflow_id": record.id}, record.id)
        if record.id == "refused":
            raise RuntimeError

    assert storage.accept([delivery("a"), delivery("b")], enqueue) == [True, True]
    with pytest.raises(RuntimeError):
        storage.accept([delivery("c"), delivery("refused")], enqueue)
    assert sorted(status.workflow_id for status in client.list_workflows()) == ["a", "b"]
    assert migrate(database_url) == (REVISIONS[-1], REVISIONS[-1])
    assert sorted(status.workflow_id for status in client.list_workflows()) == ["a", "b"]
