"""`triage waves`: listed for people and for programs, and a draft to copy."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.storage.open import open_storage
from bot.storage.records import WaveRecord
from models.cluster import Wave
from tests.bot.cli.conftest import Run
from tests.fakes.played import Played
from tests.fakes.small_world import NAME

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def waved(triage: Run, tracker: Played, tmp_path: Path) -> int:
    """An imported repository with a wave that is on, after one that is over; the number of the last report."""
    number = tracker.report().number
    assert triage("import", NAME).code == 0
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}")
    repository = storage.repository(NAME)
    assert repository is not None
    storage.join_cluster(repository.id, "extra", number)
    for days in (40, 1):
        began = NOW - timedelta(days=days)
        ended = None if days == 1 else began + timedelta(days=1)
        wave = Wave(began, began, 9, 0.25, 6, NOW + timedelta(days=1), 1e-9, ended)
        assert storage.start_wave(WaveRecord(None, repository.id, "extra", wave, number, alarmed=days == 1)) is not None
    storage.close()
    return number


def test_waves_are_listed_newest_first(triage: Run, waved: int) -> None:
    ran = triage("waves", NAME)
    assert (ran.code, ran.err) == (0, "")
    rows = [line for line in ran.out.splitlines() if line[:1].isdigit()]
    assert [row.split()[0] for row in rows] == ["2", "1"]
    assert " on " in rows[0]
    assert f"{NOW - timedelta(days=40):%Y-%m-%d}" in rows[1]
    assert "Extra usage" in ran.out


def test_as_json_they_are_one_document(triage: Run, waved: int) -> None:
    told = json.loads(triage("waves", NAME, "--json").out)
    assert told["repository"] == NAME
    newest, oldest = told["waves"]
    assert (newest["cluster"], newest["ended_at"], newest["alarmed"], newest["reports"]) == ("extra", None, True, 9)
    assert waved in newest["numbers"]
    assert (oldest["ended_at"] is None, oldest["alarmed"]) == (False, False)


def test_a_draft_is_printed_to_be_copied(triage: Run, waved: int) -> None:
    ran = triage("waves", NAME, "--draft", "2")
    assert ran.code == 0
    assert ran.out.startswith("# Extra usage 400 despite balance\n")
    assert f"- #{waved}" in ran.out
    missing = triage("waves", NAME, "--draft", "9")
    assert (missing.code, "no wave 9" in missing.err) == (1, True)


def test_a_repository_without_waves_says_so(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    assert "no wave" in triage("waves", NAME).out
    assert json.loads(triage("waves", NAME, "--json").out)["waves"] == []


def test_an_import_finds_the_waves_of_the_past(triage: Run, tracker: Played) -> None:
    for days in (300, 100):
        for minute in range(12 if days == 100 else 1):
            tracker.report(created_at=(NOW - timedelta(days=days, minutes=minute)).isoformat().replace("+00:00", "Z"))
    assert triage("import", NAME).code == 0
    (found,) = json.loads(triage("waves", NAME, "--json").out)["waves"]
    assert (found["alarmed"], found["reports"], found["ended_at"] is None) == (False, 12, False)


def test_a_refit_by_hand_finds_the_waves_of_the_past_too(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    now = datetime.now(UTC).replace(microsecond=0)  # the suite may have begun long ago, and the import was just now
    for days in (300, 100):
        for minute in range(12 if days == 100 else 1):
            when = now - timedelta(days=days, minutes=minute)
            stamps = {"created_at": when, "updated_at": now + timedelta(minutes=1)}
            tracker.report(**{name: one.isoformat().replace("+00:00", "Z") for name, one in stamps.items()})
    assert triage("refit", NAME).code == 0
    (found,) = json.loads(triage("waves", NAME, "--json").out)["waves"]
    assert (found["alarmed"], found["reports"]) == (False, 12)
