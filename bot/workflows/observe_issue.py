"""An issue changed on GitHub without a new text: keep what is known of it true."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.observe import observe_issue as look_at
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.repository_steps import repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step


@DBOS.workflow(name="observe_issue", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def observe_issue(delivery: Delivery) -> str:
    """Closed, reopened, locked, transferred or deleted: read it again, whatever the order of the deliveries."""
    return "observed" if refresh(delivery) else "gone"


@step
def refresh(delivery: Delivery) -> bool:
    """Read the issue as it is now; whether it is still there."""
    return look_at(services(), repository_of(delivery), delivery["issue"]) is not None
