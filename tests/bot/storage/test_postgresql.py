"""What only the PostgreSQL engine can say when it cannot be used."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from bot.errors import NotFound, StorageError
from bot.storage.open import migrate, open_storage
from tests.fakes.stored import delivery

pytestmark = pytest.mark.postgres


def test_a_server_that_is_not_there_is_explained() -> None:
    with pytest.raises(StorageError) as caught:
        open_storage("postgresql://u:hunter2@127.0.0.1:1/d?connect_timeout=2")
    assert "hunter2" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named(postgres_url: str) -> None:
    with pytest.raises(StorageError, match=r"does not exist; check that .* TRIAGE_DATABASE_URL"):
        migrate(postgres_url.replace("?", "x?"))


def test_a_server_that_goes_away_is_explained_and_found_again(postgres_url: str) -> None:
    with (
        closing(open_storage(postgres_url, migrate=True)) as storage,
        psycopg.connect(postgres_url, autocommit=True) as other,
    ):
        with pytest.raises(StorageError, match="try again"):
            storage.accept([delivery("d")], lambda _connection, _record: _hang_up_on_all(other))
        assert storage.accept([delivery("d")], lambda _connection, _record: None) == [True]


def test_a_user_without_rights_is_told_who_may_migrate(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("DROP ROLE IF EXISTS triage_reader")
        other.execute("CREATE ROLE triage_reader LOGIN")
    with pytest.raises(StorageError, match="does not let this user"):
        migrate(postgres_url.replace("postgres:@", "triage_reader:@"))


def test_a_number_too_large_for_a_column_is_refused_without_its_row(postgres_url: str) -> None:
    with closing(open_storage(postgres_url, migrate=True)) as storage:
        with pytest.raises(NotFound, match="too large") as caught:
            storage.accept([delivery("d", issue=2**70)], lambda _connection, _record: None)
        assert "acme" not in str(caught.value)


def _hang_up_on_all(connection: psycopg.Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND application_name = 'triage'"
    )
