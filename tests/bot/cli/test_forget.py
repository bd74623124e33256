"""`triage forget`: nothing is deleted before it was confirmed, and nothing is left after it."""

from __future__ import annotations

import json

import pytest
import typer

from bot.storage.open import open_storage
from tests.bot.cli.conftest import Run
from tests.fakes.played import Played
from tests.fakes.small_world import NAME


def held(name: str = NAME) -> bool:
    storage = open_storage("sqlite:///triage.db")
    try:
        return storage.repository(name) is not None
    finally:
        storage.close()


@pytest.fixture
def imported(triage: Run, tracker: Played) -> Played:
    assert triage("import", NAME).code == 0
    return tracker


def test_inv_45_everything_about_it_is_deleted(triage: Run, imported: Played) -> None:
    told = json.loads(triage("forget", NAME, "--yes", "--json").out)
    assert told["repository"] == NAME
    assert {"repositories", "issues", "vectors", "imports", "configs"} <= set(told["deleted"])
    assert not held()


def test_without_a_yes_it_asks_and_a_no_keeps_everything(
    triage: Run, imported: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(typer, "confirm", lambda text, **_: asked.append(text) or False)
    assert triage("forget", NAME).code == 1
    assert NAME in asked[0]
    assert held()
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: True)
    assert triage("forget", NAME).code == 0
    assert not held()


def test_what_is_not_known_is_a_sentence(triage: Run, tracker: Played) -> None:
    ran = triage("forget", "acme/nothing", "--yes")
    assert ran.code == 1
    assert "there is nothing to forget" in ran.err
