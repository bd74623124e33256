"""The receiver over the real inbox and database: what was acknowledged is there, once, whatever happens."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.wiring import BotRuntime, build_runtime
from tests.fakes.deliveries import SECRET, client, issue_payload, post, settings
from webhooks.app import create_app

SERVER = """
import sys, uvicorn
from webhooks.app import create_app
uvicorn.run(create_app(), fd=int(sys.argv[1]), log_config=None, access_log=False)
"""


@asynccontextmanager
async def serving(database: Path) -> AsyncIterator[tuple[httpx.AsyncClient, BotRuntime]]:
    chosen = settings(database_url=f"sqlite:///{database}")
    runtime = build_runtime(chosen, worker=False)
    app = create_app(chosen, runtime=runtime)
    async with app.router.lifespan_context(app), client(app) as http:
        yield http, runtime


async def test_an_accepted_delivery_is_in_the_database(tmp_path: Path) -> None:
    async with serving(tmp_path / "triage.db") as (http, runtime):
        assert (await post(http, issue_payload())).json()["status"] == "accepted"
        kept = runtime.storage.delivery("d-1")
    assert kept is not None
    assert (kept.state, kept.workflow, kept.repository, kept.issue) == ("queued", "triage_issue", "octo/widgets", 7)


async def test_inv_32_fifty_identical_deliveries_at_once_are_kept_once(tmp_path: Path) -> None:
    async with serving(tmp_path / "triage.db") as (http, runtime):
        answers = await asyncio.gather(*(post(http, issue_payload()) for _ in range(50)))
        counts = runtime.storage.delivery_counts()
    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["duplicate"] * 49
    assert counts == {"queued": 1}


async def test_a_delivery_known_before_a_restart_is_a_duplicate(tmp_path: Path) -> None:
    for expected in ("accepted", "duplicate"):
        async with serving(tmp_path / "triage.db") as (http, _):
            assert (await post(http, issue_payload())).json()["status"] == expected


async def test_a_database_that_fails_is_answered_with_503_and_a_later_attempt_is_new(tmp_path: Path) -> None:
    database = tmp_path / "triage.db"
    async with serving(database) as (http, _):
        with sqlite3.connect(database) as connection:
            connection.execute("ALTER TABLE deliveries RENAME TO elsewhere")
        answer = await post(http, issue_payload())
        assert answer.status_code == 503
        assert "elsewhere" not in answer.text
        with sqlite3.connect(database) as connection:
            connection.execute("ALTER TABLE elsewhere RENAME TO deliveries")
        assert (await post(http, issue_payload())).json()["status"] == "accepted"


async def test_readiness_and_metrics_come_from_the_real_database(tmp_path: Path) -> None:
    async with serving(tmp_path / "triage.db") as (http, _):
        await post(http, issue_payload())
        assert (await http.get("/readyz")).json() == {"status": "ready", "checks": {"schema": "ok"}}
        text = (await http.get("/metrics")).text
    assert 'triage_deliveries{state="queued"} 1.0' in text
    assert "triage_queue_depth 1.0" in text
    assert 'triage_task_last_success_age_seconds{task="refit_clusters"} +Inf' in text


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A server process on a socket that listens already, so that nobody has to wait for it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}
    environment |= {"TRIAGE_WEBHOOK_SECRET": SECRET, "TRIAGE_DATABASE_URL": f"sqlite:///{tmp_path / 'triage.db'}"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(listening.fileno())],
            cwd=tmp_path,
            env=environment,
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = listening.getsockname()[1]
    yield process, port  # only the server holds the socket now, so that killing it is seen at once
    process.kill()
    process.wait()


async def test_inv_31_a_killed_server_keeps_every_delivery_that_it_acknowledged(
    server: tuple[subprocess.Popen[bytes], int], tmp_path: Path
) -> None:
    process, port = server
    acknowledged: list[str] = []

    async def send(http: httpx.AsyncClient, sender: int) -> None:
        try:
            for number in range(1000):
                answer = await post(http, issue_payload(), delivery=f"d-{sender}-{number}")
                assert answer.status_code == 202
                acknowledged.append(answer.json()["delivery"])
                if len(acknowledged) == 100:
                    process.send_signal(signal.SIGKILL)
        except httpx.TransportError:
            return  # killed in the middle, as meant

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        await asyncio.gather(*(send(http, sender) for sender in range(16)))
    process.wait()
    with sqlite3.connect(tmp_path / "triage.db") as connection:
        kept = {row[0] for row in connection.execute("SELECT id FROM deliveries")}
        queued = {row[0] for row in connection.execute("SELECT workflow_uuid FROM workflow_status")}
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= kept
    assert kept == queued
