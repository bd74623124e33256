"""Somebody told the bot something in a comment: remember it, and decide again in its light."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.listen import hear
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.repository_steps import needs_history, read_and_learn, repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step


@DBOS.workflow(name="learn_feedback", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def learn_feedback(delivery: Delivery) -> str:
    """The outcome is the new verdict, or why nothing was done."""
    if needs_history(delivery):
        read_and_learn(delivery)
    verb = hear_comment(delivery)
    return decide_and_act(delivery, "command", asked=verb == "rerun") if verb else "no command, or not theirs to give"


@step
def hear_comment(delivery: Delivery) -> str | None:
    """The command's verb, its feedback kept; None where there is none to obey."""
    command = hear(services(), repository_of(delivery), delivery["issue"], delivery["details"]["comment"])
    return command.verb if command else None
