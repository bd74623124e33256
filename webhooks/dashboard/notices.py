"""The notice of the act that an address names: what came of it, and whether that holds still."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from bot.storage.records import PAUSED, RESUMED, FeedbackRecord
from webhooks.dashboard.page import Asked
from webhooks.dashboard.posting import SAME_AS

DONE = "done"
DASHBOARD = "dashboard"  # the source of words that came by an act
WORDS = ("confirm", "dismiss")  # acts that are words about an issue
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
    newer = any(_stands(storage, one) for one in _newer(storage, act))
    return REPLACED if newer or _otherwise(storage, act) else ""


def _stands(storage: Storage, act: ActRecord) -> bool:
    """Whether nobody took it back: neither the act nor what came of it, the edit of a cluster or words."""
    if act.undone_by is not None:
        return False
    words = act.details.get("added")
    if words and act.kind in WORDS:
        kept = {
            (one.kind, one.other, one.said_at.isoformat()) for one in storage.feedback(act.repository_id, act.number)
        }
        return any((one["kind"], one["other"], one["said_at"]) in kept for one in words)
    edit = act.details.get("edit")
    return edit is None or all(one.undone_by is None for one in storage.edits(act.repository_id) if one.id == int(edit))


def _otherwise(storage: Storage, act: ActRecord) -> bool:
    """Whether somebody did or said otherwise since in another place: a comment, GitHub itself, the command line."""
    undone = storage.act(act.undoes) if act.undoes is not None else None
    about = act if undone is None else undone
    looks = ELSEWHERE.get(about.kind)
    return looks is not None and looks(storage, act, about)


def _paused_otherwise(storage: Storage, act: ActRecord, about: ActRecord) -> bool:
    last = next((one for one in reversed(_said(storage, act, None)) if one.kind in {PAUSED, RESUMED}), None)
    let = PAUSED if about.kind == "pause" else RESUMED
    if about is not act:
        let = str(about.details.get("before") or (PAUSED if let == RESUMED else RESUMED))
    return last is not None and last.kind != let


def _said_otherwise(storage: Storage, act: ActRecord, about: ActRecord) -> bool:
    kinds = {"confirm": ("separated", "objection"), "dismiss": ("duplicate",)}.get(act.kind, ())
    said = _said(storage, act, about.number)
    return any(one.kind in kinds and one.other in {act.details.get("other"), None} for one in said)


def _said(storage: Storage, act: ActRecord, number: int | None) -> list[FeedbackRecord]:
    """The words since that came by no act of the dashboard, the oldest first."""
    said = storage.feedback(act.repository_id, number)
    since = [one for one in said if one.said_at > act.at and one.source != DASHBOARD]
    return sorted(since, key=lambda one: one.said_at)


def _edited_otherwise(storage: Storage, act: ActRecord, about: ActRecord) -> bool:
    made = int(act.details.get("edit") or 0)
    wanted = (about.kind, about.cluster_id)
    same = [one for one in storage.edits(act.repository_id) if (one.edit.kind, one.edit.cluster) == wanted]
    return made > 0 and any(one.id > made and one.undone_by is None for one in same)


def _decided_otherwise(storage: Storage, act: ActRecord, about: ActRecord) -> bool:
    last = storage.last_decision(act.repository_id, about.number or 0)
    since = act.finished_at or act.at
    return last is not None and last.decided_at > since and not (act.outcome or "").endswith(f": {last.verdict}")


ELSEWHERE: Mapping[str, Callable[[Storage, ActRecord, ActRecord], bool]] = {
    **dict.fromkeys(("pause", "resume"), _paused_otherwise),
    **dict.fromkeys(WORDS, _said_otherwise),
    **dict.fromkeys(("rename", "label", "canonical"), _edited_otherwise),
    "rerun": _decided_otherwise,
}
"""Kinds of acts → how it is seen that they no longer hold, though no newer act of the dashboard replaced them."""


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
