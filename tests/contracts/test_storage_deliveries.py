"""The storage contract on deliveries, tasks and batches, over both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from tests.fakes.stored import REPOSITORY, at, delivery


def ignore(_connection: object, _record: object) -> None:
    pass


def test_a_delivery_comes_back_as_it_was_accepted(storage: Storage) -> None:
    record = delivery("d1", details={"new": "acme/store", "ids": [1, 2]}, installation_id=12345678901)
    assert storage.accept([record], ignore) == [True]
    assert storage.delivery("d1") == record
    assert storage.delivery("d2") is None
    assert storage.accept([], ignore) == []


def test_inv_32_a_delivery_is_new_once_within_a_group_and_between_groups(storage: Storage) -> None:
    handed: list[str] = []
    group = [delivery(name) for name in ("b", "a", "b", "c")]
    assert storage.accept(group, lambda _, record: handed.append(record.id)) == [True, True, False, True]
    assert storage.accept([delivery("c"), delivery("d")], lambda _, record: handed.append(record.id)) == [False, True]
    assert handed == ["b", "a", "c", "d"]


def test_ids_that_no_engine_can_hold_are_still_accepted_once(storage: Storage) -> None:
    assert storage.accept([delivery("x\0"), delivery("y\ud800")], ignore) == [True, True]
    assert storage.accept([delivery("x\0")], ignore) == [False]


def test_inv_31_when_the_queue_refuses_one_nothing_of_the_group_is_kept(storage: Storage) -> None:
    def refuse_second(_connection: object, record: object) -> None:
        if record == group[1]:
            raise RuntimeError("queue is gone")

    group = [delivery("a"), delivery("b")]
    with pytest.raises(RuntimeError, match="queue is gone"):
        storage.accept(group, refuse_second)
    assert storage.deliveries() == []
    assert storage.accept(group, ignore) == [True, True]


def test_what_the_queue_writes_shares_the_deliverys_fate(storage: Storage) -> None:
    def write(connection, record):
        connection.execute(text("CREATE TABLE IF NOT EXISTS queue (id TEXT)"))
        connection.execute(text("INSERT INTO queue VALUES (:id)"), {"id": record.id})
        if record.id == "b":
            found.extend(connection.execute(text("SELECT id FROM queue ORDER BY id")).scalars())
            raise RuntimeError

    found: list[str] = []
    with pytest.raises(RuntimeError):
        storage.accept([delivery("a"), delivery("b")], write)
    with pytest.raises(RuntimeError):
        storage.accept([delivery("b")], write)
    assert found == ["a", "b", "b"]


def test_a_delivery_goes_from_queued_to_running_to_its_end(storage: Storage) -> None:
    storage.accept([delivery("d")], ignore)
    storage.start_delivery(delivery("d", workflow="other"))
    assert storage.delivery("d") == delivery("d", state="running")
    storage.finish_delivery("d", "failed", "gave up", "GitHub said 404")
    ended = storage.delivery("d")
    assert ended is not None
    assert (ended.state, ended.outcome, ended.error) == ("failed", "gave up", "GitHub said 404")
    assert ended.finished_at is not None
    storage.start_delivery(delivery("d"))
    assert storage.delivery("d") == ended


def test_a_delivery_that_was_never_accepted_can_be_started(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    assert storage.start_delivery(delivery("d"))
    assert storage.delivery("d") == delivery("d", state="running")
    assert storage.accept([delivery("d")], ignore) == [False]


def test_inv_45_what_waited_while_its_repository_was_forgotten_does_not_begin(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.accept([delivery("before")], ignore)
    storage.forget_repository(REPOSITORY)
    assert not storage.start_delivery(delivery("before"))
    assert storage.delivery("before") is None
    storage.accept([delivery("after")], ignore)
    assert storage.start_delivery(delivery("after"))
    assert storage.start_delivery(delivery("about none", repository_id=None))


def test_deliveries_are_listed_newest_first_and_counted(storage: Storage) -> None:
    storage.accept([delivery(name, received_at=at(minute)) for minute, name in enumerate("abc")], ignore)
    storage.start_delivery(delivery("b"))
    assert [record.id for record in storage.deliveries()] == ["c", "b", "a"]
    assert [record.id for record in storage.deliveries(state="queued", limit=1)] == ["c"]
    assert storage.delivery_counts() == {"queued": 2, "running": 1}


def test_the_age_of_a_tasks_last_success_is_known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    assert storage.last_success("refit") is None
    good = storage.start_task("refit", "acme/shop")
    storage.finish_task(good)
    success = storage.last_success("refit")
    bad = storage.start_task("refit", None)
    assert storage.last_success("refit") == success
    storage.finish_task(bad, "no model")
    assert storage.last_success("refit") == success
    assert storage.last_success("import") is None
    storage.start_task("import", None)
    assert [(run.task, run.repository, run.error) for run in storage.task_runs()] == [
        ("import", None, None),
        ("refit", None, "no model"),
        ("refit", "acme/shop", None),
    ]
    newest = storage.task_runs("refit", limit=1)[0]
    assert newest.finished_at is not None
    assert newest.started_at <= newest.finished_at


def test_inv_28_a_batch_is_taken_up_where_it_stopped(storage: Storage) -> None:
    for number, name in ((REPOSITORY, "acme/shop"), (2, "acme/two")):
        storage.save_repository(RepositoryRecord(number, name))
    batch, numbers = storage.open_batch(REPOSITORY, "all", [9, 1, 5, 1])
    assert list(numbers) == [9, 1, 5]
    storage.batch_done(batch, 1)
    assert storage.open_batch(REPOSITORY, "all", [7]) == (batch, [9, 5])
    assert storage.open_batch(REPOSITORY, "cluster x", [7])[1] == [7]
    assert storage.open_batch(2, "all", [8])[1] == [8]
    storage.close_batch(batch)
    fresh, numbers = storage.open_batch(REPOSITORY, "all", [7])
    assert fresh != batch
    assert list(numbers) == [7]


def test_an_empty_batch_has_nothing_to_do(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    assert storage.open_batch(REPOSITORY, "all", [])[1] == []


def test_a_rerun_of_the_same_delivery_keeps_its_details(storage: Storage) -> None:
    record = delivery("d", details={"ids": [1]})
    storage.accept([record], ignore)
    storage.start_delivery(replace(record, details={}))
    assert storage.delivery("d") == replace(record, state="running")


def test_inv_45_a_task_for_a_repository_that_was_forgotten_leaves_no_name(storage: Storage) -> None:
    storage.start_task("refit", "acme/gone")
    assert [run.repository for run in storage.task_runs()] == [None]
