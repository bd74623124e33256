"""A maintainer tells a cluster's members something, or takes it back; a text that is taken back gives way to the one
that was told before it."""

from __future__ import annotations

from datetime import datetime

from bot.activities.broadcast import keep_status, told_text
from bot.activities.doing import DONE, Doing, Followed
from bot.activities.spread import SPREAD, to_spread
from bot.errors import TriageError
from bot.storage.dashboard_records import ActRecord
from bot.storage.records import ClusterStatus

KIND = "broadcast"
MOST_ACTS = 1000  # on one cluster, the newest

NOTHING_TOLD = "the members of this cluster are told nothing, so there is nothing to take away"
NEWER_TOLD = "taken back; a newer status by {} stands, so that no comment changes"


def broadcast(doing: Doing) -> Followed:
    """What the cluster's members are told from now on; an empty text takes it away."""
    cluster_id, text = doing.cluster().id, doing.text().strip()
    if not text and _standing(doing, cluster_id) is None:
        raise TriageError(NOTHING_TOLD)
    status = ClusterStatus(told_text(text), doing.act.actor, doing.services.clock()) if text else None
    return _told(doing, cluster_id, status)


def undo_broadcast(doing: Doing, other: ActRecord) -> Followed:
    """What the newest of the other acts told holds again, or what was told before all of them."""
    cluster_id = other.cluster_id or ""
    acts = doing.services.storage.acts(doing.repository.id, kind=KIND, cluster_id=cluster_id, limit=MOST_ACTS)
    done = [one for one in acts if one.state == DONE]
    left = [one for one in done if one.undone_by is None and one.id != other.id]
    if left and (left[0].id or 0) > (other.id or 0):
        return Followed(DONE, NEWER_TOLD.format(left[0].actor))
    return _told(doing, cluster_id, _of(left[0]) if left else _before(doing, done[-1] if done else other))


def _of(act: ActRecord) -> ClusterStatus | None:
    """What an act told."""
    text = str(act.details.get("text") or "")
    return ClusterStatus(text, act.actor, datetime.fromisoformat(act.details["told_at"])) if text else None


def _before(doing: Doing, first: ActRecord) -> ClusterStatus | None:
    """What stood before the first act, which no act is known for."""
    text = first.details.get("before")
    return ClusterStatus(str(text), doing.act.actor, doing.services.clock()) if text else None


def _standing(doing: Doing, cluster_id: str) -> ClusterStatus | None:
    return doing.services.storage.statuses(doing.repository.id).get(cluster_id)


def _told(doing: Doing, cluster_id: str, status: ClusterStatus | None) -> Followed:
    storage, repository_id = doing.services.storage, doing.repository.id
    before = _standing(doing, cluster_id)
    text = status.text if status is not None else None
    actor, at = (status.actor, status.at) if status is not None else (doing.act.actor, doing.services.clock())
    shown = keep_status(storage, repository_id, cluster_id, text, actor, at)
    kept = storage.statuses(repository_id).get(cluster_id)
    spread = to_spread(storage, repository_id, cluster_id, shown.numbers, kept)
    said = "is told in" if kept is not None else "is taken out of"
    words = f"the status {said} {spread['total']} comment{'' if spread['total'] == 1 else 's'}, one after the other"
    details = {"before": before and before.text, "text": shown.text, "told_at": at.isoformat(), SPREAD: spread}
    return Followed(DONE, words, details)
