"""What becomes of a canonical issue reaches its members, and what was promised is done, through the whole engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from dbos import DBOS

from bot import closing
from bot.activities import act
from bot.activities.earned import closing_right
from bot.canonical_comment import BEGIN
from bot.errors import Unavailable
from bot.storage.records import ConfigRecord, FeedbackRecord
from bot.workflows import close_duplicates, follow_canonical
from models.cluster import Cluster
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import CONFIG, LABEL
from tests.fakes.stored import decision, effect

CANONICAL = 5


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loaded machine may take its time between deciding and acting."""
    monkeypatch.setattr(act, "FRESH", timedelta(minutes=10))


async def answered(bot: Running, count: int) -> list[Issue]:
    issues = [bot.report() for _ in range(count)]
    for issue in issues:
        assert (await bot.handled(issue)).outcome == "duplicate"
    return issues


async def ran(bot: Running, task: str) -> None:
    """Run a task as its schedule does."""
    before = len(bot.storage.task_runs(task))
    await asyncio.to_thread(DBOS.trigger_schedule, task)
    await bot.until(lambda: len(found := bot.storage.task_runs(task)) > before and found[0].finished_at is not None)
    assert bot.storage.task_runs(task)[0].error is None


async def settled(bot: Running) -> None:
    """Wait until nothing is queued or running any more."""
    await bot.until(lambda: not any(one.state in {"queued", "running"} for one in bot.storage.deliveries()))


def changed(bot: Running, number: int, **fields: object) -> Issue:
    issue = replace(bot.fake.issues[number], updated_at=bot.github.tick(), **fields)  # type: ignore[arg-type]
    bot.fake.issues[number] = issue
    return issue


async def test_inv_06_a_fixed_canonical_is_told_in_each_members_comment_once(bot: Running) -> None:
    issues = await answered(bot, 2)
    await bot.until(lambda: bool(bot.comments(CANONICAL)))
    fixed = {"state": "closed", "state_reason": "completed", "milestone": "2.1", "closed_at": datetime.now(UTC)}
    closed = changed(bot, CANONICAL, **fixed)
    await bot.handled(closed, "closed", sender={"login": "boss", "type": "User"})
    for issue in issues:
        await bot.until(lambda number=issue.number: "#5 was fixed in 2.1" in bot.comments(number)[0])  # type: ignore[misc]
    await settled(bot)
    assert all(LABEL not in bot.labels(issue.number) for issue in issues)
    before = bot.writes()
    await bot.handled(closed, "labeled", sender={"login": "boss", "type": "User"})
    await ran(bot, follow_canonical.TASK)
    await settled(bot)
    assert bot.writes() == before
    assert bot.writes("create_comment") == ["create_comment"] * 3  # two members, and the canonical issue's own


async def test_a_cluster_of_the_machines_has_another_canonical_issue_as_soon_as_its_own_is_closed_or_gone(
    bot: Running,
) -> None:
    await bot.handled(bot.report())
    found = Cluster("c1", "Colours", canonical=1, members=(1, 2, 3))
    bot.storage.amend(bot.record.id, [found])
    await bot.handled(changed(bot, 1, state="closed", state_reason="not_planned"), "closed")
    assert bot.storage.clusters_in_force(bot.record.id, ids=["c1"])[0].canonical == 2
    await bot.handled(bot.fake.issues.pop(2), "deleted")
    assert bot.storage.clusters_in_force(bot.record.id, ids=["c1"])[0].canonical == 3


async def test_the_canonical_issue_has_its_own_comment_from_the_second_report_on(bot: Running) -> None:
    (first,) = await answered(bot, 1)
    await settled(bot)
    assert bot.comments(CANONICAL) == []
    (second,) = await answered(bot, 1)
    await bot.until(lambda: bool(bot.comments(CANONICAL)))
    (comment,) = bot.comments(CANONICAL)
    assert BEGIN in comment
    assert f"| newest reports | #{second.number}, #{first.number} |" in comment


async def test_a_status_reaches_the_members_by_the_hourly_look(bot: Running) -> None:
    (issue,) = await answered(bot, 1)
    bot.storage.set_status(bot.record.id, "extra", "Use `--retry`.", "mia", datetime.now(UTC))
    await ran(bot, follow_canonical.TASK)
    await bot.until(lambda: "Use `--retry`." in bot.comments(issue.number)[0])


async def test_inv_06_a_deleted_canonical_passes_its_members_on(bot: Running) -> None:
    first, second = await answered(bot, 2)
    gone = bot.fake.issues.pop(CANONICAL)
    await bot.handled(gone, "deleted", sender={"login": "boss", "type": "User"})
    await bot.until(lambda: bot.storage.duplicates(bot.record.id).get(second.number) == first.number)


# --- closing


def earn(bot: Running) -> None:
    for number in range(1000, 1000 + closing.LEAST_JUDGED):
        comment = effect(number, repository_id=bot.record.id, state="done", github_id=number)
        bot.storage.save_decision(decision(number, 1, repository_id=bot.record.id), [comment])
        word = FeedbackRecord(bot.record.id, number, "duplicate", datetime.now(UTC), "mia", "comment", other=1)
        bot.storage.save_feedback(word)
    assert closing_right(bot.storage, bot.record.id).earned


def outcomes(bot: Running) -> list[str]:
    """What became of the runs that close."""
    rows = bot.storage.deliveries(repository_id=bot.record.id)
    return [one.outcome or "" for one in rows if one.workflow == "close_in_repository"]


@pytest.fixture
async def promising(bot: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A repository that earned closing, in which the seven days are over as soon as something was said."""
    monkeypatch.setattr(closing, "WAIT", -timedelta(days=2))
    await answered(bot, 1)
    earn(bot)
    bot.fake.config = b"mode: close\nlimits: {links: 1}\n" + CONFIG
    bot.storage.save_config(bot.record.id, ConfigRecord())
    return bot


async def test_a_run_closes_five_of_what_was_promised_and_the_next_one_the_rest(promising: Running) -> None:
    bot = promising
    issues = await answered(bot, 6)
    assert all("is closed as a duplicate of #5 on" in bot.comments(one.number)[0] for one in issues)
    bot.github.fail_next("close_issue", Unavailable("down"))
    await ran(bot, close_duplicates.TASK)
    await bot.until(lambda: any(outcome.startswith("closed") for outcome in outcomes(bot)))
    states = [bot.fake.issues[one.number].state for one in issues]
    assert states == ["closed"] * 5 + ["open"]
    assert {bot.fake.issues[one.number].state_reason for one in issues[:5]} == {"duplicate"}
    assert bot.writes("close_issue") == ["close_issue"] * 5
    assert outcomes(bot) == [f"closed {', '.join(f'#{one.number}' for one in issues[:5])}"]
    await ran(bot, close_duplicates.TASK)  # a day has one run
    await settled(bot)
    assert bot.writes("close_issue") == ["close_issue"] * 5


async def test_inv_17_a_run_closes_nothing_where_somebody_objected(promising: Running) -> None:
    bot = promising
    first, second = await answered(bot, 2)
    own = bot.fake.comments[first.number][0]
    bot.github.react(bot.name, own.id, "-1", "passer-by")
    bot.github.add_comment(bot.name, second.number, "Still there.", "ann")
    await ran(bot, close_duplicates.TASK)
    await bot.until(lambda: "closed none" in outcomes(bot))
    assert [bot.fake.issues[one.number].state for one in (first, second)] == ["open", "open"]
