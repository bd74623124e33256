"""One working bot for the flows of a module, and a repository of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot import inbox
from bot.wiring import BotRuntime
from bot.workflows import steps
from tests.fakes.github import FakeGitHub
from tests.fakes.running import DelicateEmbedder, Running, tracker, working


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
