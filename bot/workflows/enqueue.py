"""Start another workflow from within one, in its repository's place in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbos import DBOS, EnqueueOptions

from bot.inbox import QUEUE

BEHIND = 1  # the priority of what nobody waits for; the engine takes the lowest first, and 0 is what it gives unasked


def enqueue(
    workflow: str,
    identity: str,
    partition: str,
    payload: Mapping[str, Any],
    delay_seconds: float | None = None,
    *,
    behind: bool = False,
) -> None:
    """The identity makes it one, however often it is asked for; `delay_seconds` keeps it out of the way so long, and
    `behind` lets all that is not so go first (INV 30)."""
    options: EnqueueOptions = {
        "queue_name": QUEUE,
        "workflow_name": workflow,
        "workflow_id": identity,
        "queue_partition_key": partition,
    }
    if delay_seconds is not None:
        options["delay_seconds"] = delay_seconds
    if behind:
        options["priority"] = BEHIND
    DBOS.enqueue_workflow_with_options(options, dict(payload))
