"""What people said and set, as the models take it."""

from __future__ import annotations

from bot.activities.people import holding, people
from bot.storage.records import EditRecord, FeedbackRecord
from models.curation import Edit
from tests.fakes.stored import REPOSITORY, at, word


def acted(number: int, kind: str, undone_by: int | None = None, **what: object) -> EditRecord:
    return EditRecord(number, REPOSITORY, Edit(kind, at(number), "mia", "c3", **what), undone_by)  # type: ignore[arg-type]


def test_an_act_holds_until_it_is_undone_and_again_when_the_undoing_is_undone() -> None:
    rename = acted(1, "rename", value="One")
    undo = acted(2, "undo", value="1")
    assert holding([rename]) == [rename]
    assert holding([acted(1, "rename", 2, value="One"), undo]) == []
    back = [acted(1, "rename", 2, value="One"), acted(2, "undo", 3, value="1"), acted(3, "undo", value="2")]
    assert holding(back) == [back[0]]


def test_inv_08_separated_pairs_stay_apart_and_confirmed_ones_together() -> None:
    said = [word(9, "separated", 3), word(8, "duplicate", 3), word(7, "reopened"), word(6, "duplicate", None)]
    found = people(said, [], [], [])
    assert found.constraints.apart == {(3, 9)}
    assert found.constraints.blocks == (frozenset({3, 8}),)
    assert found.problems == ()


def test_the_newer_of_two_contradicting_words_wins_and_the_other_is_told() -> None:
    earlier = word(9, "duplicate", 3)
    later = word(9, "separated", 3, said_at=at(5))
    found = people([later, earlier], [], [], [])
    assert found.constraints.apart == {(3, 9)}
    assert found.constraints.blocks == ()
    (problem,) = found.problems
    assert "#9" in problem
    assert "#3" in problem


def test_inv_18_an_objector_is_kept_out_of_every_known_cluster_until_a_person_puts_them_in() -> None:
    objection: FeedbackRecord = word(9, "objection")
    found = people([objection], [], [], ["extra", "promo"])
    assert found.constraints.barred == {(9, "extra"), (9, "promo")}
    pinned = EditRecord(1, REPOSITORY, Edit("pin", at(5), "mia", "extra", (9,)))
    found = people([objection], [pinned], [], ["extra", "promo"])
    assert found.constraints.anchors == {9: "extra"}
    assert (9, "extra") not in found.constraints.barred


def test_an_act_on_a_cluster_that_is_not_there_is_told() -> None:
    found = people([], [acted(1, "rename", value="One")], ["c4"], [])
    assert found.curation.titles == {}
    assert len(found.problems) == 1
    assert "c3" in found.problems[0]
