"""Steps that several workflows take with one issue: observe it, decide it, act on the decision."""

from __future__ import annotations

from datetime import datetime

from dbos import DBOS

from bot.activities.act import drop_planned, is_stale, perform, speaks
from bot.activities.adopt import adopt_unread
from bot.activities.leading import follow_canonicals
from bot.activities.observe import Stopped, config_in_force, current_config
from bot.activities.observe import observe_issue as look_at
from bot.activities.resolve import Reason, record, resolve
from bot.storage.records import WAITS_FOR_BUDGET, RepositoryRecord
from bot.workflows.delivery import Delivery
from bot.workflows.followers import QUIET, follow_after
from bot.workflows.repository_steps import embed_for_the_model, repository_of
from bot.workflows.steps import StepPostponed, services, step
from bot.workflows.tell_report import tell_maintainers
from bot.workflows.tell_wave import look_after

MOST_WAITING = 10_000  # deliveries of one repository that are counted
ROUNDS = 5  # times that a decision may go stale while its effects wait, before the delivery is put off


def decide_and_act(delivery: Delivery, trigger: str, *, asked: bool = False, silent: bool = False) -> str:
    """Decide the delivery's issue and do what the decision says; returns the verdict, or `gone`. See `Reason`."""
    embed_for_the_model(delivery)
    for turn in range(ROUNDS):
        if not observe_issue(delivery):
            follow_after(delivery["repository_id"], delivery["issue"])
            return "gone"
        verdict, decision_id = decide_issue(delivery, turn, trigger, asked, silent)
        if not act_on(delivery, decision_id):
            look_after(delivery["repository_id"], delivery["issue"])
            follow_after(delivery["repository_id"], delivery["issue"])
            tell_maintainers(delivery, verdict)
            return str(verdict)
    raise StepPostponed("its decision went stale as often as it was taken")


@step
def observe_issue(delivery: Delivery) -> bool:
    """Read the issue as it is now, and the configuration; whether it is (still) there."""
    repository = repository_of(delivery)
    current_config(services(), repository)
    there = is_there(repository, delivery["issue"])
    if there and repository.imported_at is None and delivery["action"] != "opened":
        adopt_unread(services(), repository, delivery["issue"])  # the first reading did not come to its comments yet
    return there


def is_there(repository: RepositoryRecord, number: int) -> bool:
    """Read the issue; whether it is there. What was planned for one that is gone is not done any more; where it can be
    a cluster's canonical issue no longer, another one is."""
    led = services().storage.clusters_led_by(repository.id, number)
    there = look_at(services(), repository, number) is not None
    if not there:
        drop_planned(services(), repository.id, number)
    if led:
        with services().storage.lock(repository.id):
            follow_canonicals(services(), repository, config_in_force(services(), repository), led)
    return there


@step
def decide_issue(delivery: Delivery, turn: int, trigger: str, asked: bool, silent: bool) -> tuple[str, int]:
    """Decide and record; returns the verdict and the decision's id. The workflow's id makes it safe to repeat."""
    repository = repository_of(delivery)
    reason = Reason(trigger, f"{DBOS.workflow_id}/{turn}", asked, silent)
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
        ahead = ahead_of(delivery) if speaks(services(), decision) else 0
        perform(services(), repository, decision, current_config(services(), repository), ahead=ahead)
        _check_still_active(repository.id)
        return is_stale(services(), decision)


def _check_still_active(repository_id: int) -> None:
    """Raises Stopped where the effects met what every other one would meet: the delivery is taken up again later."""
    present = services().storage.repository_by_id(repository_id)
    if present is not None and present.state == "stopped":
        raise Stopped(present.state_reason or "stopped")


def ahead_of(delivery: Delivery) -> int:
    """How many earlier deliveries of the repository wait for its budget (INV 30). Edits that nobody waits for are ahead
    of their own kind alone."""
    waiting = services().storage.deliveries(
        state="queued", repository_id=delivery["repository_id"], outcome=WAITS_FOR_BUDGET, limit=MOST_WAITING
    )
    own = (datetime.fromisoformat(delivery["received_at"]), delivery["id"])
    quiet = delivery["workflow"] in QUIET
    return sum((one.received_at, one.id) < own for one in waiting if quiet or one.workflow not in QUIET)
