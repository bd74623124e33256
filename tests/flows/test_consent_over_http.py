"""Consent from end to end: the real client over HTTP, real payloads in, comments, labels and reactions out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from dbos import DBOS

from bot.activities import observe, reactions, refused
from bot.workflows import poll_reactions
from bot.workflows.follow_canonical import TASK as KEEP
from bot.workflows.recover_deliveries import TASK as RECOVER
from tests.fakes.live import Live, lived
from tests.fakes.played import CANONICAL
from tests.fakes.small_world import CLUSTER_LABEL, CONFIG, LABEL


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with lived(tmp_path_factory.mktemp("http") / "triage.db") as live:
        yield live


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
    assert outcome == "refused: #9999 is not there"
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
    assert await live.told(live.webhook("issues", "reopened", issue=number, sender="boss")) == "related"
    assert "duplicate" not in live.labels(number)
    said = live.runtime.storage.feedback(live.runtime.storage.repository(live.name).id, number)  # type: ignore[union-attr]
    assert [one.kind for one in said] == ["label-removed", "undone", "reopened"]


async def test_inv_17_a_comment_from_before_everything_was_forgotten_is_withdrawn_in_its_place(live: Live) -> None:
    number, other = await live.answered(), await live.answered()
    live.github.rest("boss", "DELETE", f"/repos/{live.name}/issues/{other}/labels/{LABEL}")  # heard by nobody
    before = live.own(number)["id"]
    storage = live.runtime.storage
    known = storage.repository(live.name)
    assert known is not None
    storage.forget_repository(known.id)
    outcome, _ = await live.says(number, "/triage different", "reporter")
    assert outcome not in {"duplicate", None}
    assert (live.own(number)["id"], live.labels(number)) == (before, set())
    assert "not counted as a duplicate" in live.own(number)["body"]
    both = {number, other}  # the rest of the history is read behind it; the canonical issue may have a comment, too
    await live.until(lambda: both <= {one.number for one in storage.own_comments(known.id)})
    said = storage.feedback(known.id, other)
    assert [(one.kind, one.actor, one.value) for one in said] == [("label-removed", "boss", LABEL)]


@pytest.mark.parametrize("status", [403, 422])
async def test_inv_17_a_withdrawal_that_github_refuses_once_is_made_good(
    live: Live, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(refused, "WAITS", (timedelta(),))
    number = await live.answered()
    path = f"/repos/{live.name}/issues/comments/{live.own(number)['id']}$"
    live.github.fault(path, method="PATCH", status=status, message="Not today")
    await live.says(number, "/triage different", "reporter")
    await asyncio.to_thread(DBOS.trigger_schedule, KEEP)
    await live.until(lambda: "not counted as a duplicate" in live.own(number)["body"])
    assert live.labels(number) == set()


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


async def test_inv_27_a_wrong_file_is_told_on_the_chosen_issue(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "CONFIG_AGE", -observe.CONFIG_AGE)
    good = "notice: 1\n" + CONFIG.decode()
    live.github.change(live.name, config=good)
    number = await live.answered()
    live.github.change(live.name, config=good + "mode: loud\n")
    await live.told(live.webhook("issues", "pinned", issue=number))
    await live.until(lambda: live.github.comments(1, live.name))
    assert "line 9: mode: must be 'shadow', 'comment' or 'close'" in live.github.comments(1, live.name)[0]
    live.github.change(live.name, config=good)
    await live.told(live.webhook("issues", "unpinned", issue=number))
    await live.until(lambda: "Nothing is wrong" in live.github.comments(1, live.name)[0])
    assert len(live.github.comments(1, live.name)) == 1
