"""Once a day: close what the bot said it would close, a few of each repository that earned it, one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.close import CLOSED, closable, close, closed_in, run_of
from bot.activities.earned import closing_right
from bot.activities.observe import config_in_force, current_config
from bot.closing import MOST_CLOSES
from bot.errors import TriageError
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.followers import CLOSE, payload, send
from bot.workflows.repository_steps import repository_of
from bot.workflows.steps import MAX_RECOVERIES, StepRefused, services, step
from bot.workflows.task_runs import begin_task, end_task

TASK = "close_duplicates"

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def close_duplicates(scheduled_at: datetime, _context: Any) -> None:
    """Start one run for each repository that earned it and has something to close; a day has one run of each."""
    run = begin_task(TASK)
    found = earning(scheduled_at.isoformat())
    send(found["payloads"])
    end_task(run, found["failure"])


@DBOS.workflow(name=CLOSE, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def close_in_repository(delivery: Delivery) -> str:
    """Close at most MOST_CLOSES of one repository; the outcome names them."""
    for number in promised_issues(delivery):
        closed = closed_in_run(delivery)
        if len(closed) >= MOST_CLOSES:
            break
        try:
            close_one(delivery, number)
        except StepRefused as refusal:  # it alone cannot be closed
            log.info("close.refused", issue=number, reason=str(refusal))
    closed = closed_in_run(delivery)
    return f"closed {', '.join(f'#{number}' for number in closed)}" if closed else "closed none"


@step
def earning(scheduled_at: str) -> dict[str, Any]:
    """The runs' inputs."""
    payloads: list[dict[str, Any]] = []
    failure = None
    day = datetime.fromisoformat(scheduled_at).date().isoformat()
    for repository in services().storage.repositories():
        try:
            if repository.state != "active" or config_in_force(services(), repository).mode != "close":
                continue
            if not closing_right(services().storage, repository.id).earned:
                continue
            if closable(services().storage, repository.id, services().clock()):
                payloads.append(payload(repository, CLOSE, day, None))
        except TriageError as error:
            failure = str(error)
            log.warning("close.not_looked_at", repository=repository.full_name, reason=failure)
    return {"payloads": payloads, "failure": failure}


@step
def promised_issues(delivery: Delivery) -> list[int]:
    """The issues whose day has come."""
    return closable(services().storage, repository_of(delivery).id, services().clock())


@step
def closed_in_run(delivery: Delivery) -> list[int]:
    """What this run has closed so far, also before its process died."""
    return closed_in(services().storage, repository_of(delivery).id, delivery["id"])


@step
def close_one(delivery: Delivery, number: int) -> bool:
    """Close the issue unless something forbids it; whether it was closed."""
    repository = repository_of(delivery)
    with services().storage.lock(repository.id):
        config = current_config(services(), repository)
        outcome = close(services(), repository, config, number, run_of(delivery["id"], number))
    log.info("close", issue=number, outcome=outcome)
    return outcome == CLOSED
