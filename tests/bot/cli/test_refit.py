"""`triage refit`: the nightly job by hand, with its difference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.storage.open import open_storage
from models.cluster import Generation
from tests.bot.cli.conftest import Ran, Run
from tests.fakes.played import CANONICAL, Played
from tests.fakes.small_world import NAME


def generation() -> Generation:
    """The one in force."""
    storage = open_storage("sqlite:///triage.db")
    repository = storage.repository(NAME)
    assert repository is not None
    found = storage.current_generation(repository.id)
    storage.close()
    assert found is not None
    return found


def told(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_it_publishes_who_joined_since(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    number = tracker.report().number
    said = told(triage("refit", NAME, "--json"))
    assert said["published"] is True
    assert said["clusters"] == [{"cluster": "extra", "joined": [number], "left": []}]
    assert generation().number == before.number + 1
    assert generation().clusters[0].members == (CANONICAL, number)


def test_a_dry_run_shows_the_difference_and_publishes_nothing(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    tracker.report()
    ran = triage("refit", NAME, "--dry-run")
    assert ran.out.splitlines() == ["extra: 1 joined, 0 left", "nothing was published (dry run)"]
    assert generation() == before


def test_inv_28_nobody_is_notified(triage: Run, tracker: Played) -> None:
    tracker.report()
    assert triage("refit", NAME).code == 0
    assert tracker.writes() == []
    assert {token["issues"] for token in tracker.tokens_for()} == {"read"}


def test_a_second_refit_changes_nothing(triage: Run, tracker: Played) -> None:
    first = told(triage("refit", NAME, "--json"))
    assert first["clusters"] == [{"cluster": "extra", "joined": [CANONICAL], "left": []}]
    assert told(triage("refit", NAME, "--json"))["clusters"] == [{"cluster": "extra", "joined": [], "left": []}]


@pytest.mark.parametrize("status", [500, 404])
def test_inv_38_a_refit_that_fails_leaves_the_last_generation_in_force(
    triage: Run, tracker: Played, status: int
) -> None:
    assert triage("import", NAME).code == 0
    before = generation()
    tracker.report()
    tracker.fault(f"/repos/{NAME}/issues$", status=status)
    ran = triage("refit", NAME)
    assert (ran.code, ran.out) == (1, "")
    assert generation() == before
