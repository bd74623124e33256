"""Which stored issues belong to the known clusters, and that who belongs stays."""

from __future__ import annotations

import pytest

from bot.activities.assign import assigned
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.refit import BY_HAND, PUBLISHED, begun, refit
from bot.storage.records import FeedbackRecord, RefitRecord
from models.cluster import Cluster
from tests.fakes.small_world import CONFIG, World

OTHER = b"""\
clusters:
  - slug: extra
    title: Terminal flickers when resizing
    examples: ["the window flickers and the cursor jumps to the top on every resize"]
"""


def refitted(world: World) -> RefitRecord:
    repository = read_history(world.services, world.repository)
    embed_missing(world.services, repository.id)
    return refit(world.services, repository, world.config, begun(world.services, repository, BY_HAND))


def extra(world: World) -> tuple[int, ...]:
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    return next(one.members for one in found.clusters if one.id == "extra")


@pytest.fixture
def reported(world: World) -> World:
    """Ten reports of the known cluster by one author, in the same words, decided as they came."""
    world.fake.config = CONFIG
    world.learn()
    for _ in range(10):
        world.triage(world.report())
    return world


def test_members_stay_where_nothing_changed_though_they_are_many_and_alike(reported: World) -> None:
    before = extra(reported)
    assert len(before) == 10
    for _ in range(3):
        ended = refitted(reported)
        assert (ended.outcome, ended.churn, extra(reported)) == (PUBLISHED, 0.0, before)
        reported.clock.forward(days=1)


def test_a_first_reading_finds_those_whom_the_days_would_have_found(world: World) -> None:
    world.fake.config = CONFIG
    for topic in range(40):
        world.report(title=f"Topic {topic} is wrong", body=f"In view {topic} the frame{topic} has no colour{topic}.")
    numbers = [world.report() for _ in range(10)]
    refitted(world)
    assert extra(world) == tuple(numbers)


def test_whoever_fits_less_than_before_stays_and_whoever_does_not_fit_leaves(reported: World) -> None:
    services, repository, config = reported.services, reported.repository, reported.config
    index = services.indexes.index(repository.id)
    wrong = Cluster("extra", "Extra", slug="extra", members=(1, 2, *extra(reported)))
    (found,) = assigned(services, repository.id, config, index, [wrong])
    assert found.members == extra(reported)


def test_inv_18_a_member_that_objected_leaves(reported: World) -> None:
    number = extra(reported)[3]
    word = FeedbackRecord(reported.repository.id, number, "objection", reported.clock(), "ann", "reaction")
    reported.storage.save_feedback(word)
    assert refitted(reported).outcome == PUBLISHED
    assert number not in extra(reported)
    assert len(extra(reported)) == 9


def test_another_definition_is_assigned_anew_and_that_is_no_churn(reported: World) -> None:
    refitted(reported)
    reported.fake.config = OTHER
    reported.clock.forward(minutes=2)
    ended = refitted(reported)
    assert (ended.outcome, ended.churn) == (PUBLISHED, 0.0)
    assert set(extra(reported)) <= {2}
    assert refitted(reported).churn == 0.0
