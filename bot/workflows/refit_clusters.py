"""The nightly jobs' clock: whoever's hour has come is refitted, once a night; what was missed is caught up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.due import STALE_AFTER, hour_of, is_due, night_of, turn_of
from bot.activities.observe import config_in_force
from bot.inbox import refit_partition
from bot.storage.records import RepositoryRecord
from bot.workflows.enqueue import enqueue
from bot.workflows.refit_repository import REPOSITORY_TASK, begin, end
from bot.workflows.steps import MAX_RECOVERIES, services, step
from bot.workflows.tell_wave import announce, follow_all_waves

TASK = "refit_clusters"
JOURNAL_KEPT = timedelta(days=14)
PRUNED_AT_ONCE = 500
ATTEMPTS = 20  # of a repository, looked through for those of this night

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def refit_clusters(scheduled_at: datetime, _context: Any) -> None:
    """Start the refits that are due, each in a place of its own in the queue; nobody is notified (INV 28).

    Never two of one repository at once: the place lets one workflow in, and the storage's lock one process. Decisions
    of the repository do not wait for it: they have their own place.
    """
    run = begin(TASK, None)
    for repository in due_repositories(scheduled_at.isoformat()):
        partition = refit_partition(repository["repository_id"])
        enqueue(REPOSITORY_TASK, repository["run"], partition, repository)
    announce(follow_all_waves())
    prune_journal(scheduled_at.isoformat())
    end(run, None)


@step
def due_repositories(now: str) -> list[dict[str, Any]]:
    """What a refit needs to know of each repository whose hour has come, whose night is not done, and for which no look
    before this one started it."""
    moment = datetime.fromisoformat(now)
    found = (_due(one, moment) for one in services().storage.repositories() if one.state == "active")
    due = [one for one in found if one is not None and DBOS.get_workflow_status(one["run"]) is None]
    if due:
        _tell_stale({one["repository_id"] for one in due}, moment)
    return due


def _tell_stale(due: Collection[int], now: datetime) -> None:
    """An alarm in the log with each attempt, where the one before has not succeeded for too long (INV 35)."""
    for one in services().storage.refit_standing():
        last = one.last_success or one.first_at
        if one.repository_id in due and last is not None and now - last > STALE_AFTER:
            days = round((now - last) / timedelta(days=1), 1)
            log.warning("refit.stale", repository=one.repository, days=days, last_outcome=one.last_outcome)


def _due(repository: RepositoryRecord, now: datetime) -> dict[str, Any] | None:
    config = config_in_force(services(), repository)
    night = night_of(now, *hour_of(services().settings, config, repository.id))
    attempts = services().storage.refits(repository.id, limit=ATTEMPTS)
    if not is_due(attempts, night, now):
        return None
    tried = sum(one.started_at >= night for one in attempts)
    turn = turn_of(night, now)  # a run that ended before it could note its attempt does not take the night with it
    return {
        "repository": repository.full_name,
        "repository_id": repository.id,
        "installation_id": repository.installation_id,
        "night": night.isoformat(),
        "turn": turn,
        "run": f"refit/{repository.id}/{night.isoformat()}/{tried}/{turn}",
    }


@step
def prune_journal(now: str) -> int:
    """Forget the engine's own record of what ended long ago; returns how many workflows. Deliveries stay known."""
    before = datetime.fromisoformat(now) - JOURNAL_KEPT
    pruned = 0
    while ended := DBOS.list_workflows(
        completed_before=before.isoformat(), limit=PRUNED_AT_ONCE, load_input=False, load_output=False
    ):
        DBOS.delete_workflows([one.workflow_id for one in ended])
        pruned += len(ended)
    return pruned
