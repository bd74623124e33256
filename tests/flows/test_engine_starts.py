"""The engine starts, refuses to start, and starts again over what it left behind."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.engine import Engine
from bot.errors import RetryAfter, SettingsError, StorageError
from bot.wiring import BotRuntime
from bot.workflows.steps import services
from models.hashing_embedder import HashingEmbedder
from tests.fakes.deliveries import settings
from tests.fakes.github import FakeGitHub
from tests.fakes.running import Running, tracker, working
from tests.fakes.small_world import CLUSTER_LABEL, LABEL, CountingEmbedder, small_world

HOUR = 3600.0


def test_a_schedule_that_cannot_be_read_is_named_by_its_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TRIAGE_REFIT_SCHEDULE"):  # noqa: SIM117
        with working(tmp_path / "triage.db", FakeGitHub(), refit_schedule="whenever"):
            pass


def test_a_worker_says_whether_its_model_and_its_engine_are_well(tmp_path: Path) -> None:
    chosen = settings(database_url=f"sqlite:///{tmp_path}/triage.db")
    runtime = BotRuntime(chosen, worker=True, github=FakeGitHub(), embedder=HashingEmbedder())
    assert runtime.readiness()["engine"] == "the engine has not been started"
    with pytest.raises(StorageError):
        runtime.storage  # noqa: B018 - asking is the test
    runtime.start()
    try:
        assert runtime.readiness() == {"model": None, "engine": None}
    finally:
        runtime.stop()


def test_an_engine_that_was_never_started_says_so_and_stops_quietly(tmp_path: Path) -> None:
    with small_world(tmp_path) as world:
        engine = Engine(world.services)
        assert engine.problem() == "the engine has not been started"
        engine.stop()


def test_outside_of_the_engine_there_are_no_services() -> None:
    with pytest.raises(RuntimeError, match="has not been started"):
        services()


async def test_what_was_accepted_without_a_worker_is_worked_off_by_the_next_one(tmp_path: Path) -> None:
    """`triage serve --web-only` takes the delivery; `triage work` comes later."""
    github = FakeGitHub()
    name = tracker(github)
    file = tmp_path / "triage.db"
    web = BotRuntime(settings(database_url=f"sqlite:///{file}"), worker=False)
    web.start()
    try:
        bot = Running(web, github, name)
        issue = bot.report()
        delivery = await bot.deliver(issue)
        assert bot.row(delivery).state == "queued"
    finally:
        web.stop()
    await _worked_off(file, github, name, delivery)
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


async def test_inv_31_a_worker_ends_while_a_delivery_waits_and_the_next_one_waits_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github, file = FakeGitHub(), tmp_path / "triage.db"
    name = tracker(github)
    asked = threading.Event()
    monkeypatch.setattr("bot.workflows.steps.log", Told(asked))
    manager = working(file, github)
    runtime = await asyncio.to_thread(manager.__enter__)
    monkeypatch.setattr("bot.workflows.steps.IN_PLACE", HOUR)
    github.fail_next("issue", RetryAfter("come back in an hour", HOUR))
    bot = Running(runtime, github, name)
    delivery = await bot.deliver(bot.report())
    assert await asyncio.to_thread(asked.wait, 60)
    await asyncio.to_thread(manager.__exit__, None, None, None)
    busy = [thread.name for thread in threading.enumerate() if thread.name.startswith("dbos-executor")]
    deadline = time.monotonic() + 60
    while busy and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
        busy = [thread.name for thread in threading.enumerate() if thread.name in busy]
    assert busy == []  # a thread that slept its hour would keep the process alive for as long
    later = time.time() + HOUR + 1
    monkeypatch.setattr("bot.workflows.steps.now", lambda: later)
    await _worked_off(file, github, name, delivery)


class Told:
    """A logger that tells when something waits."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def warning(self, *_: object, **__: object) -> None:
        self._event.set()


async def _worked_off(file: Path, github: FakeGitHub, name: str, delivery: str) -> None:
    manager = working(file, github)  # started outside of the loop, as it is in production
    runtime = await asyncio.to_thread(manager.__enter__)
    try:
        await Running(runtime, github, name).ended(delivery)
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)


def test_inv_13_after_a_change_of_model_nothing_is_compared_before_all_is_embedded_again(tmp_path: Path) -> None:
    """Also where a process died in the middle of embedding."""
    github, file = FakeGitHub(), tmp_path / "triage.db"
    name = tracker(github)
    first, second = CountingEmbedder("one-model"), CountingEmbedder("another-model")
    for embedder in (first, second):
        with working(file, github, embedder=embedder) as runtime:
            bot = Running(runtime, github, name)
            assert asyncio.run(bot.handled(bot.report())).outcome == "duplicate"
            assert runtime.storage.unembedded(bot.record.id, str(embedder.model_id)) == []
            rows = runtime.storage.vectors(bot.record.id, str(embedder.model_id), [1, 2])
            half = [replace(one, model_id=str(second.model_id)) for one in rows]
            runtime.storage.save_vectors(bot.record.id, half)
