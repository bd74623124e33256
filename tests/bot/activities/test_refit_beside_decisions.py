"""A refit lets decisions pass: what is decided while it judges is in what it publishes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.activities import refit_plan
from bot.activities.curate import act
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import observe_issue
from bot.activities.refit import BY_HAND, FAILED, OVERTAKEN, PUBLISHED, begun, refit
from bot.errors import NotFound
from bot.storage.records import FeedbackRecord, RefitRecord
from models.cluster import Generation
from models.curation import Edit
from models.pair_graph import PairGraph, pair_graph
from tests.fakes.small_world import OTHERS, World, small_world

UPLOAD = {
    "title": "Upload of pictures never ends",
    "body": "The upload stays at 99 percent: Error: socket hang up.",
}
FIRST = len(OTHERS) + 1
PATIENCE = 120  # seconds until a test gives up a thread


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as made:
        made.fake.config = b""
        yield made


def refitted(world: World) -> RefitRecord:
    repository = read_history(world.services, world.repository)
    embed_missing(world.services, repository.id)
    return refit(world.services, repository, world.config, begun(world.services, repository, BY_HAND))


def members(world: World) -> dict[str, tuple[int, ...]]:
    found = world.storage.current_generation(world.repository.id)
    return {one.id: one.members for one in (found.clusters if found else ())}


def uploads(world: World, count: int = 3) -> list[int]:
    return [world.report(**UPLOAD, author=f"person-{number}") for number in range(count)]


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once while the pairs are judged."""
    left = [happens]

    def judge(*arguments: Any, **named: Any) -> PairGraph:
        found = pair_graph(*arguments, **named)
        while left:
            left.pop()()
        return found

    monkeypatch.setattr(refit_plan, "pair_graph", judge)


def decided(world: World, number: int) -> None:
    """As a worker decides: under the repository's lock, which has to be free."""
    with world.storage.lock(world.repository.id):
        world.decide(number)


def test_an_issue_that_is_decided_meanwhile_is_in_the_cluster_that_it_joined(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = uploads(world)
    refitted(world)
    fresh: list[int] = []

    def arrive() -> None:
        fresh.append(world.report(**UPLOAD, author="late"))
        decided(world, fresh[0])

    meanwhile(monkeypatch, arrive)
    assert refitted(world).outcome == PUBLISHED
    assert members(world) == {f"c{numbers[0]}": (*numbers, *fresh)}


def test_a_cluster_that_begins_meanwhile_is_published_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = uploads(world)
    refitted(world)
    text = {"title": "Printer prints in blue", "body": "Every page comes out blue: Error: cartridge 7 is unknown."}
    fresh: list[int] = []

    def arrive() -> None:
        for name in ("ann", "bob"):
            fresh.append(world.report(**text, author=name))
            decided(world, fresh[-1])

    meanwhile(monkeypatch, arrive)
    refitted(world)
    assert members(world) == {f"c{numbers[0]}": tuple(numbers), f"c{fresh[0]}": tuple(fresh)}


def test_an_issue_that_is_deleted_meanwhile_is_in_no_cluster_and_another_is_canonical(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = uploads(world, 4)
    refitted(world)

    def vanish() -> None:
        del world.fake.issues[numbers[0]]
        with world.storage.lock(world.repository.id):
            assert observe_issue(world.services, world.repository, numbers[0]) is None

    meanwhile(monkeypatch, vanish)
    refitted(world)
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    (left,) = found.clusters
    assert (left.members, left.canonical) == (tuple(numbers[1:]), numbers[1])


def test_inv_08_what_a_person_says_meanwhile_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = uploads(world)

    def say() -> None:
        word = FeedbackRecord(world.repository.id, second, "separated", world.clock(), "mia", "command", first)
        world.storage.save_feedback(word)

    meanwhile(monkeypatch, say)
    refitted(world)
    assert not any({first, second} <= {*found} for found in members(world).values())


def test_an_act_on_clusters_meanwhile_holds(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = uploads(world)
    refitted(world)
    name = f"c{numbers[0]}"

    def set_by_person() -> None:
        repository, config = world.repository, world.config
        with world.storage.lock(repository.id):
            act(world.services, repository, config, Edit("pin", world.clock(), "mia", name, (1,)))
            act(world.services, repository, config, Edit("rename", world.clock(), "mia", name, value="Uploads hang"))

    meanwhile(monkeypatch, set_by_person)
    refitted(world)
    assert members(world) == {name: (1, *numbers)}
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    assert found.clusters[0].title == "Uploads hang"


def test_people_who_go_on_speaking_do_not_hold_it_up_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = uploads(world)
    plan, plans = refit_plan.cluster, []

    def speaking(*arguments: Any) -> Any:
        plans.append(len(plans))
        word = FeedbackRecord(
            world.repository.id, third, "separated", world.clock(), f"m{len(plans)}", "command", first
        )
        world.storage.save_feedback(word)
        return plan(*arguments)

    monkeypatch.setattr(refit_plan, "cluster", speaking)
    assert refitted(world).outcome == PUBLISHED
    assert len(plans) == 4
    assert members(world) == {f"c{first}": (first, second)}


def test_inv_38_there_are_never_two_refits_of_a_repository_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads(world)
    inside, most = [0], [0]

    def judge(*arguments: Any, **named: Any) -> PairGraph:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        try:
            return pair_graph(*arguments, **named)
        finally:
            inside[0] -= 1

    monkeypatch.setattr(refit_plan, "pair_graph", judge)
    repository = read_history(world.services, world.repository)
    embed_missing(world.services, repository.id)
    config, ended = world.config, []
    attempts = [begun(world.services, repository, BY_HAND) for _ in range(3)]
    threads = [
        threading.Thread(target=lambda one=one: ended.append(refit(world.services, repository, config, one)))
        for one in attempts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert [one.outcome for one in ended] == [PUBLISHED] * 3
    assert most == [1]
    assert [one.number for one in world.storage.generations(repository.id)] == [3, 2, 1]


def test_inv_38_one_whose_lock_the_database_lost_does_not_publish_over_another_refit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads(world)
    refitted(world)
    newer = Generation(2, world.clock(), ())
    meanwhile(monkeypatch, lambda: world.storage.publish(world.repository.id, newer))
    ended = refitted(world)
    assert (ended.outcome, ended.reason) == (FAILED, OVERTAKEN.format(2))
    assert world.storage.current_generation(world.repository.id) == newer


def test_inv_38_a_repository_that_is_forgotten_meanwhile_gets_no_clusters(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads(world)
    repository = world.repository
    meanwhile(monkeypatch, lambda: world.storage.forget_repository(repository.id))
    repository = read_history(world.services, repository)
    embed_missing(world.services, repository.id)
    config, attempt = world.config, begun(world.services, repository, BY_HAND)
    with pytest.raises(NotFound):
        refit(world.services, repository, config, attempt)
    assert world.storage.current_generation(repository.id) is None
