"""Consent from end to end: the real client over HTTP, real payloads in, comments, labels and reactions out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS

from bot.activities import reactions
from bot.settings import Settings
from bot.wiring import BotRuntime
from bot.workflows import poll_reactions
from bot.workflows.recover_deliveries import TASK as RECOVER
from models.hashing_embedder import HashingEmbedder
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.deliveries import PATH, SECRET, client
from tests.fakes.played import APP_ID, CANONICAL, Played, Report, played
from tests.fakes.running import seldom
from tests.fakes.small_world import CLUSTER_LABEL, LABEL, NAME
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

    async def told(self, report: Report) -> str | None:
        """Post a delivery; its outcome when it was worked off."""
        async with client(self._app) as http:
            answer = await http.post(PATH, content=report.body, headers=report.headers)
        assert answer.status_code == 202, answer.text
        delivery = report.headers["X-GitHub-Delivery"]
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


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    file: Path = tmp_path_factory.mktemp("http") / "triage.db"
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


@pytest.fixture
def live(works: Live, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setattr("bot.inbox.PAUSES", {})
    name = "acme/" + request.node.name.removeprefix("test_")[:40].replace("_", "-")
    works.github.add_repository(name, collaborators={"boss": "triage"})
    works.name = name
    return works


async def test_commands_are_answered_by_a_reaction_and_obeyed(live: Live) -> None:
    number = await live.answered()
    outcome, comment = await live.says(number, f"/triage duplicate of #{CANONICAL}", "boss")
    assert outcome == "duplicate"
    assert [content for _, content in live.github.reactions(comment, live.name)] == ["+1"]
    assert live.labels(number) == {"duplicate", CLUSTER_LABEL}
    outcome, comment = await live.says(number, "/triage duplicate of #9999", "boss")
    assert outcome == "refused: #9999 is newer than this issue"
    assert [content for _, content in live.github.reactions(comment, live.name)] == ["confused"]
    assert (await live.says(number, "/triage undo", "boss"))[0] == "duplicate"
    assert live.labels(number) == {LABEL, CLUSTER_LABEL}
    assert len(live.github.issue(number, live.name)["comments"]) == 4


async def test_inv_17_a_thumbs_down_is_found(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reactions, "OFTEN", timedelta(microseconds=1))
    number = await live.answered()
    await asyncio.to_thread(DBOS.trigger_schedule, poll_reactions.TASK)
    live.github.react(live.own(number)["id"], "-1", "passer-by", live.name)
    await asyncio.to_thread(DBOS.trigger_schedule, poll_reactions.TASK)
    await live.until(lambda: "not counted as a duplicate" in live.own(number)["body"])
    await live.until(lambda: live.labels(number) == set())


async def test_what_people_do_is_heeded(live: Live) -> None:
    number = await live.answered()
    path = f"/repos/{live.name}/issues/{number}"
    live.github.rest("boss", "DELETE", f"{path}/labels/{LABEL}")
    assert await live.told(live.webhook("issues", "unlabeled", issue=number, label=LABEL, sender="boss")) == "observed"
    live.github.rest("boss", "PATCH", path, state="closed", state_reason="duplicate")
    assert await live.told(live.webhook("issues", "closed", issue=number, sender="boss")) == "duplicate"
    assert "duplicate" in live.labels(number)
    live.github.rest("boss", "PATCH", path, state="open")
    assert await live.told(live.webhook("issues", "reopened", issue=number, sender="boss")) == "duplicate"
    said = live.runtime.storage.feedback(live.runtime.storage.repository(live.name).id, number)  # type: ignore[union-attr]
    assert [one.kind for one in said] == ["label-removed", "duplicate", "reopened"]


async def test_inv_32_a_failed_delivery_is_asked_for_and_an_unseen_issue_found(live: Live) -> None:
    await live.answered()
    later = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    unheard = live.github.report(name=live.name, deliver=True, created_at=later)  # nobody listens where it is sent
    before = _attempts(live)
    await asyncio.to_thread(DBOS.trigger_schedule, RECOVER)
    await live.until(lambda: live.labels(unheard.number) == {LABEL, CLUSTER_LABEL})
    assert len(live.github.comments(unheard.number, live.name)) == 1
    assert _attempts(live) > before
    assert live.github.comments(CANONICAL, live.name) == []  # what was there before the bot stays in silence


def _attempts(live: Live) -> int:
    return sum(one["path"].endswith("/attempts") for one in live.github.do("GET", "/requests"))
