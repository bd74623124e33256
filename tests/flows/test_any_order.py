"""Deliveries come in any order: what is concluded in the end is what it would have been in the issues' own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from dbos import DBOS

from bot.case import root_of
from bot.workflows.recover_deliveries import TASK as RECOVER
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import LABEL
from tests.fakes.told import own

TITLE = "Keyboard layout is forgotten after a restart"
BODY = (
    "After a restart of the program the layout of my keyboard is American again, and each time I have to choose the"
    " Danish one in the settings. The log says: LayoutStoreError: cannot open layout store danish-macintosh-9"
)


def alike(bot: Running, count: int = 2) -> list[Issue]:
    now = datetime.now(UTC)
    return [bot.report(TITLE, BODY, created_at=now, updated_at=now) for _ in range(count)]


def compared_again(bot: Running, *numbers: int) -> bool:
    rows = [row for row in bot.storage.deliveries(repository_id=bot.record.id) if row.id.endswith("/unseen")]
    return {row.issue for row in rows} == set(numbers) and all(row.state == "done" for row in rows)


async def quiet(bot: Running) -> bool:
    """Whatever was in the repository's queue before this has run."""
    await bot.handled(bot.report("Cannot print", "The printer makes noise and then nothing happens at all."))
    return True


async def test_inv_02_of_two_like_reports_told_in_reverse_order_the_later_points_to_the_earlier(bot: Running) -> None:
    await quiet(bot)
    first, second = alike(bot)
    assert (await bot.handled(second)).outcome == "new"
    assert (await bot.handled(first)).outcome == "new"
    await bot.until(lambda: compared_again(bot, second.number))
    assert bot.storage.duplicates(bot.record.id) == {second.number: first.number}
    assert f"#{first.number}" in own(bot, second).body
    assert LABEL in bot.labels(second.number)
    assert bot.comments(first.number) == []


async def test_the_same_reports_in_any_order_end_in_one_tree(bot: Running) -> None:
    await quiet(bot)
    issues = alike(bot, 4)
    for place in (2, 3, 1, 0):
        await bot.handled(issues[place])
    root = issues[0].number
    others = [one.number for one in issues[1:]]

    def settled() -> bool:
        duplicates = bot.storage.duplicates(bot.record.id)
        return all(root_of(one, duplicates) == root for one in others) and all(
            f"#{root}" in "".join(bot.comments(one)) for one in others
        )

    await bot.until(settled)
    assert all(len(bot.comments(one)) == 1 for one in others)


async def test_inv_32_a_report_that_recovery_finds_late_is_seen_by_those_that_came_after_it(bot: Running) -> None:
    await quiet(bot)
    now = datetime.now(UTC)
    first, second = bot.report(TITLE, BODY, created_at=now, updated_at=now), bot.report(TITLE, BODY)
    assert (await bot.handled(second)).outcome == "new"
    await asyncio.to_thread(DBOS.trigger_schedule, RECOVER)
    await bot.until(lambda: compared_again(bot, second.number))
    assert f"#{first.number}" in own(bot, second).body
