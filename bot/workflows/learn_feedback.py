"""Somebody told the bot something in a comment: remember it, show that it was heard, and decide again in its light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dbos import DBOS

from bot.activities.answer import acknowledge, withheld
from bot.activities.listen import Heard, hear
from bot.activities.observe import current_config
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.enqueue import enqueue
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.repository_steps import make_ready, needs_history, repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step

NOTHING = "no command, or not theirs to give"


@DBOS.workflow(name="learn_feedback", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def learn_feedback(delivery: Delivery) -> str:
    """The outcome is the new verdict, what else was done, or why nothing was."""
    if needs_history(delivery):
        make_ready(delivery)
    found = hear_comment(delivery)
    heard = Heard(tuple(found["obeyed"]), tuple(found["refused"]), found["claimed"])
    if heard.obeyed or heard.refused:
        answer(delivery, found)
    outcomes = [_decided(delivery, heard)] if heard.decides else []
    if "resume" in heard.obeyed:
        catch_up(delivery)
    outcomes += [f"{verb}d" for verb in ("pause", "resume") if verb in heard.obeyed]
    outcomes += [f"refused: {reason}" for reason in heard.refused]
    return "; ".join(outcomes) or NOTHING


def _decided(delivery: Delivery, heard: Heard) -> str:
    if heard.obeyed:
        return decide_and_act(delivery, "command", asked=heard.asks)
    return decide_and_act(delivery, "feedback", silent=True)


def catch_up(delivery: Delivery) -> None:
    """Decide again what could not be taken back during a pause, each issue in the repository's place in the queue."""
    for number in withheld_issues(delivery):
        identity = f"{delivery['id']}/after-pause/{number}"
        payload: Mapping[str, Any] = {**delivery, "id": identity, "workflow": "triage_issue", "issue": number}
        enqueue("triage_issue", identity, delivery["partition"], {**payload, "details": {}, "attempt": 0, "waits": 0})


@step
def hear_comment(delivery: Delivery) -> dict[str, Any]:
    """What the comment said, its words kept."""
    comment = delivery["details"]["comment"]
    return asdict(hear(services(), repository_of(delivery), delivery["issue"], comment, delivery["id"]))


@step
def answer(delivery: Delivery, found: Mapping[str, Any]) -> list[str]:
    """Show on the comment that it was heard."""
    repository = repository_of(delivery)
    heard = Heard(tuple(found["obeyed"]), tuple(found["refused"]), found["claimed"])
    return acknowledge(
        services(), repository, current_config(services(), repository), delivery["details"]["comment"], heard
    )


@step
def withheld_issues(delivery: Delivery) -> list[int]:
    """The issues whose comment could not be kept true while the bot was paused."""
    return withheld(services(), repository_of(delivery))
