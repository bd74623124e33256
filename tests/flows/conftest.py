"""One working bot for the flows of a module, and a repository of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from bot import inbox
from bot.wiring import BotRuntime
from bot.workflows import steps
from models.issue import Issue
from tests.fakes.dashboard import TOKEN, browser, signed_in
from tests.fakes.deliveries import settings
from tests.fakes.github import FakeGitHub
from tests.fakes.running import DelicateEmbedder, Running, tracker, working
from webhooks.app import create_app


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BotRuntime, FakeGitHub]]:
    """The worker, which knows GitHub only as it is in memory."""
    github = FakeGitHub()
    with working(tmp_path_factory.mktemp("bot") / "triage.db", github, embedder=DelicateEmbedder()) as runtime:
        yield runtime, github


@pytest.fixture
def bot(works: tuple[BotRuntime, FakeGitHub], monkeypatch: pytest.MonkeyPatch) -> Running:
    """The bot at work on a repository that it has never seen; its waits between tries are short."""
    monkeypatch.setattr(steps, "PATIENCE", (0.01, 0.01, 0.01, 0.01))
    monkeypatch.setattr(inbox, "PAUSES", {})
    runtime, github = works
    return Running(runtime, github, tracker(github))


@pytest.fixture
async def http(bot: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who runs the server."""
    async with browser(create_app(settings(), runtime=bot.runtime, token=TOKEN)) as made:
        yield await signed_in(made)


@pytest.fixture
async def answered(bot: Running) -> Issue:
    """A report that the bot called a duplicate of #5."""
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    return issue
