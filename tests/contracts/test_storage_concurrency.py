"""The storage contract between threads and between real processes, over both engines."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.open import open_storage
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from bot.storage.tables import REVISIONS
from models.cluster import Cluster, Generation
from tests.fakes.stored import NOON, REPOSITORY, decision, delivery, stored_issue, stored_vectors

PROJECT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until something that should happen at once counts as hung

PRELUDE = """
import sys
from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from tests.fakes.stored import *
storage = open_storage(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
"""


@contextmanager
def process(code: str, url: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another Python that has the storage open and waits for a line before it runs the code."""
    command = [sys.executable, "-c", PRELUDE + code, url, *arguments]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def answers(code: str, url: str, count: int, *arguments: str) -> list[str]:
    """What `count` processes print that run the code at the same time."""
    children = [process(code, url, *arguments) for _ in range(count)]
    opened = [child.__enter__() for child in children]
    try:
        for child in opened:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return [child.communicate(timeout=PATIENCE)[0] for child in opened]
    finally:
        for child in children:
            child.__exit__(None, None, None)


def test_inv_32_fifty_threads_accept_one_delivery_once(storage: Storage) -> None:
    handed: list[str] = []

    def accept(_: int) -> bool:
        (is_new,) = storage.accept([delivery("same")], lambda _, record: handed.append(record.id))
        return is_new

    with ThreadPoolExecutor(50) as pool:
        assert sorted(pool.map(accept, range(50))) == [False] * 49 + [True]
    assert handed == ["same"]


def test_issues_that_are_deleted_while_their_cluster_is_written_stay_away(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    storage.save_issues(REPOSITORY, [stored_issue(number) for number in range(1, 21)])
    read = Cluster("c1", "Upload fails", members=tuple(range(1, 21)))
    storage.publish(REPOSITORY, Generation(1, NOON, (read,)))

    def write(number: int) -> None:
        storage.amend(REPOSITORY, [replace(read, canonical=number)])

    with ThreadPoolExecutor(4) as pool:
        for number in range(1, 21, 2):
            jobs = [pool.submit(write, number), pool.submit(storage.delete_issue, REPOSITORY, number)]
            jobs += [pool.submit(write, number), pool.submit(storage.save_issues, REPOSITORY, [stored_issue(2)])]
            for job in jobs:
                job.result(timeout=PATIENCE)
    assert storage.clusters_in_force(REPOSITORY) == [replace(read, members=tuple(range(2, 21, 2)))]


def test_inv_32_processes_that_race_accept_each_delivery_once(storage: Storage, database_url: str) -> None:
    code = """
import random
order = random.sample(range(4000), 4000)
new = []
for start in range(0, 4000, 400):
    group = [delivery(f"d{n}") for n in order[start:start + 400]]
    new += [r.id for r, is_new in zip(group, storage.accept(group, lambda c, r: None)) if is_new]
print(*new)
"""
    accepted = [name for answer in answers(code, database_url, 3) for name in answer.split()]
    assert sorted(accepted) == sorted(f"d{n}" for n in range(4000))
    assert storage.delivery_counts() == {"queued": 4000}


def test_inv_02_a_lock_lets_one_holder_in_across_processes_and_threads(
    storage: Storage, database_url: str, tmp_path: Path
) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    code = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
counter = Path(sys.argv[2])
def count(_):
    with storage.lock(7):
        value = int(counter.read_text())
        storage.delivery_counts()
        counter.write_text(str(value + 1))
with ThreadPoolExecutor(4) as pool:
    list(pool.map(count, range(40)))
"""
    answers(code, database_url, 3, str(counter))
    assert counter.read_text() == "120"


def test_locks_of_two_repositories_do_not_meet(storage: Storage) -> None:
    with storage.lock(1), storage.lock(2):
        storage.save_repository(RepositoryRecord(1, "a/b"))


def test_a_refits_lock_lets_decisions_pass_and_no_other_refit(storage: Storage) -> None:
    entered = threading.Event()

    def enter() -> None:
        with storage.lock(1, refit=True):
            entered.set()

    waiting = threading.Thread(target=enter, daemon=True)
    with storage.lock(1, refit=True), storage.lock(2, refit=True):
        with storage.lock(1):
            waiting.start()
        waiting.join(0.2)
        assert not entered.is_set()
    assert entered.wait(60)


def test_a_lock_ends_with_an_exception(storage: Storage) -> None:
    for _ in range(2):
        try:
            with storage.lock(1):
                raise RuntimeError
        except RuntimeError:
            pass
    with storage.lock(1):
        pass


def test_inv_31_a_lock_dies_with_the_process_that_holds_it(storage: Storage, database_url: str) -> None:
    code = """
with storage.lock(7):
    print("held", flush=True)
    sys.stdin.readline()
"""
    entered = threading.Event()

    def enter() -> None:
        with storage.lock(7):
            entered.set()

    with process(code, database_url) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline() == "held\n"
        waiting = threading.Thread(target=enter, daemon=True)
        waiting.start()
        assert not entered.wait(0.2)
        child.send_signal(signal.SIGKILL)
        waiting.join(PATIENCE)
        assert entered.is_set()


def test_inv_31_what_a_killed_process_had_not_committed_is_gone_and_the_rest_is_there(
    storage: Storage, database_url: str
) -> None:
    code = """
storage.accept([delivery("safe")], lambda c, r: None)
def hang(connection, record):
    print("inside", flush=True)
    sys.stdin.readline()
storage.accept([delivery("lost")], hang)
"""
    with process(code, database_url) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline() == "inside\n"
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE)
    group = [delivery("safe"), delivery("lost")]
    assert storage.accept(group, lambda _connection, _record: None) == [False, True]


def test_counters_of_writers_at_once_become_visible_in_order(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    seen: set[int] = set()
    done = threading.Event()

    def write(thread: int) -> None:
        for n in range(20):
            number = thread * 100 + n + 1
            storage.save_issues(REPOSITORY, [stored_issue(number)])
            storage.save_vectors(REPOSITORY, [stored_vectors(number)])

    def read() -> None:
        version, last = 0, False
        while not last:
            last = done.is_set()
            version, numbers = storage.changes_since(REPOSITORY, version)
            seen.update(numbers)

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    done.set()
    reader.join(PATIENCE)
    assert seen == {thread * 100 + n + 1 for thread in range(6) for n in range(20)}


def test_threads_that_save_one_name_for_many_repositories_leave_it_to_one(storage: Storage) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: storage.save_repository(RepositoryRecord(n, "acme/shop")), range(1, 33)))
    assert len(storage.repositories()) == 1


def test_threads_that_record_one_delivery_get_the_same_decision(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: storage.save_decision(decision(5, 3, delivery_id="d"), [])[0], range(16)))
    assert len(set(ids)) == 1


def test_forgetting_beside_writers_leaves_nothing_behind(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))

    def write(number: int) -> bool:
        try:
            storage.save_issues(REPOSITORY, [stored_issue(number)])
            storage.save_decision(decision(number), [])
        except Exception as error:
            return type(error).__name__ == "NotFound"
        return True

    with ThreadPoolExecutor(6) as pool:
        writes = [pool.submit(write, number) for number in range(1, 61)]
        storage.forget_repository(REPOSITORY)
        assert all(written.result() for written in writes)
    assert storage.issue_count(REPOSITORY) == 0
    assert storage.decisions(REPOSITORY) == []


def test_processes_that_migrate_at_once_all_end_at_the_present_schema(database_url: str) -> None:
    code = """
from bot.storage.open import migrate
print(migrate(sys.argv[1])[1])
"""
    assert answers(code, database_url, 3) == [f"{REVISIONS[-1]}\n"] * 3
    opened = open_storage(database_url)
    assert opened.schema_state() == (REVISIONS[-1], REVISIONS[-1])
    opened.close()


def test_inv_31_one_worker_of_a_name_at_a_time_and_the_name_is_free_when_it_is_killed(
    storage: Storage, database_url: str
) -> None:
    code = "with storage.claim('worker'):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    with process(code, database_url) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StorageError, match="another worker named 'worker'"), storage.claim("worker"):
            pass
        with storage.claim("another"):
            pass
        child.send_signal(signal.SIGKILL)
        child.wait(PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while True:  # a server notices a broken connection in its own time
        try:
            with storage.claim("worker"):
                return
        except StorageError:
            assert time.monotonic() < deadline
