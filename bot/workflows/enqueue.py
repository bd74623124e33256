"""Start another workflow from within one, in its repository's place in the queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbos import DBOS, EnqueueOptions

from bot.inbox import QUEUE


def enqueue(
    workflow: str, identity: str, partition: str, payload: Mapping[str, Any], delay_seconds: float | None = None
) -> None:
    """The identity makes it one, however often it is asked for; `delay_seconds` keeps it out of the way so long."""
    options: EnqueueOptions = {
        "queue_name": QUEUE,
        "workflow_name": workflow,
        "workflow_id": identity,
        "queue_partition_key": partition,
    }
    if delay_seconds is not None:
        options["delay_seconds"] = delay_seconds
    DBOS.enqueue_workflow_with_options(options, dict(payload))
