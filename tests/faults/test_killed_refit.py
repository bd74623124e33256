"""kill -9 at any step of a nightly refit: what is in force stays whole, and the next worker makes the night once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from dbos import DBOSClient

from bot.activities.refit import CUT_OFF
from bot.inbox import QUEUE, WORKFLOW_VERSION, refit_partition
from bot.storage.records import RefitRecord
from bot.workflows.refit_repository import REPOSITORY_TASK
from tests.fakes.github_places import NAME
from tests.faults.test_killed_worker import PATIENCE, Town, killed, town
from tests.faults.worker import REFIT_POINTS

__all__ = ["town"]  # the fixture


def begin_night(town: Town) -> None:
    """Put the repository's refit into the queue, as the clock does."""
    client = DBOSClient(system_database_url=town.database_url)
    night = datetime.now(UTC).isoformat()
    repository = {
        "repository": NAME,
        "repository_id": town.repository_id,
        "installation_id": town.installation_id,
        "night": night,
    }
    client.enqueue(
        {
            "queue_name": QUEUE,
            "workflow_name": REPOSITORY_TASK,
            "workflow_id": f"refit/{town.repository_id}/{night}/0",
            "queue_partition_key": refit_partition(town.repository_id),
            "app_version": WORKFLOW_VERSION,
        },
        repository,
    )
    client.destroy()


def finish_night(town: Town, before: int, runs_before: int) -> list[RefitRecord]:
    """With a worker that is not killed; the attempts of the night, newest first."""
    worker = town.worker()
    waited = threading.Event()
    try:
        for _ in range(int(PATIENCE / 0.05)):
            runs = town.storage.task_runs(REPOSITORY_TASK)
            if len(runs) > runs_before and runs[0].finished_at is not None:
                return list(town.storage.refits(town.repository_id))[:-before]
            waited.wait(0.05)
        raise AssertionError(town.storage.task_runs())
    finally:
        worker.kill()
        worker.ended()


async def test_inv_31_inv_38_a_refit_killed_at_any_step_is_made_once_by_the_next_worker(town: Town) -> None:
    first = town.report()
    await town.deliver(first)
    town.work_everything_off()
    for place, point in enumerate(REFIT_POINTS):
        town.report(f"Gadget {place} is loud", f"Since this morning gadget {place} makes a noise like a kettle.")
        kept = town.storage.generations(town.repository_id)
        attempts = len(town.storage.refits(town.repository_id))
        runs = len(town.storage.task_runs(REPOSITORY_TASK))
        begin_night(town)
        killed(town, point)
        in_force = town.storage.current_generation(town.repository_id)
        assert in_force is not None, point
        assert in_force.number - kept[0].number in {0, 1}, point
        ended = finish_night(town, attempts, runs)
        assert [one.outcome for one in ended if one.reason != CUT_OFF] == ["published"], point
        after = town.storage.generations(town.repository_id)
        assert after[0].number == kept[0].number + 1, point
        assert town.storage.task_runs(REPOSITORY_TASK)[0].error is None, point
