"""The storage contract on clusters in generations, over both engines."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from bot.errors import NotFound, StorageError
from bot.storage.clusters import GENERATIONS_KEPT
from bot.storage.protocol import Storage
from bot.storage.records import EditRecord, GenerationRecord, Provenance, RepositoryRecord
from models.cluster import Cluster, Generation, Part
from models.curation import Edit
from tests.fakes.stored import NOON, REPOSITORY, at, stored_issue

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


def test_the_clusters_in_force_that_an_issue_leads_are_found_by_it(storage: Storage) -> None:
    assert storage.clusters_led_by(REPOSITORY, 3) == []
    storage.publish(REPOSITORY, FIRST)
    assert (storage.clusters_led_by(REPOSITORY, 3), storage.clusters_led_by(REPOSITORY, 5)) == (["z"], [])
    apart = Cluster("b", "Not among its reports", canonical=3, members=(9,))
    storage.publish(REPOSITORY, Generation(2, at(1), (Cluster("c", "Led by 4", canonical=4, members=(3, 4)), apart)))
    assert storage.clusters_led_by(REPOSITORY, 3) == ["b"]


@pytest.mark.parametrize("number", [2**33, 2**63, 10**30])
def test_a_number_that_no_column_holds_is_nobodys(storage: Storage, number: int) -> None:
    storage.publish(REPOSITORY, FIRST)
    asked = (storage.generation, storage.issue, lambda key, n: list(storage.issues(key, [n])))
    for ask in asked:
        with suppress(NotFound):  # either is an answer
            assert not ask(REPOSITORY, number)


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


FULL = Cluster(
    "c7",
    "Upload fails",
    members=(7, 8, 9),
    coherence=0.75,
    held="over-cap",
    title_by="person",
    parts=(Part("os", "linux", (7, 9)), Part("os", "macos", (8,))),
    terms=("upload", "fails"),
)


def in_force(storage: Storage) -> dict[str, Cluster]:
    found = storage.current_generation(REPOSITORY)
    assert found is not None
    return {cluster.id: cluster for cluster in found.clusters}


def test_a_cluster_comes_back_with_everything_that_it_carries(storage: Storage) -> None:
    storage.publish(REPOSITORY, Generation(1, NOON, (FULL,)))
    assert in_force(storage) == {"c7": FULL}


def test_a_deleted_issue_is_in_no_cluster_part_or_canonical(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(8)])
    storage.publish(REPOSITORY, Generation(1, NOON, (replace(FULL, canonical=8), Cluster("d", "D", canonical=7))))
    storage.delete_issue(REPOSITORY, 8)
    assert in_force(storage) == {
        "c7": replace(FULL, members=(7, 9), parts=(Part("os", "linux", (7, 9)),)),
        "d": Cluster("d", "D", canonical=7),
    }


def test_generations_are_listed_and_an_earlier_one_can_be_read(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    storage.join_cluster(REPOSITORY, "a", 9)
    storage.publish(REPOSITORY, Generation(2, at(1)), Provenance("nightly", "m@1", "scorer-1"))
    assert storage.generations(REPOSITORY) == [
        GenerationRecord(2, at(1), "nightly", "m@1", "scorer-1", 0, 0),
        GenerationRecord(1, NOON, "configuration", None, None, 3, 5),
    ]
    before = storage.generation(REPOSITORY, 1)
    assert before is not None
    assert [cluster.members for cluster in before.clusters] == [(3, 5, 20), (4, 9), ()]
    assert storage.generation(REPOSITORY, 3) is None


def test_only_the_clusters_that_are_asked_for_are_read(storage: Storage) -> None:
    assert storage.clusters_in_force(REPOSITORY, ids=["a"]) == []
    storage.publish(REPOSITORY, FIRST)
    z, a, e = FIRST.clusters
    assert storage.clusters_in_force(REPOSITORY) == [z, a, e]
    assert storage.clusters_in_force(REPOSITORY, known=True) == [z]
    assert storage.clusters_in_force(REPOSITORY, ids=["e", "z", "nowhere"]) == [z, e]
    assert storage.clusters_in_force(REPOSITORY, holding=[4, 20, 99]) == [z, a]
    assert storage.clusters_in_force(REPOSITORY, ids=["a"], holding=[20]) == []
    assert storage.clusters_in_force(REPOSITORY, ids=[]) == []


def test_an_issue_leaves_its_cluster(storage: Storage) -> None:
    storage.leave_cluster(REPOSITORY, 5)
    storage.publish(REPOSITORY, FIRST)
    for _ in range(2):
        storage.leave_cluster(REPOSITORY, 5)
    assert in_force(storage)["z"].members == (3, 20)


def test_clusters_in_force_are_amended_together_with_the_act_that_asked_for_it(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    act = Edit("merge", at(3), "mia", "a", (3, 5, 20), "z", (4,))
    merged = Cluster("a", "Promo", members=(3, 4, 5, 20))
    made = storage.amend(REPOSITORY, [merged, FULL], ["z"], act)
    assert made is not None
    found = storage.current_generation(REPOSITORY)
    assert found == Generation(1, NOON, (merged, FIRST.clusters[2], FULL))
    assert storage.edits(REPOSITORY) == [EditRecord(made, REPOSITORY, act)]
    assert storage.cluster_ids(REPOSITORY) == {"z", "a", "e", "c7"}


def test_members_of_an_amended_cluster_leave_any_other(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    assert storage.amend(REPOSITORY, [replace(FIRST.clusters[1], members=(4, 5))]) is None
    assert {name: one.members for name, one in in_force(storage).items()} == {"z": (3, 20), "a": (4, 5), "e": ()}


def test_an_issue_that_was_deleted_since_its_cluster_was_read_does_not_come_back(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(number) for number in (7, 8, 9)])
    storage.publish(REPOSITORY, Generation(1, NOON, (*FIRST.clusters, FULL)))
    (read,) = storage.clusters_in_force(REPOSITORY, ids=["c7"])
    storage.delete_issue(REPOSITORY, 8)
    left = replace(FULL, members=(7, 9), parts=(Part("os", "linux", (7, 9)),))
    storage.amend(REPOSITORY, [replace(read, canonical=7)])
    assert in_force(storage)["c7"] == replace(left, canonical=7)
    storage.amend(REPOSITORY, [replace(read, canonical=8)])
    storage.join_cluster(REPOSITORY, "z", 8)
    assert (in_force(storage)["c7"], in_force(storage)["z"]) == (left, FIRST.clusters[0])
    storage.publish(REPOSITORY, Generation(2, at(1), (read,)))
    assert in_force(storage) == {"c7": left}
    storage.save_issues(REPOSITORY, [stored_issue(8)])  # moved back
    storage.amend(REPOSITORY, [read])
    assert in_force(storage)["c7"] == FULL


def test_an_amendment_that_cannot_be_kept_changes_nothing(storage: Storage) -> None:
    act = Edit("undo", NOON, "mia", "a", value="77")
    with pytest.raises(NotFound, match="nothing was published"):
        storage.amend(REPOSITORY, [FULL], (), act)
    storage.publish(REPOSITORY, FIRST)
    with pytest.raises(NotFound, match="no edit 77"):
        storage.amend(REPOSITORY, [FULL], ["z"], act, undoes=77)
    assert storage.current_generation(REPOSITORY) == FIRST
    assert storage.edits(REPOSITORY) == []


def test_an_id_that_was_ever_used_stays_known_after_its_generation_is_gone(storage: Storage) -> None:
    storage.publish(REPOSITORY, FIRST)
    for number in range(2, GENERATIONS_KEPT + 4):
        storage.publish(REPOSITORY, Generation(number, at(number)))
    assert storage.generation(REPOSITORY, 1) is None
    assert storage.cluster_ids(REPOSITORY) == {"z", "a", "e"}
    storage.forget_repository(REPOSITORY)
    assert storage.cluster_ids(REPOSITORY) == frozenset()


def test_edits_are_kept_in_order_and_an_undo_is_one_too(storage: Storage) -> None:
    first = storage.save_edit(REPOSITORY, Edit("rename", NOON, "mia", "a", value="Promo credit"))
    split = Edit("split", at(1), "ann", "z", (3, 5), "c3", (20,))
    storage.save_edit(REPOSITORY, split)
    undo = storage.save_edit(REPOSITORY, Edit("undo", at(2), "mia", "a", value=str(first)), undoes=first)
    with pytest.raises(NotFound):
        storage.save_edit(REPOSITORY, Edit("undo", at(3), "mia", "a", value=str(first)), undoes=first)
    found = storage.edits(REPOSITORY)
    assert [(one.edit.kind, one.undone_by) for one in found] == [("rename", undo), ("split", None), ("undo", None)]
    assert found[1].edit == split
    storage.forget_repository(REPOSITORY)
    assert storage.edits(REPOSITORY) == []


def test_a_cluster_that_a_deleted_issue_leaves_empty_ends_but_not_one_that_people_made(storage: Storage) -> None:
    touched = Cluster("t", "Named", members=(9,))
    known = Cluster("k", "Known", "k", members=(8,))
    storage.publish(REPOSITORY, Generation(1, NOON, (*FIRST.clusters, touched, known)))
    storage.save_edit(REPOSITORY, Edit("rename", NOON, "mia", "t", value="Named"))
    storage.save_issues(REPOSITORY, [stored_issue(number) for number in (3, 4, 8, 9)])
    for number in (3, 4, 8, 9):
        storage.delete_issue(REPOSITORY, number)
    assert {one.id: one.members for one in storage.clusters_in_force(REPOSITORY)} == {
        "z": (5, 20),
        "e": (),
        "t": (),
        "k": (),
    }


def test_where_issues_were_before_an_act_is_kept_where_it_is_known(storage: Storage) -> None:
    moved = Edit("pin", NOON, "mia", "a", (4, 5), displaced=((4, None, False), (5, "c5", True)))
    storage.save_edit(REPOSITORY, moved)
    storage.save_edit(REPOSITORY, Edit("pin", at(2), "mia", "a", (6,)))
    assert [one.edit.displaced for one in storage.edits(REPOSITORY)] == [moved.displaced, None]
