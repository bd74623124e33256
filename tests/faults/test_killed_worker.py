"""kill -9 at any instant: every delivery is worked off, no comment twice, no label without its comment."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.canonical_comment import BEGIN
from bot.decision_data import from_data
from bot.effects import wanted_labels
from bot.repo_config import parse
from bot.storage.records import DeliveryRecord
from bot.wiring import BotRuntime
from bot.workflows.steps import MAX_RECOVERIES
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.deliveries import client, issue_payload, post, settings
from tests.fakes.github_places import NAME
from tests.fakes.small_world import BODY, CONFIG, OTHERS, TITLE
from tests.faults.worker import POINTS
from webhooks.app import create_app
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import serve

ROOT = Path(__file__).parents[2]
APP_ID = 31
PATIENCE = 120.0  # seconds
ROUNDS = 3  # of killing at a random instant


class Worker:
    """A process that works until it is killed."""

    def __init__(self, nursery: subprocess.Popen[str], point: str) -> None:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        self._says = nursery.stdout
        nursery.stdin.write(f"{point}\n")
        nursery.stdin.flush()
        self._process = int(self._says.readline())

    def works(self) -> None:
        """Wait until it says that it does."""
        assert self._says.readline() == "working\n"

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self._process, how)

    def ended(self) -> int:
        """Wait for its end, however it came: the signal, below zero."""
        for line in self._says:
            if line.startswith("ended "):
                return int(line.removeprefix("ended "))
        raise AssertionError("the workers' parent is gone")


class Town:
    """GitHub over HTTP, the receiver in this process, and a worker in another that can be killed."""

    def __init__(self, url: str, file: Path) -> None:
        self._double = httpx.Client(base_url=f"{url}/_double", timeout=30)
        seeded = self._asked("POST", "/repositories", full_name=NAME, config=CONFIG.decode())
        self._repository, self._installation = seeded["repository"], seeded["installation_id"]
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")},
            "TRIAGE_DATABASE_URL": f"sqlite:///{file}",
            "TRIAGE_GITHUB_API_URL": url,
            "TRIAGE_APP_ID": str(APP_ID),
            "TRIAGE_PRIVATE_KEY": PRIVATE_KEY,
            "TRIAGE_LOG_LEVEL": "error",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }
        self._web = BotRuntime(settings(database_url=f"sqlite:///{file}"), worker=False)
        self._web.start()
        self.storage = self._web.storage
        self.database_url = f"sqlite:///{file}"
        self.repository_id, self.installation_id = int(self._repository["id"]), int(self._installation)
        self._folder = file.parent
        self._nurseries: dict[int, subprocess.Popen[str]] = {}
        for title, body in (*OTHERS, (TITLE, BODY)):
            self.report(title, body)

    def close(self) -> None:
        for nursery in self._nurseries.values():
            os.killpg(nursery.pid, signal.SIGKILL)  # with a worker that a failed test left
            nursery.communicate()
        self._web.stop()
        self._double.close()

    def _asked(self, method: str, path: str, **body: Any) -> Any:
        answer = self._double.request(method, path, json=body or None)
        answer.raise_for_status()
        return answer.json()

    def report(self, title: str = TITLE, body: str = BODY) -> int:
        made = self._asked("POST", f"/repositories/{NAME}/issues", title=title, body=body, deliver=False)
        return int(made["issue"]["number"])

    async def deliver(self, number: int) -> None:
        payload = issue_payload(
            issue={"number": number, "title": TITLE, "body": BODY, "user": {"login": "ann"}},
            repository={"id": self._repository["id"], "full_name": NAME},
            installation={"id": self._installation},
        )
        async with client(create_app(settings(), runtime=self._web)) as http:
            answer = await post(http, payload, delivery=f"delivery-{number}")
        assert answer.json()["status"] == "accepted"

    def worker(self, point: str = "", recoveries: int = MAX_RECOVERIES) -> Worker:
        """Start one, where none is alive. With a point, it kills itself there."""
        if recoveries not in self._nurseries:
            self._nurseries[recoveries] = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("worker.py"))],
                env=self._environment | {"RECOVERIES": str(recoveries)},
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return Worker(self._nurseries[recoveries], point)

    def rows(self) -> list[DeliveryRecord]:
        return list(self._web.storage.deliveries())

    def work_everything_off(self, recoveries: int = MAX_RECOVERIES) -> None:
        """With a worker that is not killed."""
        worker = self.worker(recoveries=recoveries)
        waited = threading.Event()
        try:
            for _ in range(int(PATIENCE / 0.05)):
                if all(row.state in {"done", "failed"} for row in self.rows()):
                    return
                waited.wait(0.05)
            raise AssertionError(self.rows())
        finally:
            worker.kill()
            worker.ended()

    def wanted_labels(self, number: int) -> set[str]:
        """What the issue's last decision stands for."""
        record = self._web.storage.last_decision(self._repository["id"], number)
        assert record is not None
        return set(wanted_labels(from_data(record.body), parse(CONFIG.decode())))

    def issues(self) -> dict[int, Any]:
        state = self._asked("GET", f"/repositories/{NAME}/state")
        return {issue["number"]: issue for issue in state["issues"]}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with serve(DoubleConfig(app_id=APP_ID, app_slug="triage")) as running:
        made = Town(running.url, tmp_path / "triage.db")
        try:
            yield made
        finally:
            made.close()


def assert_nothing_lost_and_nothing_doubled(town: Town, numbers: list[int]) -> None:
    rows = {row.issue: row for row in town.rows()}
    assert {number: (rows[number].state, rows[number].error) for number in numbers} == dict.fromkeys(
        numbers, ("done", None)
    )
    issues = town.issues()
    for number in numbers:
        assert len(issues[number]["comments"]) == 1, number
        assert set(issues[number]["labels"]) == town.wanted_labels(number), number
    assert all(not issues[number]["labels"] for number in range(1, 6))
    assert all(not issues[number]["comments"] for number in range(1, 5))
    assert all(BEGIN in one["body"] for one in issues[5]["comments"])  # what the canonical issue is told of its reports
    assert len(issues[5]["comments"]) <= 1


def killed(town: Town, point: str, recoveries: int = MAX_RECOVERIES) -> None:
    """A worker that dies at the point."""
    worker = town.worker(point, recoveries)
    enough = threading.Timer(PATIENCE, worker.kill, [signal.SIGTERM])
    enough.start()
    try:
        assert worker.ended() == -signal.SIGKILL, f"it lives on past {point}"
    finally:
        enough.cancel()


@pytest.mark.parametrize("points", [tuple(POINTS)[:6], tuple(POINTS)[6:]], ids=["deciding", "acting"])
async def test_inv_25_inv_31_a_worker_killed_at_any_point_loses_and_doubles_nothing(
    town: Town, points: tuple[str, ...]
) -> None:
    """One worker after the other dies, each a step further; each finds the work where the last one left it."""
    numbers = []
    for point in points:
        numbers.append(town.report())
        await town.deliver(numbers[-1])
        killed(town, point)
        for number, issue in town.issues().items():
            assert not issue["labels"] or issue["comments"], f"#{number} has a label without a comment at {point}"
            assert len(issue["comments"]) <= 1, number
    town.work_everything_off()
    assert_nothing_lost_and_nothing_doubled(town, numbers)


async def test_inv_33_a_delivery_that_kills_every_worker_is_set_aside_and_the_others_go_on(town: Town) -> None:
    deadly, harmless = town.report(), town.report()
    await town.deliver(deadly)
    for _ in range(3):
        killed(town, "before the decision", recoveries=2)
    await town.deliver(harmless)
    town.work_everything_off(recoveries=2)
    rows = {row.issue: row for row in town.rows()}
    assert (rows[deadly].state, rows[deadly].outcome) == ("failed", "set aside")
    assert rows[deadly].error == "its process died 2 times while it ran"
    assert rows[harmless].state == "done"
    assert not town.issues()[deadly]["comments"]


async def test_inv_31_a_worker_killed_at_random_instants_loses_and_doubles_nothing(town: Town) -> None:
    instants = random.Random(20260304)
    numbers = [town.report() for _ in range(12)]
    for number in numbers:
        await town.deliver(number)
    for _ in range(ROUNDS):
        worker = town.worker()
        worker.works()
        threading.Event().wait(instants.uniform(0.0, 0.8))
        worker.kill()
        worker.ended()
    town.work_everything_off()
    assert_nothing_lost_and_nothing_doubled(town, numbers)
