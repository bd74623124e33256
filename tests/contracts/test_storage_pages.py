"""Lists for the dashboard, over both engines: what is found, in which order, and how many there are in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.storage.page_records import ClusterQuery, IssueQuery
from bot.storage.protocol import Storage
from bot.storage.records import MissedRecord, RepositoryRecord
from models.cluster import Cluster, Generation
from tests.fakes.stored import NOON, REPOSITORY, at, decision, stored_issue, word

BAND = (0.4, 0.6)
OTHER = 4712


@pytest.fixture
def known(storage: Storage) -> Storage:
    """Six issues of one repository, one of another, a pull request, and two clusters."""
    for repository_id, name in ((REPOSITORY, "acme/shop"), (OTHER, "acme/other")):
        storage.save_repository(RepositoryRecord(repository_id, name))
    titles = ["Extra usage 400", "Login FAILS", "Straße gesperrt", "100% slower", "login fails again", "Nothing"]
    issues = [
        stored_issue(number, title=title, created_at=at(number), state="closed" if number == 6 else "open")
        for number, title in enumerate(titles, start=1)
    ]
    storage.save_issues(REPOSITORY, [*issues, stored_issue(7, title="login pull", is_pull_request=True)])
    storage.save_issues(OTHER, [stored_issue(1, title="login elsewhere")])
    clusters = (
        Cluster("login", "Login fails", members=(2, 5), label="auth"),
        Cluster("usage", "Extra Usage", members=(1, 3, 4), held="over-cap", slug="usage", canonical=1),
    )
    storage.publish(REPOSITORY, Generation(1, NOON, clusters))
    return storage


def found(storage: Storage, **query: object) -> list[int]:
    page = storage.find_issues(REPOSITORY, IssueQuery(**query))  # type: ignore[arg-type]
    assert page.total >= len(page.rows)
    return [row.number for row in page.rows]


def test_every_issue_is_listed_newest_first_without_pull_requests(known: Storage) -> None:
    assert found(known) == [6, 5, 4, 3, 2, 1]
    assert found(known, descending=False) == [1, 2, 3, 4, 5, 6]


def test_a_page_says_how_many_there_are_in_all(known: Storage) -> None:
    page = known.find_issues(REPOSITORY, IssueQuery(limit=2, offset=3))
    assert ([row.number for row in page.rows], page.total) == ([3, 2], 6)


@pytest.mark.parametrize("sort", ["number", "updated", "probability"])
@pytest.mark.parametrize("descending", [True, False])
def test_a_list_goes_on_after_a_row_as_if_it_was_one(known: Storage, sort: str, descending: bool) -> None:
    known.save_issues(REPOSITORY, [stored_issue(number, updated_at=at(7)) for number in (8, 9, 10)])  # at one moment
    for number, probability in ((2, 0.3), (5, 0.9), (8, 0.3), (9, 0.3)):
        known.save_decision(decision(number, body={"probability": probability}), [])
    whole = IssueQuery(sort=sort, descending=descending)  # type: ignore[arg-type]
    rows = list(known.find_issues(REPOSITORY, whole).rows)
    for size in (1, 2, 3):
        parts = list(known.find_issues(REPOSITORY, replace(whole, limit=size)).rows)
        while more := known.find_issues(REPOSITORY, replace(whole, limit=size, after=parts[-1])).rows:
            parts += more
        assert parts == rows


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["LOGIN"], [5, 2]),
        (["login", "again"], [5]),
        (["strasse"], [3]),
        (["100%"], [4]),
        (["_"], []),
        (["400"], [6, 5, 4, 3, 2, 1]),
    ],
)
def test_words_are_found_in_title_and_facts_whatever_their_case(
    known: Storage, words: list[str], numbers: list[int]
) -> None:
    assert found(known, words=words) == numbers


def test_a_number_is_the_issue_and_as_a_word_also_what_states_it(known: Storage) -> None:
    assert found(known, number=3) == [3]
    assert found(known, number=3, words=["400"]) == [6, 5, 4, 3, 2, 1]
    assert found(known, number=99) == []


def test_state_verdict_and_cluster_narrow_the_list(known: Storage) -> None:
    known.save_decision(decision(5, 2), [])
    known.save_decision(decision(4), [])
    assert found(known, state="closed") == [6]
    assert found(known, verdict="duplicate") == [5]
    assert found(known, verdict="none") == [6, 3, 2, 1]
    assert found(known, cluster="login") == [5, 2]
    assert found(known, cluster="none") == [6]
    assert found(known, cluster="usage", words=["slower"]) == [4]


def test_a_row_tells_the_last_decision_and_the_cluster(known: Storage) -> None:
    known.save_decision(decision(5, 1, body={"canonical": 1, "probability": 0.4}), [])
    known.save_decision(decision(5, 2, decided_at=at(9), body={"canonical": 2, "probability": 0.9}), [])
    (row,) = known.find_issues(REPOSITORY, IssueQuery(number=5)).rows
    assert (row.verdict, row.canonical, row.probability, row.decided_at) == ("duplicate", 2, 0.9, at(9))
    assert (row.cluster, row.cluster_title, row.title) == ("login", "Login fails", "login fails again")
    assert known.issue_cards(REPOSITORY, [5, 99, 5])[5] == row


def test_issues_sort_by_probability_and_by_change(known: Storage) -> None:
    for number, probability in ((2, 0.3), (5, 0.8)):
        known.save_decision(decision(number, body={"probability": probability}), [])
    assert found(known, sort="probability") == [5, 2]
    assert found(known, sort="probability", descending=False) == [2, 5]
    assert found(known, sort="probability", words=["again"]) == [5]
    assert found(known, sort="updated") == [6, 5, 4, 3, 2, 1]


def test_what_is_changed_or_deleted_is_found_as_it_is_now(known: Storage) -> None:
    known.save_decision(decision(5, 2), [])
    known.save_issues(REPOSITORY, [stored_issue(5, title="Renamed", state="closed")])
    assert found(known, words=["login"]) == [2]
    assert found(known, words=["renamed"], verdict="duplicate") == [5]
    known.delete_issue(REPOSITORY, 5)
    assert 5 not in found(known)


def test_states_and_verdicts_are_counted(known: Storage) -> None:
    known.save_decision(decision(5, 2), [])
    known.save_decision(decision(5), [])
    assert known.issue_states(REPOSITORY) == {"open": 5, "closed": 1}
    assert known.verdict_count(REPOSITORY, "new", since=at(0)) == 1
    assert known.verdict_count(REPOSITORY, "duplicate", since=at(0)) == 0
    assert known.verdict_count(REPOSITORY, "new", since=at(1)) == 0


def ids(storage: Storage, **query: object) -> list[str]:
    return [row.id for row in storage.find_clusters(REPOSITORY, ClusterQuery(**query)).rows]  # type: ignore[arg-type]


def test_clusters_are_listed_with_size_span_and_trend(known: Storage) -> None:
    page = known.find_clusters(REPOSITORY, ClusterQuery(recent_since=at(2.5)))
    usage, login = page.rows
    assert page.total == 2
    assert (usage.id, usage.reports, usage.first_seen, usage.last_seen) == ("usage", 3, at(1), at(4))
    assert (usage.recent, usage.reported, usage.held, usage.canonical) == (2, [at(3), at(4)], "over-cap", 1)
    assert (login.reports, login.reported, login.label) == (2, [at(5)], "auth")


def test_clusters_sort_and_filter(known: Storage) -> None:
    assert ids(known) == ["usage", "login"]
    assert ids(known, sort="last") == ["login", "usage"]
    assert ids(known, sort="title", descending=False) == ["usage", "login"]
    assert ids(known, held="any") == ids(known, held="over-cap") == ids(known, labelled=False) == ["usage"]
    assert ids(known, words=["LOGIN"]) == ids(known, words=["auth"]) == ids(known, labelled=True) == ["login"]
    assert ids(known, words=["nowhere"]) == ids(known, held="incoherent") == []
    assert ids(known, limit=1, offset=1) == ["login"]


def test_a_cluster_that_changes_keeps_its_times(known: Storage) -> None:
    known.join_cluster(REPOSITORY, "login", 6)
    assert ids(known, sort="last") == ["login", "usage"]
    known.amend(REPOSITORY, [Cluster("login", "Login fails", members=(2,)), Cluster("empty", "Empty")])
    rows = {row.id: row for row in known.find_clusters(REPOSITORY, ClusterQuery()).rows}
    assert (rows["login"].reports, rows["login"].last_seen) == (1, at(2))
    assert (rows["empty"].reports, rows["empty"].last_seen, rows["empty"].recent) == (0, None, 0)
    assert known.cluster_titles(REPOSITORY) == {"empty": "Empty", "usage": "Extra Usage", "login": "Login fails"}


def test_members_are_read_without_their_texts(known: Storage) -> None:
    rows = known.cluster_members(REPOSITORY, "usage", 2)
    assert [(row.issue.number, row.issue.body, row.facts) for row in rows] == [
        (3, "", {"code": frozenset({"400"})}),
        (4, "", {"code": frozenset({"400"})}),
    ]
    assert known.cluster_members(OTHER, "usage", 2) == []


def test_a_repository_without_clusters_has_an_empty_list(known: Storage) -> None:
    assert known.find_clusters(OTHER, ClusterQuery()).total == 0
    assert known.cluster_titles(OTHER) == {}


def test_a_score_near_the_threshold_waits_for_a_person(known: Storage) -> None:
    for number, probability in ((5, 0.5), (4, 0.9), (6, 0.5)):
        body = {"canonical": 2, "probability": probability, "links": []}
        known.save_decision(decision(number, 2, body=body), [])
    page = known.review(REPOSITORY, "near", BAND)
    (row,) = page.rows
    assert (page.total, row.number, row.other, row.title, row.other_title) == (
        1,
        5,
        2,
        "login fails again",
        "Login FAILS",
    )
    assert (row.probability, row.at, row.body["canonical"]) == (0.5, NOON, 2)
    known.save_feedback(word(5, "separated", 2))
    assert known.review(REPOSITORY, "near", BAND).total == 0


def test_the_queue_names_the_nearest_issue_where_there_is_no_canonical(known: Storage) -> None:
    body = {"canonical": None, "probability": 0.5, "links": [{"number": 3}]}
    known.save_decision(decision(5, verdict="related", body=body), [])
    assert known.review(REPOSITORY, "near", BAND).rows[0].other == 3


def test_an_objection_waits_until_somebody_answers_on_the_dashboard(known: Storage) -> None:
    known.save_feedback(word(5, "objection", said_at=at(1), actor="rita", source="reaction"))
    known.save_feedback(word(5, "separated", 2, said_at=at(1), actor="rita", source="reaction"))
    known.save_feedback(word(4, "objection", said_at=at(2), actor="otto"))
    first, second = known.review(REPOSITORY, "objection", BAND).rows
    assert (first.number, first.other, first.actor) == (4, None, "otto")
    assert (second.number, second.other, second.actor, second.at) == (5, 2, "rita", at(1))
    known.save_feedback(word(5, "separated", 2, said_at=at(3), actor="maria", source="dashboard"))
    assert [row.number for row in known.review(REPOSITORY, "objection", BAND).rows] == [4]


def test_a_missed_duplicate_waits_until_somebody_answers_on_the_dashboard(known: Storage) -> None:
    known.save_missed([MissedRecord(REPOSITORY, 5, 2, at(1), at(2), "not retrieved")])
    (row,) = known.review(REPOSITORY, "missed", BAND).rows
    assert (row.number, row.other, row.why, row.at) == (5, 2, "not retrieved", at(1))
    assert known.review_counts(REPOSITORY, BAND) == {"objection": 0, "missed": 1, "near": 0}
    known.save_feedback(word(5, "duplicate", 2, source="dashboard"))
    assert known.review_counts(REPOSITORY, BAND) == {"objection": 0, "missed": 0, "near": 0}


def test_the_queue_is_read_page_by_page(known: Storage) -> None:
    rows = [MissedRecord(REPOSITORY, 6, other, NOON + timedelta(hours=other), NOON, "x") for other in (1, 2, 3)]
    known.save_missed(rows)
    page = known.review(REPOSITORY, "missed", BAND, limit=1, offset=1)
    assert (page.total, [row.other for row in page.rows]) == (3, [2])


def test_arrivals_are_those_of_the_clusters_that_are_asked_for(known: Storage) -> None:
    assert known.cluster_arrivals(REPOSITORY, ["login", "never"], at(0)) == {"login": [at(2), at(5)]}
    assert known.cluster_arrivals(REPOSITORY, ["login", "usage"], at(4)) == {"login": [at(5)], "usage": [at(4)]}
    assert known.cluster_arrivals(OTHER, ["login"], at(0)) == {}
