"""A thumbs-down on the bot's comment is found and has its consequence; only people's counts."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from dbos import DBOS

from bot.activities import reactions
from bot.errors import Unavailable
from bot.workflows import poll_reactions
from bot.workflows.poll_reactions import TASK
from models.issue import Issue
from tests.fakes.running import Running, tracker
from tests.fakes.small_world import LABEL
from tests.fakes.told import own, says, words

UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is due at every run."""
    monkeypatch.setattr(reactions, "OFTEN", timedelta(microseconds=1))
    monkeypatch.setattr(poll_reactions, "_ears", reactions.Ears())


@pytest.fixture
async def answered(bot: Running) -> Issue:
    bot.fake.permissions["boss"] = "triage"
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    return issue


async def polled(bot: Running) -> str | None:
    """Run the task as its schedule does; returns why it failed."""
    before = len(bot.storage.task_runs(TASK))
    await asyncio.to_thread(DBOS.trigger_schedule, TASK)
    await bot.until(lambda: len(found := bot.storage.task_runs(TASK)) > before and found[0].finished_at is not None)
    return bot.storage.task_runs(TASK)[0].error


def react(bot: Running, issue: Issue, content: str, author: str) -> None:
    assert bot.github.react(bot.name, own(bot, issue).id, content, author)


async def test_inv_17_anyones_thumbs_down_withdraws_the_verdict(bot: Running, answered: Issue) -> None:
    react(bot, answered, "-1", "passer-by")
    assert await polled(bot) is None
    await bot.until(lambda: "not counted as a duplicate" in own(bot, answered).body)
    assert bot.labels(answered.number) == ()
    assert words(bot, answered.number) == [("objection", "passer-by", None), ("separated", "passer-by", 5)]
    before = bot.writes()
    assert await polled(bot) is None
    assert bot.writes() == before


async def test_inv_20_other_reactions_and_bots_change_nothing(bot: Running, answered: Issue) -> None:
    react(bot, answered, "+1", "passer-by")
    react(bot, answered, "-1", "other[bot]")
    assert await polled(bot) is None
    assert words(bot, answered.number) == []
    assert LABEL in bot.labels(answered.number)


async def test_inv_08_an_objection_that_a_maintainer_took_back_is_not_heard_again(
    bot: Running, answered: Issue
) -> None:
    react(bot, answered, "-1", "passer-by")
    await polled(bot)
    await bot.until(lambda: "not counted as a duplicate" in own(bot, answered).body)
    assert (await says(bot, answered, "/triage undo", "boss"))[0].outcome == "duplicate"
    await polled(bot)
    assert words(bot, answered.number) == []
    assert LABEL in bot.labels(answered.number)
    react(bot, answered, "-1", "another")
    await polled(bot)
    await bot.until(lambda: "not counted as a duplicate" in own(bot, answered).body)


async def test_a_question_is_conditional_and_not_asked_where_nothing_is_claimed(bot: Running, answered: Issue) -> None:
    await says(bot, answered, "/triage different")
    bot.github.calls.clear()
    await polled(bot)
    asked = bot.github.calls["thumbs_down"]
    await polled(bot)
    assert bot.github.calls["thumbs_down"] == 2 * asked  # those of the other tests' repositories; none for this one


async def test_inv_33_a_repository_that_fails_keeps_no_other_from_being_heard(bot: Running, answered: Issue) -> None:
    other = Running(bot.runtime, bot.github, tracker(bot.github))
    second = other.report()
    await other.handled(second)
    react(bot, answered, "-1", "ann")
    react(other, second, "-1", "ann")
    bot.github.fail_next("thumbs_down", Unavailable("GitHub answered 502"))
    assert await polled(bot) == "GitHub answered 502"
    await polled(bot)
    for one, issue in ((bot, answered), (other, second)):
        await one.until(lambda one=one, issue=issue: "not counted" in own(one, issue).body)  # type: ignore[misc]
