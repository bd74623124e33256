"""The storage contract on clusters in generations, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import NotFound, StorageError
from bot.storage.clusters import GENERATIONS_KEPT
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.cluster import Cluster, Generation
from tests.fakes.stored import NOON, REPOSITORY, at

FIRST = Generation(
    1,
    NOON,
    (
        Cluster("z", "Extra usage", "extra-usage", "billing", 3, (3, 5, 20)),
        Cluster("a", "Promo", members=(4,)),
        Cluster("e", "Empty"),
    ),
)


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def test_a_generation_comes_back_as_it_was_published(storage: Storage) -> None:
    assert storage.current_generation(REPOSITORY) is None
    storage.publish(REPOSITORY, FIRST)
    assert storage.current_generation(REPOSITORY) == FIRST
    storage.publish(REPOSITORY, Generation(2, at(1)))
    assert storage.current_generation(REPOSITORY) == Generation(2, at(1))


def test_publishing_the_same_number_again_replaces_it(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    again = replace(FIRST, clusters=FIRST.clusters[:1])
    storage.publish(REPOSITORY, again)
    assert storage.current_generation(REPOSITORY) == again


def test_inv_38_a_generation_that_cannot_be_written_leaves_the_last_in_force(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    with pytest.raises(StorageError):
        storage.publish(REPOSITORY, Generation(2, at(1), (Cluster("same", "A"), Cluster("same", "B"))))
    assert storage.current_generation(REPOSITORY) == FIRST


def test_an_issue_joins_one_cluster_and_leaves_any_other(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    for _ in range(2):
        storage.join_cluster(REPOSITORY, "a", 20)
        storage.join_cluster(REPOSITORY, "z", 4)
        storage.join_cluster(REPOSITORY, "z", 1)
    found = storage.current_generation(REPOSITORY)
    assert found is not None
    assert [cluster.members for cluster in found.clusters] == [(1, 3, 4, 5), (20,), ()]


def test_joining_a_cluster_that_is_not_in_force_is_named(storage: Storage) -> None:
    with pytest.raises(NotFound):
        storage.join_cluster(REPOSITORY, "a", 1)
    storage.publish(REPOSITORY, FIRST)
    storage.publish(REPOSITORY, Generation(2, at(1), (Cluster("new", "T"),)))
    with pytest.raises(NotFound):
        storage.join_cluster(REPOSITORY, "a", 1)


def test_old_generations_go_when_enough_newer_ones_are_there(storage: Storage) -> None:
    for number in range(1, GENERATIONS_KEPT + 4):
        storage.publish(REPOSITORY, replace(FIRST, number=number))
    assert storage.forget_repository(REPOSITORY)["generations"] == GENERATIONS_KEPT


def test_repositories_have_generations_of_their_own(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(2, "acme/two"))
    storage.publish(REPOSITORY, FIRST)
    storage.publish(2, replace(FIRST, clusters=()))
    assert storage.current_generation(REPOSITORY) == FIRST
