"""The storage contract on maps, on what judges decisions, and on activity, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.look_records import EffectQuery, MapRecord, PeopleQuery
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.curation import Edit
from tests.fakes.stored import NOON, REPOSITORY, at, decision, effect, stored_issue, word

OTHER = 99
MAP = MapRecord(REPOSITORY, NOON, 3, "m", 2, {"issues": 1, "clusters": [], "channels": []}, b"\x00\x01\xff" * 5)


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_repository(RepositoryRecord(OTHER, "acme/other"))


def test_a_map_is_kept_until_the_next_one_or_until_the_repository_is_forgotten(storage: Storage) -> None:
    assert storage.map(REPOSITORY) is None
    storage.save_map(MAP)
    storage.save_map(replace(MAP, drawn_at=at(5), generation=None, points=b""))
    assert storage.map(REPOSITORY) == replace(MAP, drawn_at=at(5), generation=None, points=b"")
    assert storage.forget_repository(REPOSITORY)["maps"] == 1
    assert storage.map(REPOSITORY) is None


def test_standings_are_the_states_of_issues_of_one_repository(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(1), stored_issue(2, state="closed", state_reason="completed")])
    storage.save_issues(OTHER, [stored_issue(7)])
    assert storage.standings(REPOSITORY) == {1: ("open", None), 2: ("closed", "completed")}


def test_what_people_said_comes_with_what_the_bot_had_named(storage: Storage) -> None:
    storage.save_issues(
        REPOSITORY,
        [stored_issue(1), stored_issue(8, state="closed", state_reason="duplicate", closed_at=at(9))],
    )
    storage.save_decision(decision(5, 1, body={"canonical": 1, "links": [], "probability": 0.8}), [])
    linked = {"canonical": None, "links": [{"number": 2}], "probability": 0.4}
    storage.save_decision(decision(5, verdict="related", decided_at=at(1), body=linked), [])
    storage.save_decision(decision(8, 1, body={"canonical": 1, "links": []}), [])
    storage.save_decision(decision(6, 1, body={"canonical": 1, "links": []}), [])  # nobody spoke of it
    storage.save_decision(decision(7, body={"canonical": None, "links": []}), [])
    said = [word(5, "objection"), word(7, "separated", 6, said_at=at(2)), word(9, "reopened")]
    for one in said:
        storage.save_feedback(one)
    spoken = storage.spoken(REPOSITORY)
    assert spoken.words == said[:2]
    assert spoken.closed == {8: at(9)}
    assert [(one.number, one.named, one.verdict, one.probability) for one in spoken.namings] == [
        (5, 1, "duplicate", 0.8),
        (5, 2, "related", 0.4),
        (6, 1, "duplicate", 0.0),
        (8, 1, "duplicate", 0.0),
    ]
    assert spoken.duplicates == {8: 1, 6: 1}


def test_the_mark_of_what_was_said_changes_with_each_word_that_judges(storage: Storage) -> None:
    marks = [storage.spoken_mark(REPOSITORY)]
    storage.save_feedback(word(9, "reopened"))
    assert storage.spoken_mark(REPOSITORY) == marks[0]
    storage.save_feedback(word(5, "objection"))
    marks.append(storage.spoken_mark(REPOSITORY))
    storage.save_issues(REPOSITORY, [stored_issue(8, state="closed", state_reason="duplicate", closed_at=at(9))])
    marks.append(storage.spoken_mark(REPOSITORY))
    storage.amend_feedback(REPOSITORY, [word(5, "objection")], [word(5, "separated", 1)])
    marks.append(storage.spoken_mark(REPOSITORY))
    assert len(set(map(tuple, marks))) == 4


def test_what_the_bot_closed_by_itself_is_no_word_until_a_person_opened_it(storage: Storage) -> None:
    closed = {"state": "closed", "state_reason": "duplicate", "closed_at": at(9)}
    storage.save_issues(REPOSITORY, [stored_issue(1), stored_issue(8, **closed), stored_issue(9, **closed)])
    for number, state in ((8, "done"), (9, "shadow")):
        storage.save_decision(decision(number, 1), [effect(number, kind="close", value="duplicate", state=state)])
    assert storage.spoken(REPOSITORY).closed == {9: at(9)}
    storage.save_feedback(word(8, "reopened"))
    assert storage.spoken(REPOSITORY).closed == {8: at(9), 9: at(9)}


def test_effects_are_found_by_kind_state_issue_and_time(storage: Storage) -> None:
    made = [
        effect(1, state="done"),
        effect(1, kind="add-label", value="dup", state="shadow", planned_at=at(1)),
        effect(2, state="failed", reason="locked", planned_at=at(2)),
    ]
    storage.save_decision(decision(1), made)
    storage.save_decision(decision(2, repository_id=OTHER), [effect(2, repository_id=OTHER)])

    def found(**asked) -> list[tuple[int, str]]:
        return [(one.number, one.kind) for one in storage.find_effects(REPOSITORY, EffectQuery(**asked)).rows]

    assert found() == [(2, "comment"), (1, "add-label"), (1, "comment")]
    assert found(kind="comment") == [(2, "comment"), (1, "comment")]
    assert found(state="shadow") == [(1, "add-label")]
    assert found(number=2) == [(2, "comment")]
    assert found(since=at(1), until=at(2)) == [(1, "add-label")]
    assert found(limit=1, offset=1) == [(1, "add-label")]
    assert storage.find_effects(REPOSITORY, EffectQuery(kind="comment", limit=1)).total == 2
    assert storage.effect_tally(REPOSITORY) == {"comment": {"done": 1, "failed": 1}, "add-label": {"shadow": 1}}


def test_people_are_found_by_name_issue_and_time_wherever_they_acted(storage: Storage) -> None:
    storage.save_feedback(word(4, "objection", said_at=at(1), actor="mia", source="reaction"))
    storage.save_feedback(word(4, "obeyed", said_at=at(1), value="rerun"))
    storage.save_edit(REPOSITORY, Edit("rename", at(2), "ada", "c4", value="Dark mode"))
    everything = storage.find_people(REPOSITORY, PeopleQuery())
    assert everything.total == 2
    assert [(one.at, one.actor, one.kind, one.number, one.cluster, one.value) for one in everything.rows] == [
        (at(2), "ada", "rename", None, "c4", "Dark mode"),
        (at(1), "mia", "objection", 4, None, None),
    ]
    assert [one.actor for one in storage.find_people(REPOSITORY, PeopleQuery(actor="mia")).rows] == ["mia"]
    assert [one.actor for one in storage.find_people(REPOSITORY, PeopleQuery(number=4)).rows] == ["mia"]
    assert [one.actor for one in storage.find_people(REPOSITORY, PeopleQuery(since=at(2))).rows] == ["ada"]
    assert storage.find_people(OTHER, PeopleQuery()).total == 0
