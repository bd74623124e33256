"""A repository was renamed, transferred, archived or deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dbos import DBOS

from bot.activities.granted import still_granted
from bot.activities.observe import Stopped, open_repository
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.erase_traces import Order, erase_later, order_for
from bot.workflows.resume import resume
from bot.workflows.steps import MAX_RECOVERIES, services, step


@DBOS.workflow(name="repository_changed", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def repository_changed(delivery: Delivery) -> str:
    """GitHub's id keeps everything together; only the name, the installation and the state move."""
    if delivery["action"] == "deleted":
        order = forget(delivery)
        if order is None:
            return "it is still there"
        erase_later(delivery, order)
        return "forgotten"
    outcome = follow(delivery)
    if delivery["action"] == "unarchived":
        resume([delivery["repository_id"]])
    return str(outcome)


@step
def follow(delivery: Delivery) -> str:
    """Take the present name and state from GitHub, whatever the order of the deliveries."""
    known = services().storage.repository_by_id(delivery["repository_id"])
    if known is None:
        return "unknown repository"
    if known.state == "active":
        services().storage.update_repository(replace(known, state="stopped", state_reason="changed on GitHub"))
    try:
        record = open_repository(
            services(),
            delivery["repository"],
            repository_id=delivery["repository_id"],
            installation_id=delivery["installation_id"],
            told_by=delivery["id"],
        )
    except Stopped as stopped:
        return str(stopped)
    return f"now {record.full_name}"


@step
def forget(delivery: Delivery) -> Order | None:
    """Delete all that is held about it; returns the order to erase the engine's record of it, None where GitHub has it
    (again) and nothing was deleted."""
    about = {"id": delivery["repository_id"], "full_name": delivery["repository"]}
    told_at, installation = datetime.fromisoformat(delivery["received_at"]), delivery["installation_id"]
    if installation is not None and still_granted(services(), installation, [about], told_at):
        return None
    with services().storage.lock(delivery["repository_id"]):
        services().storage.forget_repository(delivery["repository_id"])
    services().indexes.forget(delivery["repository_id"])
    return order_for([delivery["repository_id"]])
