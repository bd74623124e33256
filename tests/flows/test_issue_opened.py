"""A signed delivery comes in at the receiver; one comment and the right labels come out on GitHub."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bot.case import root_of
from bot.storage.deliveries import Deliveries
from bot.storage.records import DeliveryRecord
from tests.fakes.running import Running, tracker
from tests.fakes.small_world import CLUSTER_LABEL, LABEL

UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


async def test_a_second_report_gets_one_comment_and_its_labels(bot: Running) -> None:
    issue = bot.report()
    row = await bot.handled(issue)
    assert (row.state, row.outcome, row.error) == ("done", "duplicate", None)
    assert len(bot.comments(issue.number)) == 1
    assert "#5" in bot.comments(issue.number)[0]
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)
    assert bot.record.imported_at is not None


async def test_an_unlike_report_is_left_alone(bot: Running) -> None:
    row = await bot.handled(bot.report(*UNLIKE))
    assert (row.state, row.outcome) == ("done", "new")
    assert bot.writes() == []


async def test_inv_28_the_history_is_read_without_a_word_to_anybody(bot: Running) -> None:
    for _ in range(5):
        bot.report()
    await bot.handled(bot.report(*UNLIKE))
    assert bot.storage.issue_count(bot.record.id) == 11
    assert bot.writes() == []


async def test_inv_32_the_same_delivery_fifty_times_at_once_is_worked_off_once(bot: Running) -> None:
    issue = bot.report()
    await asyncio.gather(*(bot.deliver(issue, delivery="the-one") for _ in range(50)))
    await bot.ended("the-one")
    await bot.deliver(issue, delivery="the-one")
    await bot.handled(bot.report(*UNLIKE))  # whatever the fifty left in the queue ran before this one
    mine = [row for row in bot.storage.deliveries() if row.repository == bot.name]
    assert [row.id for row in mine if row.issue == issue.number] == ["the-one"]
    assert len(bot.storage.decisions(bot.record.id, number=issue.number)) == 1
    assert bot.writes("create_comment") == ["create_comment"]


async def test_inv_23_many_deliveries_about_one_issue_leave_one_comment(bot: Running) -> None:
    issue = bot.report()
    edits = [await bot.deliver(issue, "edited", changes={"body": {"from": ""}}) for _ in range(4)]
    await bot.ended(*edits, await bot.deliver(issue))
    assert len(bot.comments(issue.number)) == 1
    assert bot.writes("edit_comment") == []


async def test_an_edit_that_arrives_before_its_issue_was_opened_is_no_trouble(bot: Running) -> None:
    issue = bot.report()
    edited = await bot.deliver(issue, "edited", changes={"body": {"from": "PROSE"}})
    rows = await bot.ended(edited, await bot.deliver(issue))
    assert [row.outcome for row in rows] == ["duplicate", "duplicate"]
    assert len(bot.comments(issue.number)) == 1
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


async def test_inv_17_an_edit_that_makes_the_report_another_one_withdraws_the_verdict(bot: Running) -> None:
    issue = bot.report()
    await bot.handled(issue)
    title, body = UNLIKE
    bot.fake.issues[issue.number] = replace(bot.fake.issues[issue.number], title=title, body=body)
    row = await bot.handled(issue, "edited", changes={"title": {"from": "PROSE"}})
    assert row.outcome == "new"
    assert bot.labels(issue.number) == ()
    assert "not counted as a duplicate" in bot.comments(issue.number)[0]


async def test_an_issue_that_is_gone_before_it_is_read_is_done(bot: Running) -> None:
    issue = bot.report()
    del bot.fake.issues[issue.number]
    row = await bot.handled(issue)
    assert (row.state, row.outcome) == ("done", "gone")


async def test_inv_07_a_pull_request_posing_as_an_issue_is_not_answered(bot: Running) -> None:
    row = await bot.handled(bot.report(is_pull_request=True))
    assert row.outcome == "ignored"
    assert bot.writes() == []


class Watch:
    """How many deliveries of each repository are worked on at the same moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.running: Counter[str | None] = Counter()
        self.most: Counter[str | None] = Counter()
        self._names: dict[str, str | None] = {}
        start, finish = Deliveries.start_delivery, Deliveries.finish_delivery

        def started(storage: Deliveries, record: DeliveryRecord) -> bool:
            self._names[record.id] = record.repository
            self.running[record.repository] += 1
            self.most[record.repository] = max(self.most[record.repository], self.running[record.repository])
            return start(storage, record)

        def finished(storage: Deliveries, delivery_id: str, *arguments: Any) -> None:
            self.running[self._names[delivery_id]] -= 1
            finish(storage, delivery_id, *arguments)

        monkeypatch.setattr(Deliveries, "start_delivery", started)
        monkeypatch.setattr(Deliveries, "finish_delivery", finished)


async def test_inv_02_issues_of_one_repository_are_never_worked_on_two_at_a_time(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Running(bot.runtime, bot.github, tracker(bot.github))
    watch = Watch(monkeypatch)
    posts = [bot.deliver(bot.report()) for _ in range(20)] + [other.deliver(other.report()) for _ in range(5)]
    await bot.ended(*await asyncio.gather(*posts))
    assert watch.most == {bot.name: 1, other.name: 1}
    duplicates = bot.storage.duplicates(bot.record.id)
    assert all(to < number for number, to in duplicates.items())
    assert {root_of(number, duplicates) for number in duplicates} == {5}
    assert all(len(bot.comments(number)) == 1 for number in range(6, 26))


async def test_inv_26_in_shadow_mode_everything_is_recorded_and_nothing_written(bot: Running) -> None:
    bot.fake.config = b"mode: shadow\n" + (bot.fake.config or b"")
    row = await bot.handled(bot.report())
    assert row.outcome == "duplicate"
    effects = bot.storage.effects(bot.record.id)
    assert [effect.state for effect in effects] == ["shadow"] * 3
    assert bot.writes() == []


async def test_a_deleted_target_is_forgotten_and_not_pointed_at(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    target = bot.fake.issues.pop(5)
    assert (await bot.handled(target, "deleted")).outcome == "gone"
    issue = bot.report()
    await bot.handled(issue)
    assert "#5" not in "".join(bot.comments(issue.number))


async def test_inv_03_a_target_that_was_closed_unheard_is_seen_as_closed(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.fake.issues[5] = replace(bot.fake.issues[5], state="closed", state_reason="completed")
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "possible-regression"
    assert LABEL not in bot.labels(issue.number)


async def test_an_issue_that_is_closed_is_observed_and_not_decided(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.fake.issues[5] = replace(bot.fake.issues[5], state="closed", state_reason="completed")
    assert (await bot.handled(bot.fake.issues[5], "closed")).outcome == "observed"
    stored = bot.storage.issue(bot.record.id, 5)
    assert stored is not None
    assert stored.issue.state == "closed"
    assert bot.writes() == []


async def test_inv_27_under_a_first_configuration_that_is_wrong_the_bot_decides_and_records_only(bot: Running) -> None:
    bot.fake.config = b"mode: loud"
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    assert bot.writes() == []
    assert "line 1: mode:" in str(bot.storage.config(bot.record.id).error)
