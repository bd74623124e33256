"""What only the SQLite engine promises: deleted text is gone from the file, lock files do not pile up."""

from __future__ import annotations

import sqlite3
import traceback
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from tests.fakes.stored import REPOSITORY, delivery, stored_issue, stored_vectors


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_inv_45_forgotten_text_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}", migrate=True)
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_issues(REPOSITORY, [stored_issue(n, body=f"marmalade {n} " * 700) for n in range(1, 50)])
    storage.save_issues(REPOSITORY, [stored_issue(n, body="short marmalade") for n in range(1, 50)])
    storage.save_vectors(REPOSITORY, [stored_vectors(1)])
    assert b"marmalade" in everything_in(tmp_path)
    storage.forget_repository(REPOSITORY)
    assert b"marmalade" not in everything_in(tmp_path)
    storage.close()


def test_a_lock_leaves_no_file_behind(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}", migrate=True)
    with storage.lock(7):
        assert (tmp_path / "triage.db.7.lock").exists()
    assert not list(tmp_path.glob("*.lock"))
    storage.close()


def test_a_lock_beside_a_database_whose_folder_is_gone_is_explained(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'absent' / 'triage.db'}")
    with pytest.raises(StorageError, match="lock file"), storage.lock(1):
        pass


def test_forgetting_beside_a_reader_deletes_and_lets_the_reader_finish(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bot.storage.sqlite.SCRUB_SECONDS", 0)
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}", migrate=True)
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_issues(REPOSITORY, [stored_issue(n) for n in range(1, 1200)])
    stream = storage.issues(REPOSITORY)
    next(stream)
    assert storage.forget_repository(REPOSITORY)["issues"] == 1199
    assert len(list(stream)) == 1198
    assert storage.issue_count(REPOSITORY) == 0
    storage.close()


def test_a_writer_that_waits_too_long_is_told_who_holds_the_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bot.storage.sqlite.BUSY_SECONDS", 0)
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}", migrate=True)
    with pytest.raises(StorageError, match="another writer of this process"):
        storage.accept([delivery("d")], lambda _connection, record: storage.start_delivery(record))
    assert storage.deliveries() == []
    storage.close()


def test_a_file_held_by_another_program_is_explained(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "triage.db"
    storage = open_storage(f"sqlite:///{file}", migrate=True)
    monkeypatch.setattr("bot.storage.sqlite._PRAGMAS", ("PRAGMA busy_timeout=0",))
    storage.close()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="held by another process"):
        storage.start_task("refit", None)
    other.execute("ROLLBACK")
    other.close()
    assert storage.start_task("refit", None) == 1
    storage.close()


def test_an_error_of_the_engine_quotes_no_value(tmp_path: Path) -> None:
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}", migrate=True)
    row = delivery(
        "d", workflow=None, repository_id=None, repository="".join(("marma", "lade"))
    )  # the column workflow refuses null
    with pytest.raises(StorageError, match=r"deliveries\.workflow") as caught:
        storage.start_delivery(row)
    assert "marmalade" not in "".join(traceback.format_exception(caught.value))
    storage.close()
