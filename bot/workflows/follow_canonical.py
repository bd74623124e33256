"""Members' comments follow what becomes of their canonical issue and their cluster: in place, silently, once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.live_canonical import canonicals, keep
from bot.activities.observe import config_in_force, current_config
from bot.activities.upkeep import members_told
from bot.errors import TriageError
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.followers import FOLLOW, KEEP, canonical_of, left_alone, members, notice_of, send, silenced
from bot.workflows.issue_steps import ahead_of, decide_and_act
from bot.workflows.repository_steps import repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step
from bot.workflows.task_runs import begin_task, end_task

TASK = "keep_comments"

log = structlog.get_logger(__name__)


@DBOS.workflow(name=FOLLOW, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def follow_canonical(delivery: Delivery) -> str:
    """Decide one member again, because what its comment says of its canonical issue or its cluster is no longer so."""
    return decide_and_act(delivery, "follow", silent=True)


@DBOS.workflow(name=KEEP, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def keep_canonical(delivery: Delivery) -> str:
    """Write or edit the comment of one canonical issue."""
    return str(write_canonical(delivery))


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def keep_comments(scheduled_at: datetime, _context: Any) -> None:
    """Every hour: what was changed without a delivery (a configuration, a lost right to close), or fell through."""
    run = begin_task(TASK)
    found = look_everywhere(scheduled_at.isoformat())
    send(found["payloads"])
    end_task(run, found["failure"])


def refresh_members(delivery: Delivery, cluster_id: str, *, takes_back: bool = False) -> int:
    """Bring the comments of a cluster's members in step with what they are told now; returns how many that concerns.

    Each is edited in the repository's place in the queue, within its budget of comments; what `takes_back` a person's
    words neither waits for the budget nor behind others.
    """
    found = told_members(delivery, cluster_id)
    send(found, behind=not takes_back)
    return len(found)


def follow_members(delivery: Delivery) -> None:
    """Send after the members of all clusters whose comments say what is no longer so."""
    send(stale_members(delivery))


@step
def stale_members(delivery: Delivery) -> list[dict[str, Any]]:
    """The inputs of their workflows."""
    repository = repository_of(delivery)
    return members(repository, current_config(services(), repository))


@step
def told_members(delivery: Delivery, cluster_id: str) -> list[dict[str, Any]]:
    """The inputs of the workflows of those members whose comments say something else."""
    repository = repository_of(delivery)
    config = current_config(services(), repository)
    numbers = {one.number for one in members_told(services().storage, repository.id, cluster_id)}
    return [one for one in members(repository, config) if one["issue"] in numbers]


@step
def write_canonical(delivery: Delivery) -> str:
    """Write it unless it says so already."""
    repository = repository_of(delivery)
    with services().storage.lock(repository.id):
        config = current_config(services(), repository)
        return keep(services(), repository, config, delivery["issue"], delivery["id"], ahead=ahead_of(delivery))


@step
def look_everywhere(_scheduled_at: str) -> dict[str, Any]:
    """Every active repository's members and canonical issues; one that fails fails alone."""
    payloads: list[dict[str, Any]] = []
    failure = None
    for repository in services().storage.repositories():
        if repository.state != "active" or repository.imported_at is None:
            continue  # what its comments count and point at is not known before it was read
        try:
            config = config_in_force(services(), repository)
            payloads += notice_of(repository, config, hourly=True)
            payloads += members(repository, config)
            payloads += left_alone(repository, config)
            payloads += silenced(repository, config)
            payloads += canonical_of(repository, config, canonicals(services().storage, repository.id))
        except TriageError as error:
            failure = str(error)
            log.warning("comments.not_looked_at", repository=repository.full_name, reason=failure)
    return {"payloads": payloads, "failure": failure}
