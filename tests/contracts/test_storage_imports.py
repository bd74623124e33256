"""First readings, budgets and retention, over both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.errors import NotFound
from bot.storage.protocol import Storage
from bot.storage.records import RAW, ImportRecord, RateRecord, RepositoryRecord
from tests.fakes.stored import NOON, REPOSITORY, at, decision, delivery, effect, stored_issue

OTHER = REPOSITORY + 1


@pytest.fixture
def store(storage: Storage) -> Storage:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop", 7))
    storage.save_repository(RepositoryRecord(OTHER, "acme/till", 7))
    return storage


def test_the_progress_of_a_first_reading_is_kept_in_one_row(store: Storage) -> None:
    assert store.import_progress(REPOSITORY) is None
    record = ImportRecord(REPOSITORY, NOON, cursors={"open": "/x?page=2", "closed": None}, total=30_000)
    store.save_import(record)
    assert store.import_progress(REPOSITORY) == record
    later = replace(record, read=200, pages=2, ended_at=at(3), usable_at=at(2), embedded=190, to_embed=199)
    store.save_import(later)
    assert store.import_progress(REPOSITORY) == later
    assert store.import_progress(OTHER) is None


def test_a_first_reading_of_an_unknown_repository_is_not_kept(store: Storage) -> None:
    with pytest.raises(NotFound):
        store.save_import(ImportRecord(1, NOON))


def test_issues_to_look_at_wait_once_and_come_newest_first(store: Storage) -> None:
    store.add_import_candidates(REPOSITORY, [3, 9, 3])
    store.add_import_candidates(REPOSITORY, [9, 5])
    store.add_import_candidates(OTHER, [1])
    assert store.import_candidates(REPOSITORY, 2) == [9, 5]
    assert store.import_candidate_count(REPOSITORY) == 3
    store.drop_import_candidates(REPOSITORY, [9, 5, 4])
    assert store.import_candidates(REPOSITORY, 10) == [3]
    assert store.import_candidates(OTHER, 10) == [1]


def test_a_raw_issue_is_held_and_waits_for_its_text_before_it_is_embedded(store: Storage) -> None:
    raw = replace(stored_issue(2), recipe=RAW)
    pull = stored_issue(3, is_pull_request=True, state="closed")
    store.save_issues(REPOSITORY, [stored_issue(1), raw, pull])
    assert store.raw_issues(REPOSITORY, 10) == [(2, "open")]
    assert store.unembedded(REPOSITORY, "m") == [1]
    assert (store.reports(REPOSITORY), store.reports(REPOSITORY, "closed")) == (2, 0)
    assert store.issue_times(REPOSITORY, [2, 8]) == {2: raw.issue.updated_at}


def written(store: Storage, repository_id: int, number: int, minutes: float, **changes: object) -> None:
    row = effect(number, **({"repository_id": repository_id, "kind": "comment", "state": "planned"} | changes))
    _, (identity,) = store.save_decision(decision(number, repository_id=repository_id), [row])
    store.finish_effect(identity, "done", None, number)


def test_comments_are_counted_by_repository_and_by_installation(store: Storage) -> None:
    for repository_id, number in ((REPOSITORY, 1), (REPOSITORY, 2), (OTHER, 3)):
        written(store, repository_id, number, 0)
    written(store, OTHER, 4, 0, kind="add-label")
    assert len(store.comment_times(NOON, repository_id=REPOSITORY)) == 2
    assert len(store.comment_times(NOON, installation_id=7)) == 3
    assert store.comment_times(NOON, installation_id=8) == []
    times = store.comment_times(NOON)
    assert list(times) == sorted(times)
    assert store.comments_since(NOON) == {REPOSITORY: 2, OTHER: 1}
    assert store.comments_since(times[-1] + timedelta(seconds=1)) == {}


def test_what_waits_is_counted_by_repository(store: Storage) -> None:
    for name, repository_id in (("a", REPOSITORY), ("b", REPOSITORY), ("c", OTHER), ("d", OTHER)):
        store.start_delivery(delivery(name, repository_id=repository_id))
    for name in "abc":
        store.finish_delivery(name, "queued", "waits for its budget until noon")
    assert store.waiting_counts("waits for its budget") == {REPOSITORY: 2, OTHER: 1}


def test_what_github_leaves_us_is_kept_for_installations_that_are_here(store: Storage) -> None:
    seven, gone = RateRecord(7, 5000, 4321, at(60), NOON), RateRecord(8, 5000, 1, at(60), NOON)
    token = RateRecord(0, 60, 59, at(60), NOON)
    store.save_rate_limits([seven, gone, token])
    assert store.rate_limits() == [token, seven]
    store.save_rate_limits([replace(seven, remaining=4000)])
    assert store.rate_limits() == [token, replace(seven, remaining=4000)]
    store.forget_repository(REPOSITORY)
    store.forget_repository(OTHER)
    store.save_rate_limits([])
    assert store.rate_limits() == [token]


def test_old_deliveries_go_and_decisions_stay_with_their_issue(store: Storage) -> None:
    store.save_issues(REPOSITORY, [stored_issue(1)])
    written(store, REPOSITORY, 1, 0)
    written(store, REPOSITORY, 2, 0)  # an issue that is not held any more
    for name, received_at in (("old", at(-60)), ("waiting", at(-60)), ("new", at(60 * 24 * 3650))):
        store.start_delivery(delivery(name, received_at=received_at))
    store.finish_delivery("old", "done", "new")
    store.finish_delivery("new", "done", "new")
    run = store.start_task("refit_clusters", None)
    store.finish_task(run)
    present = store.comment_times(NOON)[-1] + timedelta(minutes=1)
    assert store.prune(NOON)["deliveries"] == 0
    pruned = store.prune(present)
    of_decisions = {"last_decisions": 1, "namings": 1, "effects": 1, "decisions": 1}
    assert pruned == {"deliveries": 1, "task_runs": 1, **of_decisions}
    assert store.delivery("old") is None
    assert store.delivery("waiting") is not None
    assert store.delivery("new") is not None
    assert [one.number for one in store.decisions(REPOSITORY)] == [1]
