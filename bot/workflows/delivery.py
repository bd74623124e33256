"""The frame around every delivery's workflow: begin, run, record what became of it; set aside what is poisonous."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS, EnqueueOptions

from bot.errors import StorageError, where
from bot.inbox import QUEUE
from bot.storage.records import DeliveryRecord
from bot.workflows.steps import PATIENCE, StepFailed, StepPostponed, StepStopped, services

STOPPED = "stopped: "  # how the outcome of a delivery begins whose repository could not be worked on
POSTPONED_FOR = (60.0, 300.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0, 7200.0)  # seconds, about six hours in all

log = structlog.get_logger(__name__)

Delivery = Mapping[str, Any]


def recorded(flow: Callable[[Delivery], str]) -> Callable[[Delivery], str]:
    """Wrap a flow that returns its outcome: the delivery's row is kept in step with it, whatever happens."""

    @functools.wraps(flow)
    def framed(delivery: Delivery) -> str:
        with structlog.contextvars.bound_contextvars(
            delivery=delivery["id"], repository=delivery["repository"], issue=delivery["issue"]
        ):
            _kept(lambda: _begin(delivery))
            state, outcome, error = _run(flow, delivery)
            _kept(lambda: services().storage.finish_delivery(delivery["id"], state, outcome, error))
            log.info("delivery", state=state, outcome=outcome, error=error)
            return outcome

    return framed


def _kept(write: Callable[[], None]) -> None:
    """Write the delivery's row, with patience: a failure here would end the workflow for good (INV 31)."""
    for pause in PATIENCE:
        try:
            return write()
        except StorageError as error:
            log.warning("unavailable", reason=str(error))
            time.sleep(pause)
    return write()


def _begin(delivery: Delivery) -> None:
    services().storage.start_delivery(
        DeliveryRecord(
            id=delivery["id"],
            event=delivery["event"],
            action=delivery["action"],
            workflow=delivery["workflow"],
            received_at=datetime.fromisoformat(delivery["received_at"]),
            repository=delivery["repository"],
            repository_id=delivery["repository_id"],
            issue=delivery["issue"],
            installation_id=delivery["installation_id"],
            details=delivery["details"],
        )
    )


def _run(flow: Callable[[Delivery], str], delivery: Delivery) -> tuple[str, str, str | None]:
    try:
        return "done", flow(delivery), None
    except StepStopped as stop:
        return "done", f"{STOPPED}{stop}", None
    except StepPostponed as postponed:
        return _postpone(delivery, str(postponed))
    except Exception as error:  # a poisonous delivery is set aside with its reason, the others go on (INV 33)
        reason = " at ".join(error.args if isinstance(error, StepFailed) else where(error))
        return "failed", "set aside", reason


def _postpone(delivery: Delivery, reason: str) -> tuple[str, str, str | None]:
    """Give the others their turn and try again later; after about six hours, set aside."""
    attempt = delivery["attempt"]
    if attempt >= len(POSTPONED_FOR):
        return "failed", "set aside: GitHub stayed unavailable", reason
    again = {**delivery, "attempt": attempt + 1}
    enqueue(again["workflow"], f"{delivery['id']}/{attempt + 1}", again["partition"], again, POSTPONED_FOR[attempt])
    return "queued", "postponed", reason


def enqueue(
    workflow: str, identity: str, partition: str, payload: Mapping[str, Any], delay_seconds: float | None = None
) -> None:
    """Start another workflow from within one, in its repository's place in the queue; the identity makes it one."""
    options: EnqueueOptions = {
        "queue_name": QUEUE,
        "workflow_name": workflow,
        "workflow_id": identity,
        "queue_partition_key": partition,
    }
    if delay_seconds is not None:
        options["delay_seconds"] = delay_seconds
    DBOS.enqueue_workflow_with_options(options, dict(payload))
