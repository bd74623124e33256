"""Nightly: what is older than the operator keeps it goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS

from bot.workflows.steps import MAX_RECOVERIES, services, step
from bot.workflows.task_runs import begin_task, end_task

TASK = "tidy_up"

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def tidy_up(scheduled_at: datetime, _context: Any) -> None:
    """Deliveries and task runs go by their age, decisions with the issue that they were about."""
    run = begin_task(TASK)
    prune(scheduled_at.isoformat())
    end_task(run, None)


@step
def prune(now: str) -> dict[str, int]:
    """Delete what is old; returns table → rows."""
    kept = timedelta(days=services().settings.keep_days)
    deleted = dict(services().storage.prune(datetime.fromisoformat(now) - kept))
    log.info("storage.pruned", **deleted)
    return deleted
