"""A delivery's way: observe → decide → act → record, one issue of a repository at a time."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.act import is_settled
from bot.activities.observe import current_config
from bot.activities.observe import observe_issue as look_at
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.repository_steps import make_ready, needs_history, repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step

OVERTAKEN = "a later edit is looked at instead"


@DBOS.workflow(name="triage_issue", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def triage_issue(delivery: Delivery) -> str:
    """Decide one issue and do what the decision says. The outcome is the verdict, or why there is none."""
    if needs_history(delivery):
        make_ready(delivery)
    if delivery["action"] == "edited" and (known := known_outcome(delivery)) is not None:
        return str(known)
    return decide_and_act(delivery, "delivery")


@step
def known_outcome(delivery: Delivery) -> str | None:
    """What an edit comes to without another decision: None where the text that counts is another by now.

    An edit of what the bot does not read (a typo in the form, a picture) changes nothing (INV 23).
    """
    repository = repository_of(delivery)
    later = services().storage.deliveries(state="queued", repository_id=repository.id, issue=delivery["issue"])
    received = delivery["received_at"]
    if any(one.action == "edited" and one.outcome is None and one.received_at.isoformat() > received for one in later):
        return OVERTAKEN
    current_config(services(), repository)
    if look_at(services(), repository, delivery["issue"]) is None:
        return None
    stored = services().storage.issue(repository.id, delivery["issue"])
    last = services().storage.last_decision(repository.id, delivery["issue"])
    if stored is None or last is None or last.body.get("text_hash") != stored.text_hash:
        return None
    return last.verdict if is_settled(services(), last) else None
