"""The storage contract on decisions, effects and feedback, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.protocol import Storage
from bot.storage.records import ClusterStatus, RepositoryRecord
from tests.fakes.stored import NOON, REPOSITORY, at, decision, effect, word


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def decide(storage: Storage, number: int, canonical: int | None = None, **changes: object) -> int:
    return storage.save_decision(decision(number, canonical, **changes), [])[0]


def test_a_decision_comes_back_with_its_effects(storage: Storage) -> None:
    record = decision(5, 3, delivery_id="d1", milliseconds=12.5, body={"canonical": 3, "nested": {"a": [1, None, "ü"]}})
    label = effect(5, kind="add-label", value="duplicate", state="shadow", reason="shadow mode", finished_at=at(1))
    decision_id, effect_ids = storage.save_decision(record, [effect(5), label])
    assert storage.last_decision(REPOSITORY, 5) == replace(record, id=decision_id)
    assert list(storage.effects(REPOSITORY, decision_id=decision_id)) == [
        replace(label, id=effect_ids[1], decision_id=decision_id),
        replace(effect(5), id=effect_ids[0], decision_id=decision_id),
    ]
    assert storage.last_decision(REPOSITORY, 6) is None


def test_a_delivery_decides_an_issue_once(storage: Storage) -> None:
    first = storage.save_decision(decision(5, 3, delivery_id="d"), [effect(5), effect(5, kind="add-label")])
    again = storage.save_decision(decision(5, 4, delivery_id="d"), [effect(5)])
    other_issue = storage.save_decision(decision(6, 3, delivery_id="d"), [])
    assert (again[0], list(again[1])) == (first[0], list(first[1]))
    assert other_issue[0] != first[0]
    assert len(storage.decisions(REPOSITORY)) == 2
    assert len(storage.effects(REPOSITORY)) == 2


def test_decisions_without_a_delivery_are_all_kept(storage: Storage) -> None:
    ids = [decide(storage, 5), decide(storage, 5)]
    assert [record.id for record in storage.decisions(REPOSITORY, number=5)] == ids[::-1]


def test_decisions_can_be_asked_for_by_time_and_number(storage: Storage) -> None:
    ids = [decide(storage, number, decided_at=at(number)) for number in (1, 2, 3, 2)]
    assert [d.id for d in storage.decisions(REPOSITORY, since=at(2))] == [ids[3], ids[2], ids[1]]
    assert [d.id for d in storage.decisions(REPOSITORY, number=2, limit=1)] == [ids[3]]
    assert storage.decisions(1) == []


def test_a_finished_effect_keeps_how_it_ended(storage: Storage) -> None:
    _, (planned, other) = storage.save_decision(decision(5), [effect(5), effect(5)])
    storage.finish_effect(planned, "done", None, 987654321012)
    storage.finish_effect(other, "failed", "label is gone", None)
    (done,) = storage.effects(REPOSITORY, state="done")
    assert (done.id, done.github_id, done.reason) == (planned, 987654321012, None)
    assert done.finished_at is not None
    (failed,) = storage.effects(REPOSITORY, number=5, state="failed")
    assert failed.reason == "label is gone"
    assert storage.effects(REPOSITORY, number=6) == []


def test_only_comments_that_were_written_count_against_the_budget(storage: Storage) -> None:
    kinds = [("comment", "done", 5), ("comment", "done", 1), ("comment", "shadow", 5), ("add-label", "done", 5)]
    effects = [effect(5, kind=kind, state=state, finished_at=at(m)) for kind, state, m in kinds]
    storage.save_decision(decision(5), effects)
    assert storage.comments_written_since(REPOSITORY, at(2)) == 1
    assert storage.comments_written_since(REPOSITORY, NOON) == 2


def test_counts_are_over_all_repositories(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(2, "acme/two"))
    storage.save_decision(decision(5, 3), [effect(5), effect(5, state="done")])
    storage.save_decision(decision(5, repository_id=2), [effect(5, repository_id=2)])
    assert storage.decision_counts() == {"duplicate": 1, "new": 1}
    assert storage.effect_counts() == {"done": 1, "planned": 2}


def test_the_same_word_of_the_same_person_is_kept_once(storage: Storage) -> None:
    first = word(5, "label-removed", value="billing")
    storage.save_feedback(first)
    storage.save_feedback(replace(first, said_at=at(1), source="event"))
    storage.save_feedback(replace(first, value=None))
    storage.save_feedback(replace(first, value=None))
    storage.save_feedback(replace(first, actor="bob", said_at=at(2)))
    storage.save_feedback(word(6, "reopened", said_at=at(3)))
    assert storage.feedback(REPOSITORY, 5) == [
        first,
        replace(first, value=None),
        replace(first, actor="bob", said_at=at(2)),
    ]
    assert len(storage.feedback(REPOSITORY)) == 4


def test_duplicates_follow_each_issues_last_decision(storage: Storage) -> None:
    decide(storage, 5, 3)
    decide(storage, 5, 2)
    decide(storage, 6, 3)
    decide(storage, 6)
    decide(storage, 7, 1, verdict="related")
    assert storage.duplicates(REPOSITORY) == {5: 2}


def test_people_overrule_the_last_decision(storage: Storage) -> None:
    decide(storage, 5, 3)
    storage.save_feedback(word(5, "duplicate", 1, said_at=at(2)))
    storage.save_feedback(word(5, "duplicate", 2, said_at=at(1)))
    storage.save_feedback(word(8, "duplicate", 4))
    storage.save_feedback(word(9, "duplicate", 9))
    assert storage.duplicates(REPOSITORY) == {5: 1, 8: 4}


def test_inv_02_an_issue_is_never_the_duplicate_of_a_later_one_whatever_people_said_in_the_past(
    storage: Storage,
) -> None:
    storage.save_feedback(word(2, "duplicate", 7))
    assert storage.duplicates(REPOSITORY) == {}
    storage.save_feedback(word(7, "duplicate", 2))
    assert storage.duplicates(REPOSITORY) == {7: 2}


@pytest.mark.parametrize(("one", "other"), [(5, 3), (3, 5)])
def test_inv_08_a_separated_pair_stays_separated_whichever_way_round(storage: Storage, one: int, other: int) -> None:
    storage.save_feedback(word(one, "separated", other))
    decide(storage, 5, 3)
    decide(storage, 6, 3)
    storage.save_feedback(word(5, "duplicate", 3, said_at=at(9), actor="bob"))
    assert storage.duplicates(REPOSITORY) == {6: 3}


def test_inv_08_nothing_leads_from_one_of_a_separated_pair_to_the_other(storage: Storage) -> None:
    decide(storage, 5, 3)
    decide(storage, 8, 2)
    storage.save_feedback(word(8, "duplicate", 5))
    storage.save_feedback(word(9, "duplicate", 8))
    assert storage.duplicates(REPOSITORY) == {5: 3, 8: 5, 9: 8}
    storage.save_feedback(word(3, "separated", 8, said_at=at(1)))
    assert storage.duplicates(REPOSITORY) == {5: 3, 8: 2, 9: 8}


def test_a_decision_that_left_the_issue_alone_leaves_the_one_before_it_standing(storage: Storage) -> None:
    for number in (5, 6, 7):
        decide(storage, number, 3)
    decide(storage, 5, verdict="ignored")
    decide(storage, 6)
    decide(storage, 6, verdict="ignored")
    decide(storage, 8, verdict="ignored")
    assert storage.duplicates(REPOSITORY) == {5: 3, 7: 3}


def test_a_separation_from_one_issue_leaves_the_duplicate_of_another(storage: Storage) -> None:
    decide(storage, 5, 3)
    storage.save_feedback(word(5, "duplicate", 1))
    storage.save_feedback(word(5, "separated", 1, said_at=at(1)))
    assert storage.duplicates(REPOSITORY) == {5: 3}


def test_settled_decisions_still_lead_to_their_canonical(storage: Storage) -> None:
    decide(storage, 5, 3, verdict="related", body={"canonical": 3, "settled": True})
    decide(storage, 6, 3, verdict="related", body={"canonical": 3, "settled": False})
    assert storage.duplicates(REPOSITORY) == {5: 3}


def test_vetoes_are_counted_once_for_each_decision(storage: Storage) -> None:
    decide(storage, 5, 3, body={"canonical": 3, "vetoes": ["target-closed", "target-closed"]}, delivery_id="a")
    decide(storage, 5, 3, body={"canonical": 3, "vetoes": ["target-closed"]}, delivery_id="a")  # once for a delivery
    decide(storage, 6, body={"vetoes": ["target-closed", "below-threshold"]})
    assert storage.veto_counts() == {"target-closed": 2, "below-threshold": 1}


def speak(storage: Storage, number: int, canonical: int | None, state: str = "done", **changes: object) -> None:
    storage.save_decision(decision(number, canonical, **changes), [effect(number, state=state, github_id=number)])


def test_who_points_at_an_issue_is_told_by_the_last_decisions_that_were_spoken(storage: Storage) -> None:
    speak(storage, 5, 3)
    speak(storage, 6, 3)
    speak(storage, 6, 4)
    speak(storage, 7, 3, state="planned")
    decide(storage, 8, 3)
    speak(storage, 9, None, verdict="related")
    speak(storage, 10, None)
    assert [(one.number, one.body["canonical"]) for one in storage.pointing(REPOSITORY)] == [(5, 3), (6, 4), (9, None)]
    assert [one.number for one in storage.pointing(REPOSITORY, 3)] == [5]
    assert [one.number for one in storage.pointing(REPOSITORY, among={6, 7, 9, 10})] == [6, 9]
    assert storage.pointing(REPOSITORY, among=()) == []
    assert storage.pointing(REPOSITORY + 1) == []


def test_which_issues_were_left_alone_or_refused_is_told_by_the_last_decisions_where_a_comment_stands(
    storage: Storage,
) -> None:
    for number in (5, 6, 7, 8, 10):
        speak(storage, number, 3)
    decide(storage, 5, None, verdict="ignored")
    storage.save_decision(decision(10, None), [effect(10, state="shadow")])
    storage.save_decision(decision(6, None), [effect(6, state="failed")])
    storage.save_decision(decision(7, None), [effect(7, state="failed")])
    decide(storage, 7, 3)
    decide(storage, 9, None, verdict="ignored")
    assert [(one.number, one.verdict) for one in storage.left_alone(REPOSITORY)] == [
        (5, "ignored"),
        (6, "new"),
        (10, "new"),
    ]
    assert [one.number for one in storage.left_alone(REPOSITORY, among=[6, 7])] == [6]
    assert storage.left_alone(REPOSITORY + 1) == []


def test_changes_that_were_refused_are_counted_by_the_last_decisions(storage: Storage) -> None:
    refused = {"state": "failed", "reason": "refused_1: no", "finished_at": at(1)}
    for number in (5, 6):
        failed = effect(number, **refused)
        storage.save_decision(decision(number), [failed, replace(failed, kind="remove-label")])
    storage.save_decision(decision(7), [effect(7, **refused | {"reason": "refusedX1: no"})])
    storage.save_decision(decision(8), [effect(8, **refused)])
    decide(storage, 8, 3)
    for number, left_out in ((9, {"trigger": "upkeep"}), (10, {"trigger": "notice"}), (11, {"verdict": "ignored"})):
        storage.save_decision(decision(number, **left_out), [effect(number, **refused)])
    assert storage.refused_changes("refused_1: ") == {REPOSITORY: 2}
    assert storage.refused_changes("gone") == {}


def test_where_a_trigger_ever_decided_is_told_once_for_each_issue(storage: Storage) -> None:
    for number, trigger in ((7, "upkeep"), (5, "upkeep"), (7, "upkeep"), (6, "delivery"), (5, "delivery")):
        storage.save_decision(decision(number, trigger=trigger), [])
    assert storage.decided_for(REPOSITORY, "upkeep") == [5, 7]
    assert storage.decided_for(REPOSITORY + 1, "upkeep") == []


def test_which_later_issues_were_decided_in_a_time_and_name_no_canonical_issue(storage: Storage) -> None:
    for number, minute, to in ((5, 3, None), (6, 1, None), (7, 2, None), (8, 3, None), (9, 2, 3), (10, 2, None)):
        decide(storage, number, to, decided_at=at(minute), **({"verdict": "ignored"} if number == 10 else {}))
    decide(storage, 11, 3, decided_at=at(1))
    decide(storage, 11, None, decided_at=at(2), verdict="related")

    def found(after: int, limit: int = 9) -> list[int]:
        return [one.number for one in storage.decided_between(REPOSITORY, after, at(1), at(3), limit)]

    assert found(5) == [11, 7, 6]
    assert found(6) == [11, 7]
    assert found(5, limit=1) == [11]
    assert storage.decided_between(REPOSITORY + 1, 0, at(1), at(3), 9) == []


def test_what_comments_said_on_github_is_read_in_the_order_in_which_it_was_written(storage: Storage) -> None:
    for number, value, finished in ((5, "first", at(1)), (6, "other", at(2)), (5, "second", at(3)), (7, "else", at(3))):
        written = effect(number, value=value, state="done", finished_at=finished, github_id=number)
        storage.save_decision(decision(number, 3), [written, replace(written, kind="add-label")])
    storage.save_decision(decision(5, 3), [effect(5, value="not yet", state="planned")])
    assert [one.value for one in storage.comments(REPOSITORY, {5, 6})] == ["first", "other", "second"]
    assert [one.value for one in storage.comments(REPOSITORY, [5, 6], since=at(2))] == ["other", "second"]
    assert storage.comments(REPOSITORY, []) == []


def test_judged_are_the_spoken_duplicates_of_which_people_spoke(storage: Storage) -> None:
    for number in (5, 6, 7):
        speak(storage, number, 3)
    decide(storage, 8, 3)
    speak(storage, 5, None)
    for number, kind in ((5, "objection"), (7, "label-removed"), (8, "duplicate")):
        storage.save_feedback(word(number, kind))
    assert [(one.number, one.verdict) for one in storage.judged(REPOSITORY)] == [(5, "duplicate")]


def test_a_clusters_status_is_one_and_goes_when_it_is_taken_away(storage: Storage) -> None:
    storage.set_status(REPOSITORY, "extra", "first", "ann", NOON)
    storage.set_status(REPOSITORY, "extra", "second", "bob", at(1))
    storage.set_status(REPOSITORY, "other", "third", "ann", NOON)
    assert storage.statuses(REPOSITORY) == {
        "extra": ClusterStatus("second", "bob", at(1)),
        "other": ClusterStatus("third", "ann", NOON),
    }
    storage.set_status(REPOSITORY, "extra", None, "ann", at(2))
    storage.set_status(REPOSITORY, "extra", None, "ann", at(2))
    assert list(storage.statuses(REPOSITORY)) == ["other"]


def test_inv_30_comments_that_were_refused_are_told_by_the_last_decisions(storage: Storage) -> None:
    refused = {"state": "failed", "reason": "the limit is none", "finished_at": at(1)}
    storage.save_decision(decision(4, 3), [effect(4, **refused | {"finished_at": at(-60)})])
    storage.save_decision(decision(5, 3), [effect(5, **refused | {"reason": "locked"})])
    storage.save_decision(decision(6, 3), [effect(6, **refused)])
    decide(storage, 6, 3)  # decided since
    storage.save_decision(decision(7, 3, trigger="close"), [effect(7, **refused)])
    for number in (9, 8):
        storage.save_decision(decision(number, 3), [effect(number, **refused)])

    def found(most: int = 10) -> list[int]:
        rows = storage.refused_comments(REPOSITORY, "the limit is none", at(0), most, {"close"})
        return [one.number for one in rows]

    assert (found(), found(1)) == ([8, 9], [8])
    assert storage.refused_comments(REPOSITORY + 1, "the limit is none", at(0), 10) == []
