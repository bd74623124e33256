"""The nightly job: every repository is brought up to date and its clusters are published anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS

from bot.inbox import repository_partition
from bot.workflows.enqueue import enqueue
from bot.workflows.repository_steps import read_and_learn
from bot.workflows.steps import (
    MAX_RECOVERIES,
    StepFailed,
    StepPostponed,
    StepStopped,
    StepWaits,
    services,
    step,
)

TASK = "refit_clusters"
REPOSITORY_TASK = "refit_repository"
JOURNAL_KEPT = timedelta(days=14)
PRUNED_AT_ONCE = 500
AGAIN = "/again"  # what the id of a refit ends in that comes again because GitHub asked for patience
TRIES = 8  # times that it does; the next night is near by then

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def refit_clusters(scheduled_at: datetime, _context: Any) -> None:
    """Start one refit per repository, each in its repository's place in the queue; nobody is notified (INV 28)."""
    run = begin(TASK, None)
    for repository in active_repositories():
        identity = f"refit/{repository['repository_id']}/{scheduled_at.isoformat()}"
        enqueue(REPOSITORY_TASK, identity, repository_partition(repository["repository_id"]), repository)
    prune_journal(scheduled_at.isoformat())
    end(run, None)


@DBOS.workflow(name=REPOSITORY_TASK, max_recovery_attempts=MAX_RECOVERIES)
def refit_repository(repository: dict[str, Any]) -> str:
    """Read what changed, embed it, publish; a failure leaves yesterday's generation in force and says so (INV 38)."""
    run = begin(REPOSITORY_TASK, repository["repository"])
    try:
        read_and_learn(repository)
    except StepWaits as waits:  # deliveries go first meanwhile
        end(run, str(waits))
        identity = str(DBOS.workflow_id)
        if identity.count(AGAIN) < TRIES:
            partition = repository_partition(repository["repository_id"])
            enqueue(REPOSITORY_TASK, f"{identity}{AGAIN}", partition, repository, waits.seconds)
        return str(waits)
    except (StepStopped, StepPostponed, StepFailed) as failure:
        reason = str(failure) if not isinstance(failure, StepFailed) else " at ".join(failure.args)
        end(run, reason)
        log.warning("refit.failed", repository=repository["repository"], reason=reason)
        return reason
    end(run, None)
    return "published"


@step
def begin(task: str, repository: str | None) -> int:
    """Note the start; returns the run's id."""
    return services().storage.start_task(task, repository)


@step
def end(run: int, error: str | None) -> None:
    """Note the end, and why it failed if it did."""
    services().storage.finish_task(run, error)


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


@step
def active_repositories() -> list[dict[str, Any]]:
    """What a refit needs to know of each repository that is worked on."""
    return [
        {"repository": one.full_name, "repository_id": one.id, "installation_id": one.installation_id}
        for one in services().storage.repositories()
        if one.state == "active"
    ]
