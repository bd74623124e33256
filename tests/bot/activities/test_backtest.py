"""A replay of the past knows nothing of what came later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.activities import backtest as module
from bot.activities.backtest import backtest, placed_at
from bot.activities.people import groups_of
from bot.rules import UNNAMED_AT_LEAST, needed
from bot.storage.records import EditRecord, FeedbackRecord
from models.curation import Edit
from models.matching import ClusterMatch
from tests.fakes.small_world import CONFIG, World


@pytest.fixture
def past(world: World) -> World:
    """Three reports of the known cluster, the last one called a duplicate of the first long after it came."""
    world.fake.config = CONFIG
    for _ in range(3):
        world.report()
    world.learn()
    return world


def said(world: World, number: int, other: int, *, days: float) -> FeedbackRecord:
    at = world.issue(number).created_at + timedelta(days=days)
    word = FeedbackRecord(world.repository.id, number, "duplicate", at, "mia", "command", other)
    world.storage.save_feedback(word)
    return word


def seen_members(world: World, monkeypatch: pytest.MonkeyPatch) -> dict[int, list[int]]:
    """Issue → the members of the known cluster by which it was judged."""
    seen: dict[int, list[int]] = {}
    real = module.matches_of

    def matches(*arguments: object) -> list[ClusterMatch]:
        seen[arguments[2].number] = list(arguments[4]["extra"])  # type: ignore[attr-defined,index]
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "matches_of", matches)
    backtest(world.services, world.repository)
    return seen


def test_a_member_that_came_later_is_none_yet(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = seen_members(past, monkeypatch)
    (cluster,) = past.storage.clusters_in_force(past.repository.id, known=True)
    assert set(cluster.members) == {5, 6, 7}
    assert {number: seen[number] for number in (4, 5, 6, 7)} == {4: [], 5: [], 6: [5], 7: [5, 6]}


def test_a_member_that_people_put_there_later_is_none_yet(past: World, monkeypatch: pytest.MonkeyPatch) -> None:
    said(past, 6, 5, days=30)
    assert seen_members(past, monkeypatch)[7] == [5]


def test_a_word_counts_from_the_day_on_which_it_was_said(past: World) -> None:
    early, late = said(past, 6, 5, days=1), said(past, 6, 4, days=2)
    pin = EditRecord(1, past.repository.id, Edit("pin", early.said_at - timedelta(days=1), "mia", "extra", (6, 7)))
    assert placed_at([late, early], []) == {6: early.said_at}
    assert placed_at([early], [pin]) == {6: pin.edit.at, 7: pin.edit.at}


def test_what_people_linked_later_is_the_truth_and_not_the_evidence(past: World) -> None:
    said(past, 7, 5, days=30)
    found = backtest(past.services, past.repository).found
    assert found["duplicates"] == 1
    assert groups_of(past.storage.feedback(past.repository.id)) == {5: 5, 7: 5}
    assert found["in_force"]["precision"]["right"] == 1
    assert 7 not in {one["number"] for one in found["worst"]}


def test_the_state_of_a_target_is_that_of_the_day(past: World) -> None:
    """Closed since, the first report was open when the others came."""
    before = backtest(past.services, past.repository).found["in_force"]["flagged"]
    past.clock.forward(days=30)
    past.change(5, state="closed", state_reason="completed", closed_at=past.clock())
    past.learn()
    assert backtest(past.services, past.repository).found["in_force"]["flagged"] == before > 0


def test_the_cuts_that_it_names_are_those_of_the_policy(past: World) -> None:
    """Every issue that it counts as said is over the cut of its kind; the cut elsewhere is the policy's own."""
    found = backtest(past.services, past.repository).found["in_force"]
    assert found["threshold_elsewhere"] == needed(found["threshold"], named=False) >= UNNAMED_AT_LEAST
    assert found["threshold"] == needed(found["threshold"], named=True)
