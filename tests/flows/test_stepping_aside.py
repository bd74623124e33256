"""A delivery that has to wait long steps aside: people and other work go first, and its own kind keeps its order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.activities import budget
from bot.errors import Permanent, RetryAfter
from bot.workflows import delivery as frame
from bot.workflows import steps
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import CLUSTER_LABEL, CONFIG, LABEL

UNLIKE = ("Another thing", "is wrong in the list of tables, which is empty.")
OTHER = ("Keyboard layout is forgotten", "After a restart the layout is American again.")
HOUR = 3600.0
CANONICAL = 5


@pytest.fixture
async def frugal(bot: Running) -> Running:
    """A repository that allows one comment an hour, its history read."""
    bot.fake.config = CONFIG + b"limits: {comments_per_hour: 1}\n"
    await bot.handled(bot.report(*UNLIKE))
    return bot


async def told(bot: Running, issue: Issue, text: str, author: str) -> str | None:
    comment = bot.github.add_comment(bot.name, issue.number, text, author)
    payload = {
        "action": "created",
        "issue": {"number": issue.number, "title": "T", "body": "", "user": {"login": issue.author}},
        "comment": {"id": comment.id, "body": text, "user": {"login": author}},
        "sender": {"login": author, "type": "User"},
    }
    (row,) = await bot.ended(await bot.send(payload, event="issue_comment"))
    return row.outcome


def spoken(bot: Running) -> list[int]:
    """The reports that got their first comment, in that order; the canonical issue's own is left out."""
    written = [one for one in bot.github.writes if one.repository == bot.name and one.method == "create_comment"]
    return [write.arguments[0] for write in written if write.arguments[0] != CANONICAL]


async def test_inv_30_a_spent_budget_lets_peoples_words_and_other_work_pass(frugal: Running) -> None:
    first, second, third = frugal.report(), frugal.report(), frugal.report()
    await frugal.handled(first)
    waiting = [await frugal.deliver(second), await frugal.deliver(third)]
    await frugal.until(lambda: all("waits for its budget" in (frugal.row(one).outcome or "") for one in waiting))
    assert await told(frugal, first, "/triage different", "reporter") == "new"
    assert (await frugal.handled(frugal.report(*OTHER))).outcome == "new"
    assert [frugal.row(one).state for one in waiting] == ["queued", "queued"]
    assert spoken(frugal) == [first.number]


async def test_inv_30_what_waits_for_the_budget_is_written_in_order_and_within_it(
    frugal: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "HOUR", timedelta(seconds=1))
    monkeypatch.setattr(steps, "IN_PLACE", 0.0)
    issues = [frugal.report() for _ in range(4)]
    await frugal.ended(*[await frugal.deliver(issue) for issue in issues])
    assert spoken(frugal) == [issue.number for issue in issues]
    done = frugal.storage.effects(frugal.record.id, kind="comment", state="done")
    times = sorted(one.finished_at for one in done if one.finished_at is not None)
    assert all(late - early >= timedelta(seconds=1) for early, late in itertools.pairwise(times))
    assert all(frugal.labels(issue.number) == (LABEL, CLUSTER_LABEL) for issue in issues)
    told_all = [one for one in frugal.storage.effects(frugal.record.id) if one.number != CANONICAL]
    assert {one.state for one in told_all} <= {"done", "skipped"}


async def test_inv_30_what_was_silent_under_a_limit_of_none_is_said_in_order_when_it_is_raised(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.fake.config = CONFIG + b"limits: {comments_per_hour: 0}\n"
    bot.storage.save_config(bot.record.id, replace(bot.storage.config(bot.record.id), checked_at=None))
    issues = [bot.report(), bot.report()]
    for issue in issues:
        assert (await bot.handled(issue)).outcome == "duplicate"
    assert spoken(bot) == []
    bot.fake.config = CONFIG
    bot.storage.save_config(bot.record.id, replace(bot.storage.config(bot.record.id), checked_at=None))
    await bot.handled(bot.report(*OTHER))
    await bot.until(lambda: all(bot.labels(issue.number) == (LABEL, CLUSTER_LABEL) for issue in issues))
    assert spoken(bot) == [issue.number for issue in issues]


async def test_a_limit_that_github_names_is_waited_out_beside_the_queue(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "LONGEST_WAIT", 0.5)
    monkeypatch.setattr(steps, "IN_PLACE", 0.1)
    await bot.handled(bot.report(*UNLIKE))
    bot.github.fail_next("create_comment", RetryAfter("the limit is reached", HOUR))
    first, second = bot.report(), bot.report()
    early, late = await bot.deliver(first), await bot.deliver(second)
    await bot.ended(early, late)
    assert spoken(bot) == [second.number, first.number]
    assert bot.labels(first.number) == (LABEL, CLUSTER_LABEL)


async def test_a_delivery_that_would_wait_for_ever_is_set_aside(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(steps, "IN_PLACE", 0.0)
    monkeypatch.setattr(frame, "MOST_WAITS", 2)
    bot.github.fail_next("repository", RetryAfter("the limit is reached", HOUR), times=3)
    row = await bot.handled(bot.report())
    assert (row.state, row.outcome) == ("failed", "set aside: it waited too often")


async def test_inv_36_what_stopped_is_taken_up_when_another_delivery_finds_the_repository_well(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.github.fail_next("create_comment", Permanent("issues are switched off", stops_repository=True))
    issue = bot.report()
    stopped = await bot.handled(issue)
    assert stopped.outcome == "stopped: issues are switched off"
    await bot.handled(bot.report(*OTHER))
    await bot.until(lambda: bot.row(stopped.id).outcome == "duplicate")
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)
    assert spoken(bot) == [issue.number]


async def test_what_fails_for_its_own_reason_is_not_tried_again_and_again(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.github.fail_next("issue", Permanent("GitHub refuses this"))
    refused = await bot.handled(bot.report())
    assert (refused.state, refused.outcome) == ("done", "refused: GitHub refuses this")
    await bot.handled(bot.report(*UNLIKE))
    assert bot.row(refused.id).outcome == refused.outcome
