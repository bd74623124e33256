"""The whole bot in one process: receiver, inbox, engine and worker over SQLite, with GitHub in memory."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.inbox import CLOCKS
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord, RepositoryRecord
from bot.wiring import BotRuntime
from models.embedder import Embedder, Vectors
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from tests.fakes.databases import prepared
from tests.fakes.deliveries import client, post, settings
from tests.fakes.github import FakeGitHub, FakeRepository
from tests.fakes.small_world import BODY, CONFIG, OTHERS, TITLE
from webhooks.app import create_app

POISON = "poisonous text"
PATIENCE = 60.0  # seconds until a test gives up waiting for the worker

_ids = itertools.count(1)


class DelicateEmbedder(HashingEmbedder):
    """Has a bug that one text brings out."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        if POISON in " ".join(texts):
            raise ZeroDivisionError(f"cannot embed {texts}")
        return super().embed(texts)


@contextmanager
def working(
    file: Path, github: FakeGitHub, *, embedder: Embedder | None = None, **changes: Any
) -> Iterator[BotRuntime]:
    """A worker over an SQLite file; it may be started again over the same one. No night falls while a test runs."""
    if not file.exists():
        shutil.copyfile(prepared(), file)
    chosen = settings(database_url=f"sqlite:///{file}", **({"refit_schedule": "0 0 1 1 *"} | changes))
    runtime = BotRuntime(chosen, worker=True, github=github, embedder=embedder or HashingEmbedder())
    with seldom():
        try:
            runtime.start()
            yield runtime
        finally:
            runtime.stop()


@contextmanager
def seldom() -> Iterator[None]:
    """What runs every few minutes runs only when a test starts it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in CLOCKS:
            patch.setitem(CLOCKS, name, "0 0 1 1 *")
        yield


class Running:
    """A bot that works, and one repository of the GitHub that it works on."""

    def __init__(self, runtime: BotRuntime, github: FakeGitHub, name: str) -> None:
        self.runtime = runtime
        self.github = github
        self.name = name
        self._app = create_app(settings(), runtime=runtime)

    @property
    def storage(self) -> Storage:
        return self.runtime.storage

    @property
    def file(self) -> Path:
        """The database."""
        return Path(self.runtime._settings.database_url.removeprefix("sqlite:///"))

    @property
    def fake(self) -> FakeRepository:
        return self.github.repositories[self.name.lower()]

    @property
    def record(self) -> RepositoryRecord:
        found = self.storage.repository(self.name)
        assert found is not None
        return found

    def report(self, title: str = TITLE, body: str = BODY, **fields: Any) -> Issue:
        """A new issue on GitHub, of which the bot has not heard."""
        return self.github.add_issue(self.name, title, body, **fields)

    async def deliver(self, issue: Issue, action: str = "opened", **more: Any) -> str:
        """Post an `issues` delivery as GitHub would; returns its id once it was acknowledged."""
        identity = more.pop("delivery", None)
        told = {"number": issue.number, "title": issue.title, "body": issue.body, "user": {"login": issue.author}}
        return await self.send({"action": action, "issue": told, **more}, delivery=identity)

    async def send(self, payload: dict[str, Any], *, event: str = "issues", delivery: str | None = None) -> str:
        """Post any delivery about the repository."""
        identity = delivery or f"delivery-{next(_ids)}"
        about = {"id": self.fake.info.id, "full_name": self.name}
        common = {"repository": about, "installation": {"id": self.fake.installation_id}, "sender": {"login": "ann"}}
        async with client(self._app) as http:
            answer: httpx.Response = await post(http, common | payload, event, identity)
        assert answer.status_code == 202, answer.text
        return identity

    async def ended(self, *deliveries: str) -> list[DeliveryRecord]:
        """The deliveries' rows, when each of them was worked off."""
        await self.until(lambda: all(self.row(one).state in {"done", "failed"} for one in deliveries))
        return [self.row(one) for one in deliveries]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that the worker does."""
        loop = asyncio.get_running_loop()
        last = loop.time() + PATIENCE
        while not await asyncio.to_thread(holds):
            assert loop.time() < last, [repr(one) for one in self.storage.deliveries()]
            await asyncio.sleep(0.01)

    async def handled(self, issue: Issue, action: str = "opened", **more: Any) -> DeliveryRecord:
        """Deliver, and wait until it was worked off."""
        (row,) = await self.ended(await self.deliver(issue, action, **more))
        return row

    def fake_renamed(self, name: str) -> None:
        """GitHub knows the repository by another name from now on; so does whoever delivers."""
        self.name = name
        self.fake.info = replace(self.fake.info, full_name=name)

    def row(self, delivery: str) -> DeliveryRecord:
        found = self.storage.delivery(delivery)
        assert found is not None
        return found

    def comments(self, number: int) -> list[str]:
        return [one.body for one in self.fake.comments.get(number, [])]

    def labels(self, number: int) -> tuple[str, ...]:
        return self.fake.issues[number].labels

    def writes(self, method: str | None = None) -> list[str]:
        """What was changed in this repository, in order."""
        mine = [write.method for write in self.github.writes if write.repository == self.name]
        return [one for one in mine if method in (None, one)]


def tracker(github: FakeGitHub, *, installation_id: int = 1) -> str:
    """A new repository with four unlike issues and, as #5, a report of the known cluster; returns its name."""
    name = f"acme/shop-{next(_ids)}"
    made = github.add_repository(name, installation_id=installation_id)
    made.config = CONFIG
    for title, body in OTHERS:
        github.add_issue(name, title, body)
    github.add_issue(name, TITLE, BODY)
    return name
