"""The notice of the act that an address names: what came of it, and whether that holds still."""

from __future__ import annotations

from collections.abc import Collection

from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from webhooks.dashboard.page import Asked
from webhooks.dashboard.posting import SAME_AS

DONE = "done"
TAKEN_BACK = "Taken back since"
REPLACED = "A newer act stands since"
REPLACING: Collection[frozenset[str]] = (
    frozenset({"pause", "resume"}),
    frozenset({"refit", "rollback"}),
    frozenset({"confirm", "dismiss"}),
    *(frozenset({kind}) for kind in ("rename", "label", "canonical", "broadcast", "rerun", "rerun-cluster")),
)
"""Acts of which the newest alone holds, of those about the same cluster or issues."""
NEWEST_READ = 20  # of a kind
UNDOABLE = frozenset(
    {"rename", "label", "canonical", "pin", "exclude", "merge", "split", "confirm", "dismiss", "pause", "resume"}
    | {"broadcast"}
)
"""Acts that can be taken back, as `bot.activities.follow.UNDOING` has them, which brings much that no page needs."""


def named(asked: Asked) -> ActRecord | None:
    """The act that the address names, where it is one of this repository."""
    number = asked.query.number("act", 0, least=0)
    act = asked.storage.act(number) if number and asked.about is not None else None
    return act if act is not None and act.repository_id == asked.repository.id else None


def former(storage: Storage, act: ActRecord) -> str:
    """Why the act no longer holds, in words; empty while it does, and where nothing was done."""
    if act.state != DONE:
        return ""
    if not _stands(storage, act):
        return TAKEN_BACK
    return REPLACED if any(_stands(storage, one) for one in _newer(storage, act)) else ""


def _stands(storage: Storage, act: ActRecord) -> bool:
    """Whether nobody took it back: neither the act nor the edit of a cluster that came of it."""
    if act.undone_by is not None:
        return False
    edit = act.details.get("edit")
    return edit is None or all(one.undone_by is None for one in storage.edits(act.repository_id) if one.id == int(edit))


def _newer(storage: Storage, act: ActRecord) -> list[ActRecord]:
    """Those about the same, of a kind that replaces it."""
    undone = storage.act(act.undoes) if act.undoes is not None else None
    kind = act.kind if undone is None else undone.kind
    kinds = next((one for one in REPLACING if kind in one), frozenset[str]())
    about = _about(act if undone is None else undone)
    found = [one for name in kinds for one in storage.acts(act.repository_id, kind=name, limit=NEWEST_READ)]
    return [
        one
        for one in found
        if (one.id or 0) > (act.id or 0) and one.state == DONE and SAME_AS not in one.details and _about(one) == about
    ]


def _about(act: ActRecord) -> tuple[object, ...]:
    return act.cluster_id, act.number, act.details.get("other")
