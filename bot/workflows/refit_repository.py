"""One repository's night: read what changed, learn from it, refit, close the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.digest import digest
from bot.activities.due import is_due, turn_of
from bot.activities.ledger import close_ledger
from bot.activities.observe import config_in_force
from bot.activities.refit import NIGHTLY, PUBLISHED
from bot.inbox import refit_partition
from bot.workflows.enqueue import enqueue
from bot.workflows.log_context import names_repository
from bot.workflows.repository_steps import read_and_learn, repository_of, words_of
from bot.workflows.steps import (
    MAX_RECOVERIES,
    StepFailed,
    StepPostponed,
    StepRefused,
    StepStopped,
    StepWaits,
    bulk_step,
    services,
    step,
)

REPOSITORY_TASK = "refit_repository"
AGAIN = "/again"  # what the id of a refit ends in that comes again because GitHub asked for patience
TRIES = 8  # times that it does; the next night is near by then
FAILURES = (StepStopped, StepRefused, StepPostponed, StepFailed)
DONE = "this night's refit was made, or a later try makes it"

log = structlog.get_logger(__name__)


@DBOS.workflow(name=REPOSITORY_TASK, max_recovery_attempts=MAX_RECOVERIES)
@names_repository
def refit_repository(repository: dict[str, Any]) -> str:
    """The outcome; a failure, wherever it was, leaves yesterday's generation in force and is said once (INV 38)."""
    try:
        if AGAIN not in str(DBOS.workflow_id) and not still_due(repository):
            return DONE
        return _made(repository)
    except FAILURES as failure:
        reason = words_of(failure)
        log.warning("refit.failed", reason=reason)
        return reason


def _made(repository: dict[str, Any]) -> str:
    run = begin(REPOSITORY_TASK, repository["repository"])
    try:
        outcome = read_and_learn(repository, NIGHTLY)
        close_the_day(repository)
    except StepWaits as waits:  # deliveries go first meanwhile
        end(run, str(waits))
        _come_again(repository, waits.seconds)
        return str(waits)
    except FAILURES as failure:
        end(run, words_of(failure))
        raise
    end(run, None if outcome == PUBLISHED else str(outcome))
    return str(outcome)


@step
def still_due(repository: dict[str, Any]) -> bool:
    """Whether nobody made this night's refit while it waited in the queue, and it is not time for a later try by now:
    those that waited together are one, or each would fail as the one before."""
    night, now = datetime.fromisoformat(repository["night"]), services().clock()
    turn = turn_of(night, now)
    attempts = services().storage.refits(repository["repository_id"])
    return repository.get("turn", turn) >= turn and is_due(attempts, night, now)


@bulk_step
def close_the_day(repository: dict[str, Any]) -> int:
    """Close the ledger and, where asked, tell what changed; returns how many duplicates were missed."""
    record = repository_of(repository)
    with services().storage.lock(record.id):  # decisions change the index that it reads
        missed = close_ledger(services(), record)
    if config_in_force(services(), record).digest:
        for line in digest(services(), record, missed).splitlines():  # a longer value is cut, and `text` left out
            log.info("refit.digest", repository=record.full_name, line=line)
    return len(missed)


@step
def begin(task: str, repository: str | None) -> int:
    """Note the start; returns the run's id."""
    return services().storage.start_task(task, repository)


@step
def end(run: int, error: str | None) -> None:
    """Note the end, and why it failed if it did."""
    services().storage.finish_task(run, error)


def _come_again(repository: dict[str, Any], seconds: float) -> None:
    identity = str(DBOS.workflow_id)
    if identity.count(AGAIN) < TRIES:
        partition = refit_partition(repository["repository_id"])
        enqueue(REPOSITORY_TASK, f"{identity}{AGAIN}", partition, repository, seconds)
