"""Hourly: ask GitHub for what it could not deliver, find issues never seen, and look again at what was stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.recover import ask_again, never_seen
from bot.errors import GitHubError
from bot.inbox import repository_partition, to_input
from bot.storage.records import DeliveryRecord
from bot.workflows.enqueue import enqueue
from bot.workflows.log_context import names_repository
from bot.workflows.repository_steps import Delivery, repository_of, words_of
from bot.workflows.resume import resume
from bot.workflows.steps import MAX_RECOVERIES, StepFailed, StepPostponed, StepStopped, StepWaits, services, step
from bot.workflows.task_runs import begin_task, end_task

TASK = "recover_deliveries"
REPOSITORY_TASK = "recover_repository"
LOOKED_AT = frozenset({"active", "stopped"})  # what is suspended or archived tells by itself when it is over

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def recover_deliveries(scheduled_at: datetime, _context: Any) -> None:
    """GitHub does not redeliver by itself (INV 32); each repository is looked through in its place in the queue."""
    run = begin_task(TASK)
    failure = redeliver()
    for repository in repositories():
        identity = f"recover/{repository['repository_id']}/{scheduled_at.isoformat()}"
        enqueue(REPOSITORY_TASK, identity, repository_partition(repository["repository_id"]), repository)
    end_task(run, failure)


@DBOS.workflow(name=REPOSITORY_TASK, max_recovery_attempts=MAX_RECOVERIES)
@names_repository
def recover_repository(repository: dict[str, Any]) -> str:
    """Take up what nobody told of, and what was stopped where it can be worked on again."""
    try:
        found = missed(repository)
    except (StepStopped, StepWaits, StepPostponed, StepFailed) as failure:
        reason = words_of(failure)
        log.warning("recovery.failed", reason=reason)
        return reason
    for payload in found:
        enqueue(payload["workflow"], payload["id"], payload["partition"], payload)
    resume([repository["repository_id"]])
    return f"found {len(found)} issues"


@step
def redeliver() -> str | None:
    """Ask for failed deliveries; why that failed, if it did."""
    try:
        ask_again(services())
    except GitHubError as error:
        log.warning("redelivery.failed", reason=str(error))
        return str(error)
    return None


@step
def repositories() -> list[dict[str, Any]]:
    """What a look at each repository needs to know, with when the last one was."""
    last = services().storage.last_success(TASK)
    return [
        {
            "repository": one.full_name,
            "repository_id": one.id,
            "installation_id": one.installation_id,
            "last_run": last.isoformat() if last else None,
        }
        for one in services().storage.repositories()
        if one.state in LOOKED_AT
    ]


@step
def missed(delivery: Delivery) -> list[dict[str, Any]]:
    """The inputs of the workflows for issues that nobody told of."""
    repository = repository_of(delivery)
    last = datetime.fromisoformat(delivery["last_run"]) if delivery["last_run"] else None
    return [
        to_input(
            DeliveryRecord(
                id=f"recovered/{repository.id}/{number}",
                event="issues",
                action="opened",
                workflow="triage_issue",
                received_at=services().clock(),
                repository=repository.full_name,
                repository_id=repository.id,
                issue=number,
                installation_id=repository.installation_id,
            )
        )
        for number in never_seen(services(), repository, last)
    ]
