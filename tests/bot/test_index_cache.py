"""The searchable history in memory stays in step with the database, whoever changed it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.observe import observe_issue, open_repository
from bot.index_cache import IndexCache
from bot.storage.records import WaveRecord
from models.clumps import ORDINARY
from models.cluster import Cluster, Generation, KnownCluster, Wave
from models.embedder import Vectors
from models.hashing_embedder import HashingEmbedder
from tests.fakes.small_world import World, small_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as made:
        made.learn()
        yield made


def numbers(world: World, cache: IndexCache | None = None) -> set[int]:
    index = (cache or world.services.indexes).index(world.repository.id)
    return {number for number in range(1, 30) if number in index}


def test_every_issue_with_vectors_is_there(world: World) -> None:
    assert numbers(world) == {1, 2, 3, 4}


def test_what_another_process_saved_is_seen_at_the_next_use(world: World) -> None:
    cache = IndexCache(world.storage, world.services.embedder)
    assert numbers(world, cache) == {1, 2, 3, 4}
    world.report()
    world.learn()
    assert numbers(world, cache) == {1, 2, 3, 4, 5}


def test_a_deleted_issue_is_not_found_any_more(world: World) -> None:
    assert 2 in numbers(world)
    world.storage.delete_issue(world.repository.id, 2)
    assert numbers(world) == {1, 3, 4}


def test_an_issue_whose_text_changed_is_left_out_until_it_is_embedded_again(world: World) -> None:
    world.change(2, body="Another text, which no vector was made of so far.")
    observe_issue(world.services, world.repository, 2)
    assert numbers(world) == {1, 3, 4}
    embed_missing(world.services, world.repository.id)
    assert numbers(world) == {1, 2, 3, 4}


@pytest.mark.parametrize("field", ["is_pull_request", "author_is_bot"])
def test_inv_07_inv_14_pull_requests_and_bots_issues_are_never_retrieved(world: World, field: str) -> None:
    number = world.report(**{field: True})
    world.learn()
    assert number not in numbers(world)
    world.change(3, **{field: True})
    world.learn()
    assert numbers(world) == {1, 2, 4}


def test_a_forgotten_repository_has_an_empty_index(world: World) -> None:
    identity = world.repository.id
    assert numbers(world)
    world.storage.forget_repository(identity)
    world.services.indexes.forget(identity)
    assert len(world.services.indexes.index(identity)) == 0


def test_inv_12_a_closed_issue_stays_in_the_index(world: World) -> None:
    world.change(2, state="closed", state_reason="completed")
    world.learn()
    assert 2 in numbers(world)


class Counting(HashingEmbedder):
    """Counts the times that it is asked."""

    asked = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += 1
        return super().embed(texts)


def test_two_repositories_that_share_a_slug_do_not_push_each_others_cluster_out(world: World) -> None:
    embedder = Counting()
    cache = IndexCache(world.storage, embedder)
    mine = KnownCluster("billing", "Billing is refused", examples=("the balance is there",))
    theirs = replace(mine, title="Invoices never arrive")
    for cluster in (mine, theirs) * 3:
        assert cache.profiles([cluster])["billing"].cluster == cluster
    assert embedder.asked == 2


def test_the_clusters_that_are_kept_ready_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.index_cache.PROFILES_KEPT", 2)
    embedder = Counting()
    cache = IndexCache(world.storage, embedder)
    one, two, three = (KnownCluster(slug, f"The cause {slug}", examples=("it fails",)) for slug in "abc")
    for cluster in (one, two, one, three, one, two):
        cache.profiles([cluster])
    assert embedder.asked == 4  # `two` was used longest ago when `three` came


def test_a_cluster_is_embedded_once_and_again_when_its_words_change(world: World) -> None:
    cluster = KnownCluster("extra", "Extra usage refused", examples=("the balance is there and the call is refused",))
    embedder = world.services.embedder
    cache = IndexCache(world.storage, embedder)
    first = _profile(cache, cluster)
    before = embedder.texts  # type: ignore[attr-defined]  # the small world's embedder counts
    assert _profile(cache, cluster) is first
    assert embedder.texts == before  # type: ignore[attr-defined]  # the same
    changed = replace(cluster, title="Extra usage is refused although it is paid")
    assert _profile(cache, changed) is not first


def _profile(cache: IndexCache, cluster: KnownCluster) -> object:
    profiles = cache.profiles([cluster])
    return profiles[cluster.slug] if isinstance(profiles, dict) else profiles[0]


def test_the_history_that_was_used_longest_ago_makes_room(world: World) -> None:
    cache = IndexCache(world.storage, world.services.embedder, megabytes=0.1)
    other = world.github.add_repository("acme/other")
    for number in range(4):
        world.github.add_issue("acme/other", f"Report {number}", "It hangs.")
    record = open_repository(world.services, "acme/other", installation_id=1)
    read_history(world.services, record)
    embed_missing(world.services, record.id)
    first = cache.index(world.repository.id)
    assert cache.megabytes() > 0
    assert len(cache.index(record.id)) == 4
    assert set(cache._cached) == {record.id}
    assert len(first) == 4  # who holds it may go on with it
    assert set(numbers(world, cache)) == {1, 2, 3, 4}
    assert set(cache._cached) == {world.repository.id}
    assert other.info.id == record.id


def test_one_history_alone_is_never_dropped(world: World) -> None:
    cache = IndexCache(world.storage, world.services.embedder, megabytes=0.0001)
    assert numbers(world, cache) == {1, 2, 3, 4}
    assert set(cache._cached) == {world.repository.id}


def test_what_is_usual_is_learned_from_all_clusters_without_their_waves(world: World) -> None:
    now, cache = world.clock(), IndexCache(world.storage, world.services.embedder)
    members: dict[str, list[int]] = {}
    for name, day in itertools.product("abcdefgh", (100, 70, 40)):
        at = now - timedelta(days=day + len(members))
        members.setdefault(name, []).extend(world.report(created_at=at + timedelta(hours=hour)) for hour in range(3))
    world.learn()
    assert cache.usual(world.repository.id, now).clumps == ORDINARY
    found = tuple(Cluster(name, name, members=tuple(one)) for name, one in members.items())
    world.storage.publish(world.repository.id, Generation(1, now, found))
    assert cache.usual(world.repository.id, now).clumps == ORDINARY  # as it was learned today
    assert min(cache.usual(world.repository.id, now, anew=True).clumps[1:]) > 1.4
    for name in members:
        began = now - timedelta(days=120)
        wave = Wave(began, began, 9, 0.1, 3, now, 1e-9, ended_at=now)
        world.storage.start_wave(WaveRecord(None, world.repository.id, name, wave, 1))
    assert cache.usual(world.repository.id, now, anew=True).clumps == ORDINARY
