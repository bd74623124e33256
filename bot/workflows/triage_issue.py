"""A delivery's way: observe → decide → act → record, one issue of a repository at a time."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.act import is_stale, perform
from bot.activities.observe import current_config
from bot.activities.observe import observe_issue as look_at
from bot.activities.resolve import Reason, record, resolve
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.repository_steps import needs_history, read_and_learn, repository_of
from bot.workflows.steps import MAX_RECOVERIES, StepPostponed, services, step

ROUNDS = 5  # times that a decision may go stale while its effects wait, before the delivery is put off


@DBOS.workflow(name="triage_issue", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def triage_issue(delivery: Delivery) -> str:
    """Decide one issue and do what the decision says. The outcome is the verdict, or why there is none."""
    if needs_history(delivery):
        read_and_learn(delivery)
    for turn in range(ROUNDS):
        if not observe_issue(delivery):
            return "gone"
        verdict, decision_id = decide_issue(delivery, turn)
        if not act_on(delivery, decision_id):
            return str(verdict)
    raise StepPostponed("its decision went stale as often as it was taken")


@step
def observe_issue(delivery: Delivery) -> bool:
    """Read the issue as it is now, and the configuration; whether it is (still) there."""
    repository = repository_of(delivery)
    current_config(services(), repository)
    return look_at(services(), repository, delivery["issue"]) is not None


@step
def decide_issue(delivery: Delivery, turn: int) -> tuple[str, int]:
    """Decide and record; returns the verdict and the decision's id. The delivery's id makes it safe to repeat."""
    repository = repository_of(delivery)
    reason = Reason("delivery", f"{delivery['id']}/{delivery['attempt']}/{turn}")
    with services().storage.lock(repository.id):
        config = current_config(services(), repository)
        resolution = resolve(services(), repository, delivery["issue"], config, reason)
        decision_id, _ = record(services(), repository, resolution, config, reason)
    return resolution.decision.verdict.value, decision_id


@step
def act_on(delivery: Delivery, decision_id: int) -> bool:
    """Carry out the decision; whether it went stale while it waited and has to be taken again."""
    repository = repository_of(delivery)
    with services().storage.lock(repository.id):
        decisions = services().storage.decisions(repository.id, number=delivery["issue"])
        decision = next((one for one in decisions if one.id == decision_id), None)
        if decision is None:  # forgotten since, with the repository
            return False
        perform(services(), repository, decision, current_config(services(), repository))
        return is_stale(services(), decision)
