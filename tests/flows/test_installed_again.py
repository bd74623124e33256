"""The App is removed and installed again: what it wrote before is its own, and whoever objects to it is heeded."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from dbos import DBOS

from bot.activities import reactions
from bot.github.protocol import TimelineEvent
from bot.workflows import poll_reactions
from models.issue import Issue
from tests.fakes.running import Running, tracker
from tests.fakes.small_world import CLUSTER_LABEL, LABEL
from tests.fakes.told import commented, happens, own, says, words

WITHDRAWN = "not counted as a duplicate"

_installations = itertools.count(500)


@pytest.fixture
async def again(bot: Running) -> tuple[Running, Issue]:
    """A bot that called a report a duplicate of #5, was removed and installed again, and read the history."""
    alone = Running(bot.runtime, bot.github, tracker(bot.github, installation_id=next(_installations)))
    issue = alone.report()
    assert (await alone.handled(issue)).outcome == "duplicate"
    await removed(alone)
    before = alone.writes()
    await alone.send({"action": "created"}, event="installation")
    await alone.until(lambda: imported(alone))
    assert alone.writes() == before  # INV 28
    return alone, issue


async def removed(bot: Running) -> None:
    identity, installation = bot.record.id, {"id": bot.fake.installation_id}
    bot.fake.installation_id = next(_installations)
    await bot.send({"action": "deleted", "installation": installation}, event="installation")
    await bot.until(lambda: bot.storage.repository_by_id(identity) is None)


def imported(bot: Running) -> bool:
    found = bot.storage.repository(bot.name)
    return found is not None and bot.storage.current_generation(found.id) is not None


async def test_inv_17_the_authors_command_withdraws_an_earlier_comment_in_its_place(
    again: tuple[Running, Issue],
) -> None:
    bot, issue = again
    comment = own(bot, issue).id
    assert (await says(bot, issue, "/triage different"))[0].outcome != "duplicate"
    assert (own(bot, issue).id, bot.labels(issue.number)) == (comment, ())
    assert WITHDRAWN in own(bot, issue).body


async def test_inv_17_a_thumbs_down_on_an_earlier_comment_is_found(
    again: tuple[Running, Issue], monkeypatch: pytest.MonkeyPatch
) -> None:
    bot, issue = again
    monkeypatch.setattr(reactions, "OFTEN", timedelta(microseconds=1))
    monkeypatch.setattr(poll_reactions, "_ears", reactions.Ears())
    bot.github.react(bot.name, own(bot, issue).id, "-1", "passer-by")
    await asyncio.to_thread(DBOS.trigger_schedule, poll_reactions.TASK)
    await bot.until(lambda: WITHDRAWN in own(bot, issue).body)
    await bot.until(lambda: bot.labels(issue.number) == ())


async def test_inv_21_an_earlier_label_that_a_person_removes_is_not_set_again(again: tuple[Running, Issue]) -> None:
    bot, issue = again
    bot.fake.issues[issue.number] = replace(bot.fake.issues[issue.number], labels=(CLUSTER_LABEL,))
    event = TimelineEvent("unlabeled", "ann", False, bot.github.tick(), value=LABEL)
    bot.fake.timelines[issue.number].append(event)
    await happens(bot, issue, "unlabeled", label={"name": LABEL})
    assert words(bot, issue.number) == [("label-removed", "ann", None)]
    longer = replace(bot.fake.issues[issue.number], body=f"{issue.body} It began on Monday, after the update.")
    bot.fake.issues[issue.number] = longer
    await bot.handled(longer, "edited", changes={"body": {"from": issue.body}})
    assert LABEL not in bot.labels(issue.number)


async def test_inv_17_an_earlier_comment_that_a_person_deletes_stays_away_with_its_labels(
    again: tuple[Running, Issue],
) -> None:
    bot, issue = again
    comment = own(bot, issue)
    bot.fake.comments[issue.number].clear()
    await bot.ended(await commented(bot, issue, comment, "deleted", "ann"))
    assert (bot.comments(issue.number), bot.labels(issue.number)) == ([], ())
    assert (await says(bot, issue, "/triage different"))[0].outcome != "duplicate"
    assert len(bot.comments(issue.number)) == 1  # the person's own
