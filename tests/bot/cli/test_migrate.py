"""`triage migrate`: an empty database becomes a current one, and stays one."""

from __future__ import annotations

import json
import sqlite3


def test_an_empty_database_is_made_and_a_second_run_changes_nothing(triage, tmp_path):
    first = json.loads(triage("migrate", "--json").out)
    second = json.loads(triage("migrate", "--json").out)
    assert (first["before"], first["changed"]) == (None, True)
    assert (second["before"], second["after"], second["changed"]) == (first["after"], first["after"], False)
    with sqlite3.connect(tmp_path / "triage.db") as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"issues", "decisions", "workflow_status"} <= tables


def test_the_schema_is_named_in_words(triage):
    assert "it was empty" in triage("migrate").out
    assert "already" in triage("migrate").out


def test_a_folder_that_is_not_there_is_an_expected_failure(triage, monkeypatch):
    monkeypatch.setenv("TRIAGE_DATABASE_URL", "sqlite:///nowhere/triage.db")
    ran = triage("migrate")
    assert ran.code == 1
    assert "nowhere" in ran.err
