"""A report that reads like a security report, on its way to the operator's webhook; none of it is public (INV 44)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.tell import tell_report as tell
from bot.errors import where
from bot.workflows.enqueue import enqueue
from bot.workflows.log_context import names_repository
from bot.workflows.steps import MAX_RECOVERIES, StepFailed, StepPostponed, StepRefused, services, step
from bot.workflows.tell_wave import AGAIN_AFTER, PARTITION
from models.decision import Verdict

TASK = "tell_report"

log = structlog.get_logger(__name__)


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
@names_repository
def tell_report(report: dict[str, Any]) -> str:
    """The outcome is an enumerated word; a receiver that stays silent is asked again with growing delays."""
    try:
        return str(post_report(report["repository_id"], report["number"]))
    except StepPostponed as postponed:
        if report["attempt"] < len(AGAIN_AFTER):
            _send({**report, "attempt": report["attempt"] + 1}, AGAIN_AFTER[report["attempt"]])
            return "postponed"
        reason = str(postponed)
    except (StepRefused, StepFailed) as failure:
        reason = " at ".join(map(str, failure.args))
    log.warning("report.not_told", issue=report["number"], reason=reason)
    return f"given up: {reason}"


@step
def post_report(repository_id: int, number: int) -> str:
    """Post it."""
    return tell(services(), repository_id, number)


def tell_maintainers(delivery: Mapping[str, Any], verdict: str) -> None:
    """Set the telling going, once for an issue, where there is somebody to tell; the decision stands whatever fails."""
    repository_id, number = delivery["repository_id"], delivery["issue"]
    if verdict != Verdict.SECURITY.value or repository_id is None or not services().settings.alert_url:
        return
    report = {"repository": delivery["repository"], "repository_id": repository_id, "number": number, "attempt": 0}
    try:
        _send(report)
    except Exception as error:  # the engine raises whatever its driver raises
        log.warning("report.not_announced", issue=number, reason=" at ".join(where(error)))


def _send(report: dict[str, Any], delay: float | None = None) -> None:
    again = f"/{report['attempt']}" if report["attempt"] else ""
    enqueue(TASK, f"report/{report['repository_id']}/{report['number']}{again}", PARTITION, report, delay)
