"""A wrong configuration is told in one comment, where its last valid version asks for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from dbos import DBOS

from bot.activities import observe
from bot.config_comment import mended
from bot.storage.records import FeedbackRecord
from bot.workflows import follow_canonical
from tests.fakes.running import Running
from tests.fakes.small_world import CONFIG

PLACE = 1
VALID = b"notice: 1\n" + CONFIG
WRONG = VALID + b"mode: loud\n"


@pytest.fixture(autouse=True)
def always_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each delivery finds the last look at the file to be old."""
    monkeypatch.setattr(observe, "CONFIG_AGE", -observe.CONFIG_AGE)


async def quiet(bot: Running) -> None:
    """Nothing is queued or running any more."""
    await bot.until(lambda: not DBOS.list_workflows(status=["ENQUEUED", "PENDING"], limit=1))


async def happens(bot: Running) -> None:
    """Something happens to an issue, and what follows from it."""
    await bot.handled(bot.fake.issues[2], "labeled", sender={"login": "mia", "type": "User"})
    await quiet(bot)


async def hour_passes(bot: Running) -> None:
    """The hourly look runs as its schedule does, and what follows from it."""
    before = len(bot.storage.task_runs(follow_canonical.TASK))
    await asyncio.to_thread(DBOS.trigger_schedule, follow_canonical.TASK)
    await bot.until(
        lambda: len(found := bot.storage.task_runs(follow_canonical.TASK)) > before and bool(found[0].finished_at)
    )
    await quiet(bot)


@pytest.fixture
async def started(bot: Running) -> Running:
    bot.fake.config = VALID
    await bot.handled(bot.report())
    await happens(bot)
    assert bot.comments(PLACE) == []
    return bot


async def test_inv_27_a_wrong_change_is_told_once_where_the_last_valid_file_says(started: Running) -> None:
    bot = started
    bot.fake.config = WRONG
    await happens(bot)
    (said,) = bot.comments(PLACE)
    assert "line 9: mode: must be 'shadow', 'comment' or 'close'" in said.replace("\\", "")
    assert "loud" not in said
    assert bot.storage.config(bot.record.id).notice_number == PLACE
    before = bot.writes()
    await happens(bot)
    await hour_passes(bot)
    assert [one for one in bot.writes() if "comment" in one] == [one for one in before if "comment" in one]


async def test_the_comment_follows_the_problem_and_tells_its_end_by_itself(started: Running) -> None:
    bot = started
    bot.fake.config = WRONG
    await happens(bot)
    bot.fake.config = VALID + b"limits: {links: 99}\n"
    await happens(bot)
    (said,) = bot.comments(PLACE)
    assert "limits.links" in said
    assert "mode" not in said.replace("triage.yml", "")
    bot.fake.config = VALID
    await hour_passes(bot)  # nobody reports anything
    (said,) = bot.comments(PLACE)
    assert said.startswith(mended("repository"))
    assert bot.storage.config(bot.record.id).notice_number is None
    bot.fake.config = WRONG
    await happens(bot)
    (said,) = bot.comments(PLACE)
    assert "not in force" in said
    assert bot.writes("create_comment") == ["create_comment"] * 2  # the reporter's, and this one


async def test_the_bot_leaves_the_chosen_issue_alone_otherwise(started: Running) -> None:
    row = await started.handled(started.fake.issues[PLACE])
    assert row.outcome == "ignored"
    last = started.storage.last_decision(started.record.id, PLACE)
    assert last is not None
    assert last.body["vetoes"] == ["config-notice"]


@pytest.mark.parametrize("more", [b"mode: shadow\n", b"limits: {comments_per_hour: 0}\n"])
async def test_inv_26_a_silent_bot_tells_nothing(bot: Running, more: bytes) -> None:
    bot.fake.config = VALID + more
    await bot.handled(bot.fake.issues[4])
    bot.fake.config = VALID + more + b"unknown: 1\n"
    await happens(bot)
    assert bot.comments(PLACE) == []
    assert "line" in (bot.storage.config(bot.record.id).error or "")


async def test_a_paused_bot_tells_it_when_it_is_resumed(started: Running) -> None:
    bot = started
    identity = bot.record.id
    bot.storage.save_feedback(FeedbackRecord(identity, 0, "paused", datetime.now(UTC), "mia", "command"))
    bot.fake.config = WRONG
    await happens(bot)
    assert bot.comments(PLACE) == []
    bot.storage.save_feedback(FeedbackRecord(identity, 0, "resumed", datetime.now(UTC), "mia", "command"))
    await happens(bot)
    assert len(bot.comments(PLACE)) == 1


async def test_without_the_key_nothing_is_written(bot: Running) -> None:
    await bot.handled(bot.fake.issues[4])
    bot.fake.config = CONFIG + b"mode: loud\n"
    await happens(bot)
    assert "create_comment" not in bot.writes()


@pytest.mark.parametrize("fields", [{"state": "closed"}, {"locked": True}, {"is_pull_request": True}])
async def test_nothing_begins_where_it_has_no_place(started: Running, fields: dict[str, object]) -> None:
    bot = started
    bot.fake.issues[PLACE] = replace(bot.fake.issues[PLACE], updated_at=bot.github.tick(), **fields)  # type: ignore[arg-type]
    bot.fake.config = WRONG
    await happens(bot)
    assert bot.comments(PLACE) == []


async def test_inv_17_a_deleted_notice_does_not_come_back(started: Running) -> None:
    bot = started
    bot.fake.config = WRONG
    await happens(bot)
    bot.fake.comments[PLACE].clear()
    bot.storage.save_feedback(
        FeedbackRecord(bot.record.id, PLACE, "comment-deleted", datetime.now(UTC), "mia", "event", value="comment 1")
    )
    bot.fake.config = VALID + b"limits: {links: 99}\n"
    await happens(bot)
    await hour_passes(bot)
    assert bot.comments(PLACE) == []


@pytest.mark.parametrize("permission", ["read", "triage"])
async def test_an_organisations_file_counts_where_somebody_with_a_say_made_the_issue(
    bot: Running, permission: str
) -> None:
    """One number for all repositories would else be some reporter's issue in most of them."""
    home = bot.github.repositories.get("acme/.github") or bot.github.add_repository("acme/.github")
    home.config = VALID
    bot.fake.config = None
    bot.fake.permissions["reporter"] = permission
    await bot.handled(bot.report())
    bot.fake.config = WRONG
    await happens(bot)
    assert len(bot.comments(PLACE)) == (permission == "triage")
    home.config = None


async def test_inv_23_where_the_bot_has_said_something_of_the_report_it_says_nothing_else(bot: Running) -> None:
    first = bot.report()
    assert (await bot.handled(first)).outcome == "duplicate"
    bot.fake.config = f"notice: {first.number}\n".encode() + CONFIG
    await happens(bot)
    (before,) = bot.comments(first.number)
    bot.fake.config += b"mode: loud\n"
    await happens(bot)
    assert bot.comments(first.number) == [before]
