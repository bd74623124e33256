"""The way back to an earlier generation, of which something is not as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.activities.curate import act
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import observe_issue
from bot.activities.refit import BY_HAND, PUBLISHED, begun, refit
from bot.activities.rollback import roll_back
from models.cluster import Cluster
from models.curation import Edit
from tests.fakes.small_world import World, small_world

UPLOAD = {
    "title": "Upload of pictures never ends",
    "body": "The upload stays at 99 percent: Error: socket hang up.",
}
SECRET = {"title": "Security: remote code execution", "body": "A crafted picture allows remote code execution."}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Two generations of one cluster of four issues."""
    with small_world(tmp_path) as made:
        made.fake.config = b""
        for at in range(4):
            made.report(**UPLOAD, author=f"person-{at}")
        for _ in range(2):
            repository = read_history(made.services, made.repository)
            embed_missing(made.services, repository.id)
            assert refit(made.services, repository, made.config, begun(made.services, repository, BY_HAND)).outcome == (
                PUBLISHED
            )
        yield made


def back(world: World) -> Cluster:
    """The cluster after the way back."""
    with world.storage.lock(world.repository.id):
        made = roll_back(world.services, world.repository, world.config)
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    assert (made.outcome, made.generation) == (PUBLISHED, found.number)
    (cluster,) = found.clusters
    return cluster


def test_inv_44_who_reads_like_a_security_report_by_now_is_not_back(world: World) -> None:
    world.change(7, **SECRET)
    observe_issue(world.services, world.repository, 7)
    embed_missing(world.services, world.repository.id)
    assert back(world).members == (5, 6, 8)


def test_inv_04_another_issue_is_canonical_where_that_of_then_is_a_duplicate_by_now(world: World) -> None:
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    assert [one.canonical for one in found.clusters] == [5]
    world.change(5, state="closed", state_reason="duplicate")
    observe_issue(world.services, world.repository, 5)
    found_again = back(world)
    assert (found_again.members, found_again.canonical) == ((5, 6, 7, 8), 6)


def test_inv_04_one_that_a_person_set_and_that_is_a_duplicate_by_now_is_not_back_either(world: World) -> None:
    act(world.services, world.repository, world.config, Edit("canonical", world.clock(), "mia", "c5", (7,)))
    refit(world.services, world.repository, world.config, begun(world.services, world.repository, BY_HAND))
    refit(world.services, world.repository, world.config, begun(world.services, world.repository, BY_HAND))
    world.change(7, state="closed", state_reason="duplicate")
    observe_issue(world.services, world.repository, 7)
    assert back(world).canonical == 5
