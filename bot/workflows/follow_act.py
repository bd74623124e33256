"""A person did something in the dashboard: keep it, and do on GitHub what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dbos import DBOS

from bot.activities.doing import DONE, REFUSED
from bot.activities.follow import follow, only_recorded
from bot.activities.obey import PULL_REQUEST
from bot.activities.observe import FORGOTTEN
from bot.activities.overridden import PARTING
from bot.activities.refit import BY_HAND, PUBLISHED
from bot.errors import NotFound
from bot.inbox import refit_partition
from bot.storage.dashboard_records import ActRecord
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.enqueue import enqueue
from bot.workflows.follow_canonical import follow_members, refresh_members
from bot.workflows.issue_steps import decide_and_act
from bot.workflows.learn_feedback import catch_up
from bot.workflows.refit_repository import close_the_day
from bot.workflows.repository_steps import read_and_learn, repository_of, words_of
from bot.workflows.steps import MAX_RECOVERIES, StepFailed, StepRefused, StepStopped, services, step

TASK = "follow_act"
MEMBER = "rerun-member"  # one issue of a cluster that is decided again
REFIT_NOW = "refit-now"  # the refit itself, in its own place in the queue
MEMBERS_MOST = 500  # of one cluster, the newest
AGAIN = ("rerun", "rerun-cluster")  # what these lead to is written on GitHub
ASKED = "asked"
FAILED = "failed"


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def follow_act(delivery: Delivery) -> str:
    """The outcome in words; the act's own row has it too."""
    if delivery["action"] == MEMBER:
        return decide_and_act(delivery, "rerun", silent=True)
    try:
        return FLOWS.get(delivery["action"], _keep)(delivery)
    except (StepRefused, StepStopped) as refusal:
        end_act(delivery, REFUSED, str(refusal))
        raise
    except StepFailed as failure:
        end_act(delivery, FAILED, words_of(failure))
        raise


def _keep(delivery: Delivery) -> str:
    kept = keep(delivery)
    return str(kept["outcome"])


def _keep_and_decide(delivery: Delivery) -> str:
    """A word about an issue: the issue is decided again in its light."""
    kept = keep(delivery)
    if kept["state"] != DONE or not delivery["issue"]:
        return str(kept["outcome"])
    return decide_and_act(delivery, "command", asked=True)


def _resume(delivery: Delivery) -> str:
    kept = keep(delivery)
    catch_up(delivery)
    return str(kept["outcome"])


def _broadcast(delivery: Delivery) -> str:
    """Kept first; each member's comment follows in the repository's place in the queue."""
    kept = keep(delivery)
    if kept["state"] == DONE:
        refresh_members(delivery, kept["cluster"], takes_back=kept["takes_back"])
    return str(kept["outcome"])


def _keep_and_follow(delivery: Delivery) -> str:
    """Another canonical issue: the members' comments point to it."""
    kept = keep(delivery)
    if kept["state"] == DONE:
        follow_members(delivery)
    return str(kept["outcome"])


def _keep_and_part(delivery: Delivery) -> str:
    """Issues left a cluster, or came into it: what they are told of it follows."""
    kept = keep(delivery)
    if kept["state"] == DONE:
        _decide_each(delivery, kept["numbers"])
    return str(kept["outcome"])


def _undo(delivery: Delivery) -> str:
    """What follows from taking an act back is what follows from the act."""
    kept = keep(delivery)
    if kept["state"] != DONE:
        return str(kept["outcome"])
    if kept["undone"] == "pause":
        catch_up(delivery)
    elif kept["undone"] == "canonical":
        follow_members(delivery)
    elif kept["undone"] in PARTING:
        _decide_each(delivery, kept["numbers"])
    elif kept["undone"] == "broadcast":
        refresh_members(delivery, kept["cluster"], takes_back=True)
    elif kept["undone"] in {"confirm", "dismiss"}:
        return decide_and_act({**delivery, "issue": kept["number"]}, "command", asked=True)
    return str(kept["outcome"])


def _rerun(delivery: Delivery) -> str:
    check_issue(delivery)
    verdict = decide_and_act(delivery, "command", asked=True)
    if verdict == "gone":
        end_act(delivery, REFUSED, f"#{delivery['issue']} is not on GitHub any more")
        return verdict
    end_act(delivery, DONE, f"#{delivery['issue']} was decided again: {verdict}")
    return verdict


def _rerun_cluster(delivery: Delivery) -> str:
    """Each open member in its own turn; none is told something for the first time (INV 28)."""
    numbers = open_members(delivery)
    _decide_each(delivery, numbers)
    outcome = f"{len(numbers)} open {'report is' if len(numbers) == 1 else 'reports are'} decided again, in turn"
    end_act(delivery, DONE, outcome)
    return outcome


def _decide_each(delivery: Delivery, numbers: Sequence[int]) -> None:
    for number in numbers:
        identity = f"{delivery['id']}/{number}"
        payload: Mapping[str, Any] = {**delivery, "id": identity, "action": MEMBER, "issue": number}
        enqueue(TASK, identity, delivery["partition"], {**payload, "attempt": 0, "waits": 0})


def _refit(delivery: Delivery) -> str:
    """In the place of the repository's refits, so that no issue waits behind it."""
    identity, partition = f"{delivery['id']}/refit", refit_partition(delivery["repository_id"])
    payload: Mapping[str, Any] = {**delivery, "id": identity, "action": REFIT_NOW, "partition": partition}
    enqueue(TASK, identity, partition, {**payload, "attempt": 0, "waits": 0})
    return "the refit waits for its turn"


def _refit_now(delivery: Delivery) -> str:
    outcome = read_and_learn(delivery, BY_HAND)
    close_the_day(delivery)
    end_act(delivery, DONE if outcome == PUBLISHED else REFUSED, f"the refit was {outcome}")
    return outcome


@step
def keep(delivery: Delivery) -> dict[str, Any]:
    """Follow the act as far as the database goes, once; returns what came of it, and what it undoes."""
    asked = _act(delivery)
    undone = services().storage.act(asked.undoes) if asked.undoes is not None else None
    if asked.state == ASKED:
        done = follow(services(), repository_of(delivery), asked)
        services().storage.finish_act(asked.id or 0, done.state, done.outcome, done.details)
        state, outcome, details = done.state, done.outcome, done.details
    else:
        state, outcome, details = asked.state, asked.outcome or "", asked.details
    about = undone or asked
    told = {"state": state, "outcome": outcome, "undone": undone and undone.kind}
    takes_back = bool(details.get("before"))
    numbers = list(about.details.get("numbers", ()))[:MEMBERS_MOST]
    return told | {"numbers": numbers, "number": about.number, "cluster": about.cluster_id, "takes_back": takes_back}


@step
def check_issue(delivery: Delivery) -> bool:
    """Raises NotFound for a pull request, about which nothing is decided (INV 7)."""
    row = services().storage.issue(delivery["repository_id"], delivery["issue"])
    if row is not None and row.issue.is_pull_request:
        raise NotFound(PULL_REQUEST.format(delivery["issue"]))
    return True


@step
def end_act(delivery: Delivery, state: str, outcome: str) -> None:
    """Say what came of the act, unless that was said."""
    repository = services().storage.repository_by_id(delivery["repository_id"])
    if state == DONE and delivery["action"] in AGAIN and repository is not None:
        outcome += only_recorded(services(), repository)
    services().storage.finish_act(delivery["details"]["act"], state, outcome)


@step
def open_members(delivery: Delivery) -> list[int]:
    """The open issues of the act's cluster, in their order."""
    asked = _act(delivery)
    found = services().storage.clusters_in_force(asked.repository_id, ids=[asked.cluster_id or ""])
    members = [number for one in found for number in one.members][-MEMBERS_MOST:]
    rows = services().storage.issues(asked.repository_id, members)
    return [row.issue.number for row in rows if row.issue.state == "open"]


def _act(delivery: Delivery) -> ActRecord:
    found: ActRecord | None = services().storage.act(delivery["details"]["act"])
    if found is None:
        return ActRecord(0, 0, services().clock(), "", "", state=REFUSED, outcome=FORGOTTEN)
    return found


FLOWS: Mapping[str, Callable[[Delivery], str]] = {
    "confirm": _keep_and_decide,
    "dismiss": _keep_and_decide,
    "undo": _undo,
    "resume": _resume,
    "broadcast": _broadcast,
    "canonical": _keep_and_follow,
    "exclude": _keep_and_part,
    "pin": _keep_and_part,
    "split": _keep_and_part,
    "rerun": _rerun,
    "rerun-cluster": _rerun_cluster,
    "refit": _refit,
    REFIT_NOW: _refit_now,
}
