"""Repositories that wait, for GitHub or for their own budget, take nobody's place in the queue."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bot.errors import RetryAfter
from bot.workflows.steps import ACTIVE
from models.issue import Issue
from tests.fakes.github import FakeReader
from tests.fakes.running import Running, tracker

HOUR = 3600.0


async def test_inv_33_more_waiting_repositories_than_places_leave_room_for_another(bot: Running) -> None:
    crowd = [Running(bot.runtime, bot.github, tracker(bot.github)) for _ in range(2 * ACTIVE)]
    bot.github.fail_next("repository", RetryAfter("the limit is reached", HOUR), times=len(crowd))
    waiting = [await one.deliver(one.report()) for one in crowd]
    await bot.until(lambda: not bot.github._faults["repository"])  # each of them was told to wait an hour
    row = await bot.handled(bot.report())
    assert (row.state, row.outcome) == ("done", "duplicate")
    assert len(bot.comments(row.issue or 0)) == 1
    await bot.until(lambda: all("waits for GitHub" in (bot.row(one).outcome or "") for one in waiting))
    assert {bot.row(one).state for one in waiting} == {"queued"}


async def test_inv_33_long_imports_leave_room_for_an_issue(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await bot.handled(bot.report())
    read, read_on = FakeReader.issues, threading.Event()

    def slow(reader: FakeReader, **since: Any) -> Iterator[Sequence[Issue]]:
        read_on.wait()
        return read(reader, **since)

    monkeypatch.setattr(FakeReader, "issues", slow)
    crowd = [Running(bot.runtime, bot.github, tracker(bot.github)) for _ in range(2 * ACTIVE)]
    importing = [await one.deliver(one.report()) for one in crowd]
    try:
        row = await bot.handled(bot.report())
    finally:
        read_on.set()
    assert (row.state, row.outcome) == ("done", "duplicate")
    assert {one.state for one in await bot.ended(*importing)} == {"done"}
