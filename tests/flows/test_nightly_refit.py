"""The nightly job: scheduled, started, and its success or failure visible."""

from __future__ import annotations

import asyncio
import itertools
import threading
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import structlog
from dbos import DBOS, WorkflowStatus

from bot.errors import TriageError
from bot.inbox import CLOCKS
from bot.log import discreet
from bot.storage.records import ConfigRecord, RepositoryRecord, TaskRun
from bot.workflows import repository_steps
from bot.workflows.refit_clusters import TASK, refit_clusters
from bot.workflows.refit_repository import REPOSITORY_TASK
from models.clustering import ClusterLimits
from models.pair_graph import PairGraph, pair_graph
from tests.fakes.running import PATIENCE, Running, tracker
from tests.fakes.small_world import CONFIG

DAY = timedelta(days=1)
_nights = itertools.count(2)
UNLIKE = ("Another thing", "is wrong in the list of tables, which is empty.")


def runs(bot: Running, since: int) -> list[TaskRun]:
    """The runs of this repository's refits after the first `since` of them, oldest first."""
    mine = [run for run in bot.storage.task_runs(REPOSITORY_TASK) if run.repository == bot.name]
    return mine[::-1][since:]


async def looked(at: datetime | None = None) -> None:
    """Look for refits that are due as the schedule does, at a time of a night that no test had before."""
    moment = datetime.now(UTC) + next(_nights) * DAY if at is None else at
    handle = await asyncio.to_thread(DBOS.start_workflow, refit_clusters, moment, None)
    await asyncio.to_thread(handle.get_result)


async def refitted(bot: Running) -> TaskRun:
    """The nightly job, and this repository's part of it when it has ended."""
    before = len(runs(bot, 0))
    await looked()
    await bot.until(lambda: bool(found := runs(bot, before)) and found[0].finished_at is not None)
    return runs(bot, before)[0]


async def test_the_schedule_stands_where_the_settings_put_it(bot: Running) -> None:
    found = {one["schedule_name"]: one for one in await DBOS.list_schedules_async()}
    assert set(found) == {TASK, *CLOCKS}
    assert (found[TASK]["schedule"], found[TASK]["cron_timezone"]) == ("0 0 1 1 *", "UTC")
    assert list(bot.runtime.scheduled_tasks) == [TASK, *CLOCKS]


async def test_a_refit_reads_what_changed_and_publishes_a_generation(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    before = bot.storage.current_generation(bot.record.id)
    moment = bot.record.synced_at
    assert before is not None
    assert moment is not None
    silent = bot.report(updated_at=moment)  # no delivery told of it
    run = await refitted(bot)
    assert run.error is None
    after = bot.storage.current_generation(bot.record.id)
    assert after is not None
    assert after.number > before.number
    assert silent.number in after.clusters[0].members
    assert bot.storage.last_success(REPOSITORY_TASK) is not None
    assert bot.storage.last_success(TASK) is not None


async def test_inv_28_a_refit_notifies_nobody(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    moment = bot.record.synced_at
    for _ in range(3):
        bot.report(updated_at=moment)
    await refitted(bot)
    assert bot.writes() == []


def _breaks(*_: object) -> None:
    raise TriageError("the pairs cannot be judged")


async def test_inv_38_a_failed_refit_leaves_yesterdays_generation_and_says_why(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.handled(bot.report(*UNLIKE))
    before = bot.storage.current_generation(bot.record.id)
    with monkeypatch.context() as patch:
        patch.setattr("bot.activities.refit.judged", _breaks)
        run = await refitted(bot)
    assert "the pairs cannot be judged" in str(run.error)
    assert bot.storage.current_generation(bot.record.id) == before
    assert (await refitted(bot)).error is None


async def test_a_repository_that_is_suspended_is_left_out(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    suspended = Running(bot.runtime, bot.github, tracker(bot.github))
    await suspended.handled(suspended.report(*UNLIKE))
    suspended.storage.save_repository(replace(suspended.record, state="suspended"))
    await refitted(bot)
    assert runs(suspended, 0) == []


async def test_the_engine_forgets_its_record_of_what_ended_long_ago_and_the_delivery_stays_known(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = (await bot.handled(bot.report(*UNLIKE))).id
    assert await DBOS.get_workflow_status_async(delivery) is not None
    monkeypatch.setattr("bot.workflows.refit_clusters.JOURNAL_KEPT", -timedelta(days=1))
    await refitted(bot)
    assert await DBOS.get_workflow_status_async(delivery) is None
    assert bot.storage.delivery(delivery) is not None


async def test_a_night_is_made_once_however_often_it_is_looked_for(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    night = datetime.now(UTC) + next(_nights) * DAY
    before = len(runs(bot, 0))
    for _ in range(3):
        await looked(night)
    await bot.until(lambda: len(runs(bot, before)) == 1 and runs(bot, before)[0].finished_at is not None)
    await bot.handled(bot.report(*UNLIKE))  # what comes later in the repository's place in the queue
    assert len(runs(bot, before)) == 1


async def worked_off(bot: Running) -> list[str]:
    """The ids of this repository's nightly refits, when all that were started have ended."""

    def started() -> list[WorkflowStatus]:
        return DBOS.list_workflows(workflow_id_prefix=f"refit/{bot.record.id}/")

    await bot.until(lambda: not {one.status for one in started()} & {"ENQUEUED", "PENDING"})
    return [one.workflow_id for one in await asyncio.to_thread(started)]


async def at_noon(bot: Running) -> datetime:
    """The beginning of a night that no test had before, of a repository that has its nights at noon."""
    bot.fake.config = CONFIG + b'refit: {at: "12:00", zone: UTC}\n'
    await bot.handled(bot.report(*UNLIKE))
    return datetime.combine((datetime.now(UTC) + next(_nights) * DAY).date(), time(12), UTC)


async def test_a_night_that_notes_no_attempt_is_tried_after_growing_pauses_and_each_failure_is_said_once(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(_: object, repository: RepositoryRecord, *_more: object) -> None:
        raise TriageError(f"{repository.full_name} cannot be noted")

    noon = await at_noon(bot)
    tried, count = [], len(await worked_off(bot))
    with monkeypatch.context() as patch, structlog.testing.capture_logs() as lines:
        patch.setattr("bot.workflows.repository_steps.begun", breaks)
        for hour in (0, 1, 2, 3, 4, 6, 7, 8, 14, 15, 16, 23):
            for minute in (0, 55):
                await looked(noon + timedelta(hours=hour, minutes=minute))
            tried += [hour] * (len(await worked_off(bot)) - count)
            count = len(await worked_off(bot))
    assert tried == [0, 1, 3, 7, 15]
    told = [one["reason"] for one in lines if one["event"] == "refit.failed"]
    assert told.count(f"{bot.name} cannot be noted") == 5
    assert len([one for one in lines if one["event"] == "refit.stale" and one["repository"] == bot.name]) == 5
    await looked(noon + DAY)
    await worked_off(bot)
    assert bot.storage.refits(bot.record.id)[0].outcome == "published"


async def test_tries_that_waited_together_are_one(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    noon = await at_noon(bot)
    before = len(runs(bot, 0))
    monkeypatch.setattr("bot.workflows.repository_steps.begun", _breaks)
    monkeypatch.setattr("bot.workflows.refit_repository.turn_of", lambda *_: 3)  # when their turn comes at last
    for hours in (0, 1, 3):
        await looked(noon + timedelta(hours=hours))
    started = await worked_off(bot)
    assert len([one for one in started if noon.isoformat() in one]) == 3
    assert len(runs(bot, before)) == 1


async def test_a_night_on_which_the_repository_cannot_be_opened_is_noted_as_an_attempt(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.handled(bot.report(*UNLIKE))
    before = len(bot.storage.refits(bot.record.id))
    monkeypatch.setattr(repository_steps, "repository_of", _breaks)
    await refitted(bot)
    (noted,) = bot.storage.refits(bot.record.id)[:-before]
    assert (noted.origin, noted.outcome, noted.reason) == ("nightly", "failed", "the pairs cannot be judged")


async def test_an_issue_is_answered_while_a_refit_runs(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await bot.handled(bot.report(*UNLIKE))
    judging, go_on = threading.Event(), threading.Event()

    def slow(*arguments: Any, **named: Any) -> PairGraph:
        judging.set()
        assert go_on.wait(PATIENCE)
        return pair_graph(*arguments, **named)

    monkeypatch.setattr("bot.activities.refit_plan.pair_graph", slow)
    before = len(runs(bot, 0))
    await looked()
    await bot.until(judging.is_set)
    answered = bot.report()
    assert (await bot.handled(answered)).state == "done"
    assert len(bot.comments(answered.number)) == 1
    assert runs(bot, before)[0].finished_at is None
    go_on.set()
    await bot.until(lambda: runs(bot, before)[0].finished_at is not None)
    assert runs(bot, before)[0].error is None
    after = bot.storage.current_generation(bot.record.id)
    assert after is not None
    assert answered.number in after.clusters[0].members


async def test_missed_nights_are_caught_up_by_one_refit(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    before = len(bot.storage.refits(bot.record.id))
    await looked(datetime.now(UTC) + next(_nights) * DAY)
    await bot.until(lambda: len(bot.storage.refits(bot.record.id)) > before)
    await bot.until(lambda: bot.storage.refits(bot.record.id)[0].outcome is not None)
    assert [one.origin for one in bot.storage.refits(bot.record.id)[:-before]] == ["nightly"]


async def test_a_repository_that_was_read_tonight_is_not_refitted_before_its_hour(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    before = len(runs(bot, 0))
    await looked(datetime.now(UTC))
    await bot.handled(bot.report(*UNLIKE))
    assert len(runs(bot, before)) == 0


async def test_a_repositorys_own_hour_is_kept(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    bot.fake.config = CONFIG + b'refit: {at: "13:30", zone: Asia/Tokyo}\n'
    bot.storage.save_config(bot.record.id, ConfigRecord())
    await bot.handled(bot.report(*UNLIKE))
    day = (datetime.now(UTC) + next(_nights) * DAY).date()
    due = datetime.combine(day, time(4, 30), UTC)  # 13:30 in Tokyo
    before = len(runs(bot, 0))
    await looked(due - timedelta(minutes=1) - DAY)
    await looked(due)
    await bot.until(lambda: len(runs(bot, before)) >= 1 and runs(bot, before)[-1].finished_at is not None)
    handles = await asyncio.to_thread(DBOS.list_workflows, workflow_id_prefix=f"refit/{bot.record.id}/")
    assert any(due.isoformat() in one.workflow_id for one in handles)


async def test_inv_35_a_refused_refit_is_no_success_and_says_why(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await bot.handled(bot.report(*UNLIKE))
    moment = bot.record.synced_at
    for number in range(4):
        text = ("Upload never ends", "It stays at 99 percent: Error: socket hang up.")
        bot.report(*text, author=f"user-{number}", updated_at=moment)
    assert (await refitted(bot)).error is None
    before = bot.storage.current_generation(bot.record.id)
    monkeypatch.setattr("bot.activities.refit_plan.limits_of", lambda _: ClusterLimits(cut=1.1))
    run = await refitted(bot)
    assert str(run.error) == "refused"
    last = bot.storage.refits(bot.record.id)[0]
    assert (last.outcome, last.origin) == ("refused", "nightly")
    assert "limits.churn" in str(last.reason)
    assert last.changes
    assert bot.storage.current_generation(bot.record.id) == before
    (standing,) = [one for one in bot.storage.refit_standing() if one.repository_id == bot.record.id]
    assert standing.last_outcome == "refused"


async def test_a_long_embedding_tells_in_the_log_how_far_it_is(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    await bot.handled(bot.report(*UNLIKE))
    moment = bot.record.synced_at
    for _ in range(2):
        bot.report(updated_at=moment)
    monkeypatch.setattr(repository_steps, "TOLD_EACH", 2)
    with structlog.testing.capture_logs() as lines:
        await refitted(bot)
    (line,) = [one for one in lines if one["event"] == "repository.embedding" and one["repository"] == bot.name]
    assert (line["done"], line["of"]) == (2, 2)


async def test_where_it_is_asked_for_the_night_is_told_in_the_log(bot: Running) -> None:
    bot.fake.config = CONFIG + b"digest: true\n"
    await bot.handled(bot.report(*UNLIKE))
    with structlog.testing.capture_logs() as logs:
        await refitted(bot)
    told = [discreet(None, "info", dict(one)) for one in logs if one["event"] == "refit.digest"]
    assert str(told[0]["line"]).startswith(f"{bot.name}: generation ")
    assert [str(one["line"])[:2] for one in told[1:]] == ["- "] * len(told[1:])


async def test_inv_35_a_repository_whose_last_success_is_too_old_is_an_alarm_in_the_log(bot: Running) -> None:
    await bot.handled(bot.report(*UNLIKE))
    with structlog.testing.capture_logs() as logs:
        await looked(datetime.now(UTC) + 400 * DAY)
    (told,) = [one for one in logs if one["event"] == "refit.stale" and one["repository"] == bot.name]
    assert (told["log_level"], told["last_outcome"]) == ("warning", "published")
    assert told["days"] == pytest.approx(400, abs=1)
