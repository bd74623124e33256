"""The whole bot over HTTP: real payloads in, the real client out, and a GitHub double between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.settings import Settings
from bot.wiring import BotRuntime
from models.hashing_embedder import HashingEmbedder
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.deliveries import PATH, SECRET, client
from tests.fakes.played import APP_ID, Played, Report, played
from tests.fakes.running import seldom
from tests.fakes.small_world import NAME
from webhooks.app import create_app

PATIENCE = 60.0  # seconds
NOBODY = "http://127.0.0.1:9/webhooks/github"  # nothing listens there


class Live:
    """The whole bot over a GitHub double, each repository used by one test."""

    def __init__(self, github: Played, runtime: BotRuntime, settings: Settings) -> None:
        self.github = github
        self.runtime = runtime
        self.name = NAME
        self._app = create_app(settings, runtime=runtime)

    async def posted(self, report: Report) -> str:
        """Post a delivery; its id, once it was accepted."""
        async with client(self._app) as http:
            answer = await http.post(PATH, content=report.body, headers=report.headers)
        assert answer.status_code == 202, answer.text
        assert answer.json()["status"] == "accepted", answer.text
        return report.headers["X-GitHub-Delivery"]

    async def told(self, report: Report) -> str | None:
        """Post a delivery; its outcome when it was worked off."""
        delivery = await self.posted(report)
        await self.until(lambda: self._state(delivery) in {"done", "failed"})
        row = self.runtime.storage.delivery(delivery)
        assert row is not None
        assert row.state == "done", row
        return row.outcome

    async def until(self, holds: Callable[[], Any]) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time() + PATIENCE
        while not await asyncio.to_thread(holds):
            assert loop.time() < last, [repr(one) for one in self.runtime.storage.deliveries(limit=5)]
            await asyncio.sleep(0.02)

    async def answered(self) -> int:
        """A report that the bot called a duplicate; its number."""
        report = self.github.report(name=self.name)
        assert await self.told(report) == "duplicate"
        return report.number

    async def says(self, number: int, text: str, login: str) -> tuple[str | None, int]:
        """A comment, heard: the outcome, and the comment's id."""
        comment = await asyncio.to_thread(self.github.comment, number, text, login, self.name)
        report = self.webhook("issue_comment", "created", issue=number, comment=comment, sender=login)
        return await self.told(report), comment

    def webhook(self, event: str, action: str, **about: Any) -> Report:
        return self.github.webhook(event, action, name=self.name, **about)

    def own(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = next(
            one for one in self.github.issue(number, self.name)["comments"] if one["user"]["type"] == "Bot"
        )
        return found

    def labels(self, number: int) -> set[str]:
        return set(self.github.labels(number, self.name))

    def _state(self, delivery: str) -> str | None:
        row = self.runtime.storage.delivery(delivery)
        return row.state if row else None


@contextmanager
def lived(file: Path) -> Iterator[Live]:
    """The bot at work over a database that it makes, and a double that tells nobody by itself."""
    with seldom(), played(webhook_url=NOBODY, announce=False) as github:
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # pydantic-settings' own argument
            webhook_secret=SECRET,
            app_id=APP_ID,
            private_key=PRIVATE_KEY,
            github_api_url=github.url,
            database_url=f"sqlite:///{file}",
        )
        runtime = BotRuntime(settings, worker=True, embedder=HashingEmbedder())
        try:
            runtime.start()
            yield Live(github, runtime, settings)
        finally:
            runtime.stop()
