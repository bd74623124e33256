"""Every few minutes: ask for thumbs-down on the bot's comments, and decide again where a person objected."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.reactions import Ears, Objection, ask_for_objections
from bot.errors import TriageError
from bot.inbox import to_input
from bot.storage.records import DeliveryRecord, RepositoryRecord
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.enqueue import enqueue
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.steps import MAX_RECOVERIES, services, step
from bot.workflows.task_runs import begin_task, end_task

TASK = "poll_reactions"
RECONSIDER = "reconsider_issue"

log = structlog.get_logger(__name__)

_ears = Ears()
_asking = threading.Lock()


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def poll_reactions(scheduled_at: datetime, _context: Any) -> None:
    """One run over all repositories; what follows for an issue happens in its repository's place in the queue."""
    run = begin_task(TASK)
    found = ask_everywhere(scheduled_at.isoformat())
    for payload in found["objections"]:
        enqueue(RECONSIDER, payload["id"], payload["partition"], payload)
    end_task(run, found["failure"])


@DBOS.workflow(name=RECONSIDER, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def reconsider_issue(delivery: Delivery) -> str:
    """Decide again in the light of what a person said without asking the bot for anything."""
    return decide_and_act(delivery, "feedback", silent=True)


@step
def ask_everywhere(_scheduled_at: str) -> dict[str, Any]:
    """Each repository's new objections, as the inputs of their workflows; a repository that fails fails alone."""
    objections: list[dict[str, Any]] = []
    failure = None
    if not _asking.acquire(blocking=False):
        return {"objections": [], "failure": "the run before has not ended"}
    try:
        for repository in services().storage.repositories():
            if repository.state != "active":
                continue
            try:
                found = ask_for_objections(services(), repository, _ears)
            except TriageError as error:
                failure = str(error)
                log.warning("reactions.unheard", repository=repository.full_name, reason=failure)
                continue
            objections += [_payload(repository, one) for one in found]
    finally:
        _asking.release()
    return {"objections": objections, "failure": failure}


def _payload(repository: RepositoryRecord, objection: Objection) -> dict[str, Any]:
    record = DeliveryRecord(
        id=f"reaction/{repository.id}/{objection.reaction}",
        event="reaction",
        action=None,
        workflow=RECONSIDER,
        received_at=services().clock(),
        repository=repository.full_name,
        repository_id=repository.id,
        issue=objection.number,
        installation_id=repository.installation_id,
    )
    return to_input(record)
