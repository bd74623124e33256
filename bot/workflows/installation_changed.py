"""The App was installed, suspended, given other repositories, or removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.granted import is_suspended, still_granted
from bot.errors import Gone
from bot.storage.records import DeliveryRecord, RepositoryRecord
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.erase_traces import erase_later, order_for
from bot.workflows.repository_steps import import_id, import_later
from bot.workflows.resume import resume
from bot.workflows.steps import MAX_RECOVERIES, services, step

FORGETTING = {("installation", "deleted"), ("installation_repositories", "removed")}
SUSPENSIONS = {"suspend": True, "unsuspend": False}
OVER = "the installation is over"

log = structlog.get_logger(__name__)


@DBOS.workflow(name="installation_changed", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def installation_changed(delivery: Delivery) -> str:
    """Added repositories are imported, each in its own place in the queue; removed ones are forgotten (INV 45).

    What a delivery takes away is taken from GitHub's present answer: it may come late, or once more.
    """
    if (delivery["event"], delivery["action"]) in FORGETTING:
        forgotten = forget(delivery)
        erase_later(delivery, forgotten["order"])
        return f"forgot {forgotten['count']} repositories"
    if delivery["action"] in SUSPENSIONS:
        state, marked = mark(delivery)
        if state == "active":
            resume(marked)
        return OVER if state is None else f"{state} {len(marked)} repositories"
    added = covered(delivery)
    for repository in added:
        import_later(delivery, repository["id"], repository["full_name"])
    resume([one["id"] for one in added])
    return f"importing {len(added)} repositories"


@step
def covered(delivery: Delivery) -> list[dict[str, Any]]:
    """The repositories that came with the installation: from the delivery, or all of them from GitHub."""
    details = delivery["details"]
    named = details.get("repositories_added") or details.get("repositories")
    if not named or details.get("repositories_left_out"):
        found = services().github.installation_repositories(delivery["installation_id"])
        named = [{"id": one.id, "full_name": one.full_name} for one in found]
    services().storage.accept([_reading(delivery, one) for one in named], lambda *_: None)
    return [{"id": one["id"], "full_name": one["full_name"]} for one in named]


def _reading(delivery: Delivery, repository: Mapping[str, Any]) -> DeliveryRecord:
    """The row of a first reading that waits: where the repository is removed before, it goes, and the reading too."""
    return DeliveryRecord(
        id=import_id(delivery, repository["id"]),
        event=delivery["event"],
        action=delivery["action"],
        workflow="import_repository",
        received_at=datetime.fromisoformat(delivery["received_at"]),
        repository=repository["full_name"],
        repository_id=repository["id"],
        issue=None,
        installation_id=delivery["installation_id"],
    )


@step
def forget(delivery: Delivery) -> dict[str, Any]:
    """Delete all that is held about the repositories that were removed, as far as GitHub says so too; returns how many
    there were, and the order to erase the engine's record of them."""
    of_all, details = delivery["event"] == "installation", delivery["details"]
    listed = details.get("repositories_removed") or details.get("repositories") or []
    named = {one["id"]: one["full_name"] for one in listed}
    if of_all or details.get("repositories_left_out"):
        named |= {one.id: one.full_name for one in _of(delivery)}
    covered = [{"id": key, "full_name": name} for key, name in sorted(named.items())]
    told_at = datetime.fromisoformat(delivery["received_at"])
    still = still_granted(services(), delivery["installation_id"], covered, told_at)
    leaving = [one for one in sorted(named) if one not in (still or ()) and _belongs(one, delivery["installation_id"])]
    for repository_id in leaving:
        with services().storage.lock(repository_id):
            deleted = services().storage.forget_repository(repository_id)
        services().indexes.forget(repository_id)
        log.info("repository.forgotten", rows=sum(deleted.values()))
    over = delivery["installation_id"] if of_all and still is None else None
    return {"count": len(leaving), "order": order_for(leaving, over)}


@step
def mark(delivery: Delivery) -> tuple[str | None, list[int]]:
    """Note that the installation is suspended, or works again, as GitHub says now (None: it is over, of which another
    delivery tells); returns the state, and the ids of the repositories concerned."""
    told, told_at = SUSPENSIONS[delivery["action"]], datetime.fromisoformat(delivery["received_at"])
    try:
        suspended = is_suspended(services(), delivery["installation_id"], told_at, told=told)
    except Gone:
        return None, []
    state, reason = ("suspended", "the installation is suspended") if suspended else ("active", None)
    records = list(_of(delivery))
    for record in records:
        services().storage.update_repository(replace(record, state=state, state_reason=reason))
    return state, [record.id for record in records]


def _of(delivery: Delivery) -> Iterable[RepositoryRecord]:
    installation = delivery["installation_id"]
    return (one for one in services().storage.repositories() if one.installation_id == installation)


def _belongs(repository_id: int, installation: int) -> bool:
    """False where the repository came under another installation meanwhile, or a delivery of a later one still waits to
    be worked off: that one wants it (INV 29). GitHub's ids rise; what an earlier one left keeps nothing (INV 45)."""
    waiting = (
        row.installation_id
        for state in ("queued", "running")
        for row in services().storage.deliveries(repository_id=repository_id, state=state)
    )
    if any(other is not None and other > installation for other in waiting):
        return False
    record = services().storage.repository_by_id(repository_id)
    return record is None or record.installation_id in {None, installation}
