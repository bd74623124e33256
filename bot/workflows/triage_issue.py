"""A delivery's way: observe → decide → act → record, one issue of a repository at a time."""

from __future__ import annotations

from dbos import DBOS

from bot.workflows.delivery import Delivery, recorded
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.repository_steps import needs_history, read_and_learn
from bot.workflows.steps import MAX_RECOVERIES


@DBOS.workflow(name="triage_issue", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def triage_issue(delivery: Delivery) -> str:
    """Decide one issue and do what the decision says. The outcome is the verdict, or why there is none."""
    if needs_history(delivery):
        read_and_learn(delivery)
    return decide_and_act(delivery, "delivery")
