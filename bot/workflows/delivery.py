"""The frame around every delivery's workflow: begin, run, record what became of it; set aside what is poisonous."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from bot.activities.observe import FORGOTTEN
from bot.errors import StorageError, where
from bot.storage.records import WAITS_FOR_BUDGET, WAITS_FOR_GITHUB, DeliveryRecord
from bot.workflows.enqueue import enqueue
from bot.workflows.followers import QUIET
from bot.workflows.resume import STOPPED, note_stop, resume_others
from bot.workflows.steps import (
    PATIENCE,
    StepFailed,
    StepPostponed,
    StepRefused,
    StepStopped,
    StepWaits,
    services,
)

GOES_ON = "goes on: "
MOST_WAITS = 200  # of one delivery, an hour each at most, before it is set aside
POSTPONED_FOR = (60.0, 300.0, 900.0, 1800.0, 3600.0, 3600.0, 3600.0, 7200.0)  # seconds, about six hours in all

log = structlog.get_logger(__name__)

FORGETTING = frozenset({"repository_changed"})  # may have forgotten it itself, before the process died

Delivery = Mapping[str, Any]
T = TypeVar("T")


class GoesOn(Exception):
    """The workflow did a part of its work, and goes on after those who wait behind it; says how far it is."""


def recorded(flow: Callable[[Delivery], str]) -> Callable[[Delivery], str]:
    """Wrap a flow that returns its outcome: the delivery's row is kept in step with it, whatever happens."""

    @functools.wraps(flow)
    def framed(delivery: Delivery) -> str:
        with structlog.contextvars.bound_contextvars(
            delivery=delivery["id"], repository=delivery["repository"], issue=delivery["issue"]
        ):
            if not _kept(lambda: _begin(delivery)) and delivery["workflow"] not in FORGETTING:
                log.info("delivery", state="done", outcome=FORGOTTEN)
                return FORGOTTEN
            state, outcome, error = _run(flow, delivery)
            _kept(lambda: services().storage.finish_delivery(delivery["id"], state, outcome, error))
            log.info("delivery", state=state, outcome=outcome, error=error)
            return outcome

    return framed


def _kept(write: Callable[[], T]) -> T:
    """Write the delivery's row, with patience: a failure here would end the workflow for good (INV 31)."""
    for pause in PATIENCE:
        try:
            return write()
        except StorageError as error:
            log.warning("unavailable", reason=str(error))
            time.sleep(pause)
    return write()


def _begin(delivery: Delivery) -> bool:
    """False where the repository was forgotten while it waited: neither its row nor the repository is there."""
    return services().storage.start_delivery(
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
        outcome = flow(delivery)
        resume_others(delivery["repository_id"])
        return "done", outcome, None
    except StepRefused as refusal:
        return "done", f"refused: {refusal}", None
    except StepStopped as stop:
        note_stop(delivery["repository_id"])
        return "done", f"{STOPPED}{stop}", None
    except (StepWaits, GoesOn, StepPostponed) as later:
        return _later(delivery, later)
    except Exception as error:  # a poisonous delivery is set aside with its reason, the others go on (INV 33)
        reason = " at ".join(error.args if isinstance(error, StepFailed) else where(error))
        return "failed", "set aside", reason


def _later(delivery: Delivery, why: StepWaits | GoesOn | StepPostponed) -> tuple[str, str, str | None]:
    if isinstance(why, StepWaits):
        return _step_aside(delivery, why)
    if isinstance(why, StepPostponed):
        return _postpone(delivery, str(why))
    _again({**delivery, "part": delivery.get("part", 0) + 1}, 0.0)
    return "queued", f"{GOES_ON}{why}", None


def _step_aside(delivery: Delivery, waits: StepWaits) -> tuple[str, str, str | None]:
    """Come again when the time is over that was named; the repository's other deliveries need not wait for it."""
    waited = delivery.get("waits", 0)
    if waited >= MOST_WAITS:
        return "failed", "set aside: it waited too often", str(waits)
    _again({**delivery, "waits": waited + 1}, waits.seconds)
    until = services().clock() + timedelta(seconds=waits.seconds)
    kind = WAITS_FOR_BUDGET if waits.for_budget else WAITS_FOR_GITHUB
    return "queued", f"{kind}{until.isoformat(timespec='seconds')}", str(waits)


def _postpone(delivery: Delivery, reason: str) -> tuple[str, str, str | None]:
    """Give the others their turn and try again later; after about six hours, set aside."""
    attempt = delivery["attempt"]
    if attempt >= len(POSTPONED_FOR):
        return "failed", "set aside: GitHub stayed unavailable", reason
    _again({**delivery, "attempt": attempt + 1}, POSTPONED_FOR[attempt])
    return "queued", "postponed", reason


def _again(delivery: Mapping[str, Any], seconds: float) -> None:
    """The same delivery as another workflow, later; its turn makes the workflow's id."""
    turn = delivery["attempt"] + delivery.get("waits", 0) + delivery.get("part", 0)
    run = delivery.get("run", delivery["id"])
    behind = delivery["workflow"] in QUIET
    enqueue(delivery["workflow"], f"{run}/{turn}", delivery["partition"], delivery, seconds, behind=behind)
