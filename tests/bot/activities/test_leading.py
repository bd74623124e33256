"""A cluster's canonical issue moves when GitHub moves it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.activities.curate import act
from bot.activities.leading import follow_canonicals
from bot.activities.observe import observe_issue
from bot.storage.records import FeedbackRecord
from models.cluster import Cluster, Generation
from models.curation import Edit
from tests.fakes.small_world import World, small_world
from tests.fakes.stored import decision

UPLOAD = {"title": "Upload of pictures never ends", "body": "The upload stays at 99 percent: Error: socket hang up."}
SECRET = {"title": "Security vulnerability: remote code execution", "body": "An attacker can run code."}
MOVES = {
    "closed": {"state": "closed", "state_reason": "not_planned"},
    "a duplicate": {"state": "closed", "state_reason": "duplicate"},
    "locked": {"locked": True},
    "a pull request": {"is_pull_request": True},
}


KNOWN = b'clusters: [{slug: c5, title: Uploads, examples: ["the upload never ends"]}]'


@pytest.fixture(params=[b"", KNOWN], ids=["found", "known"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """A cluster of three reports, the first of which is canonical, though nobody said so."""
    with small_world(tmp_path) as made:
        made.fake.config = request.param
        members = tuple(made.report(**UPLOAD) for _ in range(3))
        made.learn()
        publish(made, members)
        yield made


def publish(world: World, members: tuple[int, ...]) -> None:
    slug = "c5" if world.config.clusters else None
    found = Cluster("c5", "Uploads", slug, canonical=5, members=members)
    number = len(world.storage.generations(world.repository.id)) + 1
    world.storage.publish(world.repository.id, Generation(number, world.clock(), (found,)))


def seen(world: World, number: int) -> int | None:
    """Something happened to the issue, and the bot looks; returns the canonical issue then."""
    led = world.storage.clusters_led_by(world.repository.id, number)
    observe_issue(world.services, world.repository, number)
    follow_canonicals(world.services, world.repository, world.config, led)
    (cluster,) = world.storage.clusters_in_force(world.repository.id, ids=["c5"])
    return cluster.canonical


@pytest.mark.parametrize("move", MOVES)
def test_one_that_can_be_it_no_more_gives_way_at_once(world: World, move: str) -> None:
    world.change(5, **MOVES[move])
    assert seen(world, 5) == 6


def test_one_that_is_gone_gives_way(world: World) -> None:
    del world.fake.issues[5]
    assert seen(world, 5) == 6


def test_what_happens_to_another_member_moves_nothing(world: World) -> None:
    world.change(6, state="closed", state_reason="completed")
    assert seen(world, 6) == 5


def test_one_that_another_outdoes_by_now_stays(world: World) -> None:
    world.change(6, reactions=9)
    observe_issue(world.services, world.repository, 6)
    world.change(5, title="Upload of pictures never ends, still")
    assert seen(world, 5) == 5


def test_one_that_is_no_member_gives_way_too(world: World) -> None:
    """As the one that a member duplicates may be, where people told it apart from another."""
    publish(world, (6, 7))
    world.change(5, state="closed", state_reason="completed")
    assert seen(world, 5) == 6


def separate(world: World, number: int, other: int) -> None:
    word = FeedbackRecord(world.repository.id, number, "separated", world.clock(), "mia", "command", other)
    world.storage.save_feedback(word)


def duplicates(world: World, number: int, canonical: int) -> None:
    decided = decision(number, canonical, repository_id=world.repository.id, decided_at=world.clock())
    world.storage.save_decision(decided, [])


def test_one_that_left_stays_while_a_member_is_its_duplicate_and_no_longer(world: World) -> None:
    publish(world, (6, 7))
    duplicates(world, 7, 5)
    assert seen(world, 5) == 5
    world.storage.save_decision(decision(7, repository_id=world.repository.id, decided_at=world.clock()), [])
    assert seen(world, 5) == 6


def test_one_that_left_gives_way_when_its_last_duplicate_leaves_too(world: World) -> None:
    publish(world, (6, 7, world.report(**UPLOAD)))
    duplicates(world, 7, 5)
    assert seen(world, 5) == 5
    world.change(7, **SECRET)
    world.triage(7)
    (cluster,) = world.storage.clusters_in_force(world.repository.id, ids=["c5"])
    assert (cluster.members, cluster.canonical) == ((6, 8), 6)


def test_inv_44_one_that_reads_like_a_security_report_by_now_gives_way_though_a_member_duplicates_it(
    world: World,
) -> None:
    word = FeedbackRecord(world.repository.id, 7, "duplicate", world.clock(), "joe", "command", 5)
    world.storage.save_feedback(word)
    world.change(5, **SECRET)
    world.triage(5)
    (cluster,) = world.storage.clusters_in_force(world.repository.id, ids=["c5"])
    assert (cluster.members, cluster.canonical) == ((6, 7), 6)


@pytest.mark.parametrize("about", [5, 6])
def test_inv_08_one_that_is_told_apart_from_a_member_gives_way(world: World, about: int) -> None:
    publish(world, (6, 7))
    duplicates(world, 7, 5)
    separate(world, about, 11 - about)
    assert seen(world, 5) == 6


def test_inv_08_one_that_people_put_together_with_the_member_again_stays(world: World) -> None:
    publish(world, (6, 7))
    duplicates(world, 7, 5)
    separate(world, 6, 5)
    world.clock.forward(minutes=1)
    word = FeedbackRecord(world.repository.id, 6, "duplicate", world.clock(), "joe", "command", 5)
    world.storage.save_feedback(word)
    assert seen(world, 5) == 5


def test_where_no_other_is_open_it_stays(world: World) -> None:
    for number in (7, 6, 5):
        world.change(number, state="closed", state_reason="completed")
        last = seen(world, number)
    assert last == 5


def test_the_one_that_the_configuration_names_stays_though_it_is_closed(world: World) -> None:
    world.fake.config = KNOWN.replace(b"examples", b"canonical: 5, examples")
    world.clock.forward(minutes=2)
    world.change(5, state="closed", state_reason="completed")
    assert seen(world, 5) == 5


def test_the_one_that_a_person_set_stays_while_it_is_a_member(world: World) -> None:
    said = Edit("canonical", world.clock(), "mia", "c5", (7,))
    act(world.services, world.repository, world.config, said)
    world.change(7, state="closed", state_reason="completed")
    assert seen(world, 7) == 7
    act(world.services, world.repository, world.config, replace(said, kind="exclude", at=world.clock()))
    assert seen(world, 5) == 5
    assert seen(world, 7) == 5
