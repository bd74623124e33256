"""The storage contract on refits and the ledger of missed duplicates, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage import refits
from bot.storage.protocol import Storage
from bot.storage.records import MissedRecord, Provenance, RefitRecord, RefitStanding, RepositoryRecord
from models.cluster import Generation
from tests.fakes.stored import NOON, REPOSITORY, at

CHANGES = [{"kind": "born", "cluster": "c3", "joined": [3, 5], "left": [], "reason": "new", "others": []}]


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def started(storage: Storage) -> RefitRecord:
    made = storage.start_refit(REPOSITORY, "nightly", NOON)
    return RefitRecord(made, REPOSITORY, "nightly", NOON)


def test_an_attempt_is_kept_from_its_start_on(storage: Storage) -> None:
    record = started(storage)
    assert storage.refit(record.id) == replace(record, changes=[])
    assert storage.refit(record.id + 1) is None


def test_what_was_refused_is_kept_with_its_reason_and_its_changes(storage: Storage) -> None:
    record = replace(
        started(storage),
        finished_at=at(1),
        outcome="refused",
        reason="41 % of the settled members would move",
        churn=0.41,
        figures={"issues": 12, "seconds": 0.5},
        changes=CHANGES,
    )
    storage.finish_refit(record)
    assert storage.refits(REPOSITORY) == [record]
    assert storage.current_generation(REPOSITORY) is None


def test_inv_38_a_generation_is_published_together_with_the_end_of_its_refit(storage: Storage) -> None:
    record = replace(started(storage), finished_at=at(1), outcome="published", generation=1, changes=[])
    storage.publish(REPOSITORY, Generation(1, at(1)), Provenance("nightly"), record)
    assert storage.refit(record.id) == record


def test_the_oldest_attempts_go(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refits, "REFITS_KEPT", 3)
    made = [started(storage).id for _ in range(5)]
    assert [one.id for one in storage.refits(REPOSITORY)] == made[:1:-1]
    assert [one.id for one in storage.refits(REPOSITORY, limit=1)] == made[-1:]


def test_each_active_repository_stands_where_its_last_refits_left_it(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(2, "acme/asleep", state="paused"))
    storage.save_repository(RepositoryRecord(3, "acme/new"))
    ends = [("published", 1), ("published", 2), ("refused", 3), (None, 4)]
    for outcome, minute in ends:
        finished = at(minute) if outcome else None
        storage.finish_refit(replace(started(storage), finished_at=finished, outcome=outcome))
    assert storage.refit_standing() == [
        RefitStanding(3, "acme/new", None, None, None),
        RefitStanding(REPOSITORY, "acme/shop", NOON, at(2), "refused"),
    ]
    assert [one.repository for one in storage.refit_standing(every=True)] == ["acme/asleep", "acme/new", "acme/shop"]


def test_inv_35_a_success_under_a_clock_that_was_ahead_does_not_hide_how_old_the_next_one_is(storage: Storage) -> None:
    for minute in (10**6, 2):
        storage.finish_refit(replace(started(storage), finished_at=at(minute), outcome="published"))
    assert storage.refit_standing() == [RefitStanding(REPOSITORY, "acme/shop", NOON, at(2), "published")]


def test_inv_35_a_reading_every_night_does_not_hide_that_no_refit_ever_succeeded(storage: Storage) -> None:
    for minute in (0, 1500):
        begun = storage.start_refit(REPOSITORY, "nightly", at(minute))
        record = storage.refit(begun)
        assert record is not None
        storage.finish_refit(replace(record, finished_at=at(minute + 1), outcome="failed"))
        storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop", imported_at=at(minute)))
    assert storage.refit_standing() == [RefitStanding(REPOSITORY, "acme/shop", at(0), None, "failed")]


def test_the_ledger_holds_each_missed_pair_once(storage: Storage) -> None:
    first = MissedRecord(REPOSITORY, 9, 3, NOON, at(5), "not retrieved")
    second = MissedRecord(REPOSITORY, 12, 3, at(2), at(5), "vetoed: contradicting-fact")
    storage.save_missed([first, second])
    storage.save_missed([replace(first, cause="scored below the threshold")])
    storage.save_missed([])
    assert storage.missed(REPOSITORY) == [second, replace(first, cause="scored below the threshold")]
    assert storage.missed(REPOSITORY, limit=1) == [second]
    assert storage.missed_counts() == {"scored below the threshold": 1, "vetoed: contradicting-fact": 1}
    storage.drop_missed(REPOSITORY, {(first.number, first.other), (99, 98)})
    storage.drop_missed(REPOSITORY, ())
    assert storage.missed(REPOSITORY) == [second]


def test_nothing_of_it_outlives_the_repository(storage: Storage) -> None:
    started(storage)
    storage.save_missed([MissedRecord(REPOSITORY, 9, 3, NOON, NOON, "not retrieved")])
    deleted = storage.forget_repository(REPOSITORY)
    assert (deleted["refits"], deleted["missed_duplicates"]) == (1, 1)
    assert storage.refits(REPOSITORY) == []
    assert storage.missed(REPOSITORY) == []
