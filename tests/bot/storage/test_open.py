"""Databases that cannot be used, and what the person is told."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.open import migrate, open_storage

PROJECT = Path(__file__).parents[3]


def refusal(url: str) -> str:
    with pytest.raises(StorageError) as caught:
        open_storage(url, migrate=True)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "triage.db",
        "mysql://u:hunter2@h/d",
        "postgresql://u:hunter2@h:port/d",
        "sqlite+nothing:///x",
    ],
)
def test_a_url_that_is_not_understood_is_explained_without_showing_it(url: str) -> None:
    message = refusal(url)
    assert "sqlite:///FILE" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    assert "not durable" in refusal(url)


def test_an_unreachable_server_is_named_without_the_password() -> None:
    message = refusal("postgresql://triage:hunter2@127.0.0.1:1/shop?sslkey=hunter2&connect_timeout=2")
    assert "127.0.0.1:1/shop" in message
    assert "cannot be reached" in message
    assert "hunter2" not in message


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    message = refusal(f"sqlite:///{tmp_path}/absent/triage.db")
    assert f"the folder {tmp_path}/absent does not exist: create it" in message


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "triage.db"
    file.write_text("shopping list\n" * 100)
    assert f"{file} is not an SQLite database" in refusal(f"sqlite:///{file}")
    assert file.read_text() == "shopping list\n" * 100


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(f"sqlite:///{tmp_path}")


AS_NOBODY = """
import os, sys
from bot.errors import StorageError
from bot.storage.open import open_storage
storage = open_storage(sys.argv[1])
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    storage.repositories()
except StorageError as error:
    print(error)
"""


def test_a_folder_without_write_permission_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o555)
        command = [sys.executable, "-c", AS_NOBODY, f"sqlite:///{folder}/triage.db"]
        told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert f"{folder}/triage.db cannot be opened" in told
    assert "check its owner" in told


def test_opening_makes_no_file(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}")
    assert storage.schema_state()[0] is None
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_with_a_percent_sign_works(tmp_path: Path) -> None:
    assert migrate(f"sqlite:///{tmp_path}/100% süß.db")[0] is None
    assert (tmp_path / "100% süß.db").exists()


def test_sqlite_files_are_durable_and_shared_safely(tmp_path: Path) -> None:
    file = tmp_path / "triage.db"
    storage = open_storage(f"sqlite:///{file}", migrate=True)
    backend = storage._backend  # type: ignore[attr-defined] # the pragmas hold per connection of this pool
    with backend.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "secure_delete")
        }
    storage.close()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "secure_delete": 1,
    }
    with sqlite3.connect(file) as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()
