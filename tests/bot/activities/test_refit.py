"""A refit from whatever the repository holds, repeated or cut off at any step; and what becomes of its night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.activities import refit_plan
from bot.activities.curate import act
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import observe_issue
from bot.activities.refit import BY_HAND, PUBLISHED, begun, plan_refit, refit
from bot.activities.refit_budget import Budget
from bot.errors import StorageError
from bot.index_cache import IndexCache
from bot.repo_config import RepoConfig
from bot.storage.clusters import Clusters
from bot.storage.records import FeedbackRecord, RefitRecord
from bot.storage.refits import Refits
from models.cluster import Cluster, Generation
from models.clustering import ClusterLimits
from models.curation import Edit
from tests.fakes.small_world import CONFIG, OTHERS, CountingEmbedder, World, small_world

UPLOAD = {
    "title": "Upload of pictures never ends",
    "body": "The upload stays at 99 percent: Error: socket hang up.",
}
FIRST = len(OTHERS) + 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as made:
        made.fake.config = b""
        yield made


def refitted(world: World, attempt: int | None = None) -> RefitRecord:
    """The nightly job without its clock."""
    repository = read_history(world.services, world.repository)
    embed_missing(world.services, repository.id)
    chosen = begun(world.services, repository, BY_HAND) if attempt is None else attempt
    return refit(world.services, repository, world.config, chosen)


def in_force(world: World) -> dict[str, Cluster]:
    found = world.storage.current_generation(world.repository.id)
    return {one.id: one for one in (found.clusters if found else ())}


def members(world: World) -> dict[str, tuple[int, ...]]:
    return {name: one.members for name, one in in_force(world).items()}


def uploads(world: World, count: int = 3) -> list[int]:
    return [world.report(**UPLOAD, author=f"person-{number}") for number in range(count)]


def said(world: World, number: int, kind: str, other: int, minute: int = 0) -> None:
    at = world.clock()
    word = FeedbackRecord(world.repository.id, number, kind, at.replace(microsecond=minute), "mia", "command", other)
    world.storage.save_feedback(word)


# --- what there is to cluster


def test_no_issue_at_all(world: World) -> None:
    world.fake.issues.clear()
    assert refitted(world).outcome == PUBLISHED
    assert in_force(world) == {}
    assert refitted(world).changes in ((), [])


def test_one_issue(world: World) -> None:
    for number in list(world.fake.issues)[1:]:
        del world.fake.issues[number]
    assert refitted(world).outcome == PUBLISHED
    assert in_force(world) == {}


def test_nothing_but_noise(world: World) -> None:
    assert refitted(world).outcome == PUBLISHED
    assert in_force(world) == {}


def test_all_the_same(world: World) -> None:
    world.fake.issues.clear()
    numbers = uploads(world, 12)
    assert refitted(world).outcome == PUBLISHED
    assert members(world) == {f"c{numbers[0]}": tuple(numbers)}


def test_more_of_the_same_than_may_act_is_held(world: World) -> None:
    world.fake.config = b"limits: {cluster_cap: 5}"
    numbers = uploads(world, 8)
    refitted(world)
    (found,) = in_force(world).values()
    assert (found.members, found.held) == (tuple(numbers), "over-cap")


def test_inv_44_a_security_report_is_in_no_cluster(world: World) -> None:
    numbers = uploads(world)
    body = f"{UPLOAD['body']} An attacker can execute arbitrary code: remote code execution, CVE-2026-12345."
    secret = world.report(title=UPLOAD["title"], body=body)
    refitted(world)
    assert all(secret not in found for found in members(world).values())
    assert tuple(numbers) in members(world).values()


# --- what people said


def test_words_that_contradict_each_other_are_told_and_the_newer_holds(world: World) -> None:
    first, second, third = uploads(world)
    said(world, second, "duplicate", first, 1)
    said(world, second, "separated", first, 2)
    ended = refitted(world)
    together = next((found for found in members(world).values() if second in found), ())
    assert first not in together
    (problem,) = ended.figures["problems"]
    assert f"#{second}" in problem
    said(world, second, "duplicate", third, 3)
    assert third in next(found for found in ended_members(world) if second in found)


def ended_members(world: World) -> list[tuple[int, ...]]:
    refitted(world)
    return list(members(world).values())


def test_an_act_wins_over_the_clock_when_that_jumps_back(world: World) -> None:
    uploads(world)
    refitted(world)
    name = f"c{FIRST}"
    repository, config = world.repository, world.config
    act(world.services, repository, config, Edit("rename", world.clock(), "mia", name, value="First title"))
    world.clock.forward(days=-400)
    act(world.services, repository, config, Edit("rename", world.clock(), "mia", name, value="Second title"))
    assert in_force(world)[name].title == "Second title"
    refitted(world)
    assert (in_force(world)[name].title, in_force(world)[name].title_by) == ("Second title", "person")


def test_a_clock_that_jumps_back_makes_no_older_generation(world: World) -> None:
    uploads(world)
    refitted(world)
    world.clock.forward(days=-400)
    ended = refitted(world)
    assert (ended.outcome, ended.generation, ended.churn) == (PUBLISHED, 2, 0.0)
    found = world.storage.current_generation(world.repository.id)
    assert found is not None
    assert found.number == 2


# --- what happens on GitHub and in the configuration


def test_a_member_that_is_deleted_or_moved_away_leaves_its_cluster(world: World) -> None:
    numbers = uploads(world, 4)
    refitted(world)
    name = f"c{numbers[0]}"
    assert in_force(world)[name].canonical == numbers[0]
    del world.fake.issues[numbers[0]]
    assert observe_issue(world.services, world.repository, numbers[0]) is None
    assert (members(world)[name], in_force(world)[name].canonical) == (tuple(numbers[1:]), None)
    ended = refitted(world)
    assert (ended.outcome, ended.churn) == (PUBLISHED, 0.0)
    assert (members(world)[name], in_force(world)[name].canonical) == (tuple(numbers[1:]), numbers[1])


def test_a_known_cluster_that_is_called_otherwise_keeps_what_people_set(world: World) -> None:
    world.fake.config = CONFIG
    number = world.report()
    world.clock.forward(minutes=2)
    refitted(world)
    assert members(world)["extra"] == (number,)
    pinned = Edit("pin", world.clock(), "mia", "extra", (1,))
    act(world.services, world.repository, world.config, pinned)
    named = Edit("rename", world.clock(), "mia", "extra", value="No usage left")
    act(world.services, world.repository, world.config, named)
    world.fake.config = CONFIG.replace(b"slug: extra", b"slug: extra-usage")
    world.clock.forward(minutes=2)
    assert refitted(world).outcome == PUBLISHED
    assert members(world) == {"extra-usage": (1, number)}
    assert in_force(world)["extra-usage"].title == "No usage left"
    assert [one.edit.actor for one in world.storage.edits(world.repository.id)] == ["mia", "mia", "triage.yml"]
    assert refitted(world).figures["problems"] == []
    assert len(world.storage.edits(world.repository.id)) == 3


def test_a_known_cluster_that_is_taken_out_is_no_churn(world: World) -> None:
    world.fake.config = CONFIG.replace(b"is left", b"is there")
    numbers = [world.report(author=f"person-{number}") for number in range(4)]
    world.clock.forward(minutes=2)
    refitted(world)
    assert members(world)["extra"] == tuple(numbers)
    world.fake.config = b""
    world.clock.forward(minutes=2)
    ended = refitted(world)
    assert (ended.outcome, ended.churn) == (PUBLISHED, 0.0)
    assert list(members(world).values()) == [tuple(numbers)]
    assert all(one.slug is None for one in in_force(world).values())


def test_inv_27_a_file_that_only_an_older_version_took_has_its_known_clusters_at_a_refit(world: World) -> None:
    world.fake.config = CONFIG
    number = world.report()
    refitted(world)
    config = replace(world.storage.config(world.repository.id), valid_text=f"{CONFIG.decode()}of_old: 1\n", etag=None)
    world.storage.save_config(world.repository.id, config)
    world.fake.config = f"{CONFIG.decode()}of_old: 1\n".encode()
    world.clock.forward(minutes=2)
    assert refitted(world).outcome == PUBLISHED
    assert "of_old" in str(world.storage.config(world.repository.id).error)
    (known,) = world.storage.clusters_in_force(world.repository.id, known=True)
    assert (known.slug, known.members) == ("extra", (number,))
    assert world.config.mode == "shadow"


def test_inv_13_after_a_change_of_model_everything_is_embedded_again_before_anything_is_compared(
    tmp_path: Path,
) -> None:
    first = CountingEmbedder()
    with small_world(tmp_path, embedder=first) as world:
        world.fake.config = b""
        uploads(world)
        refitted(world)
        before = members(world)
        second = CountingEmbedder("another-model")
        world.services = replace(world.services, embedder=second, indexes=IndexCache(world.storage, second))
        seen: list[int] = []
        assert plan_refit(world.services, world.repository, world.config).clusters == ()
        embed_missing(world.services, world.repository.id, seen.append)
        assert (sum(seen), second.texts) == (FIRST + 2, 2 * (FIRST + 2))
        assert refitted(world).outcome == PUBLISHED
        assert members(world) == before
        kept = world.storage.generations(world.repository.id)
        assert [one.model_id for one in kept] == [str(second.model_id), str(first.model_id)]


# --- cut off, and repeated


def test_an_attempt_that_has_ended_is_not_made_again(world: World) -> None:
    uploads(world)
    first = refitted(world)
    assert refitted(world, first.id) == world.storage.refit(first.id)
    assert [one.number for one in world.storage.generations(world.repository.id)] == [1]


STEPS: list[tuple[type, str]] = [(Clusters, "publish"), (Clusters, "current_generation"), (Refits, "refit")]


class Killed(BaseException):
    """The process is no more."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "method"), STEPS)
def test_inv_38_a_refit_killed_at_any_step_is_taken_up_and_publishes_once(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, after: bool
) -> None:
    numbers = uploads(world)
    refitted(world)
    world.report(**UPLOAD)
    attempt = begun(world.services, world.repository, BY_HAND)
    call: Callable[..., Any] = getattr(owner, method)

    def deadly(*arguments: Any, **named: Any) -> None:
        if after:
            call(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, deadly)
        with pytest.raises(Killed):
            refitted(world, attempt)
    held = members(world)[f"c{numbers[0]}"]
    assert held in {tuple(numbers), (*numbers, numbers[-1] + 1)}
    assert refitted(world, attempt).outcome == PUBLISHED
    assert members(world) == {f"c{numbers[0]}": (*numbers, numbers[-1] + 1)}
    assert [one.number for one in world.storage.generations(world.repository.id)] == [2, 1]


def test_inv_38_a_database_that_fails_while_publishing_leaves_yesterdays_in_force(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads(world)
    refitted(world)
    before = world.storage.current_generation(world.repository.id)
    world.report(**UPLOAD)

    def full(*_: Any) -> None:
        raise StorageError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.clusters.end_refit", full)
        with pytest.raises(StorageError):
            refitted(world)
    assert world.storage.current_generation(world.repository.id) == before
    assert isinstance(before, Generation)


@pytest.mark.parametrize("setting", ["TRIAGE_REFIT_SECONDS", "TRIAGE_REFIT_MEMORY_MB"])
def test_inv_38_a_budget_that_runs_out_while_clusters_are_made_ends_the_refit_there(
    world: World, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    uploads(world)
    refitted(world)
    before = world.storage.current_generation(world.repository.id)
    world.report(**UPLOAD)
    spent = {"TRIAGE_REFIT_SECONDS": 0.0, "TRIAGE_REFIT_MEMORY_MB": 0.0}
    clock, memory = (lambda name=name: spent[name] for name in spent)

    def beginning(_: RepoConfig) -> ClusterLimits:
        spent[setting] = 1e6
        return ClusterLimits()

    def beyond(*_: Any) -> None:
        raise AssertionError("the clusters were made all the same")

    with monkeypatch.context() as patch:
        patch.setattr(refit_plan, "Budget", lambda chosen: Budget(chosen, clock, memory))
        patch.setattr(refit_plan, "limits_of", beginning)
        patch.setattr("models.clustering._History.groups", beyond)
        ended = refitted(world)
    assert ended.outcome == "failed"
    assert setting in str(ended.reason)
    assert world.storage.current_generation(world.repository.id) == before
    assert refitted(world).outcome == PUBLISHED
