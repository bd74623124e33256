"""What a person did in the dashboard → what is kept of it: an edit of clusters, words about an issue, a pause.

The worker does this. What follows on GitHub (an issue is decided again, comments are edited) is its workflow's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.activities.curate import UNDO, Acted, act, last_act, split_of
from bot.activities.doing import DONE, REFUSED, Doing, Followed
from bot.activities.obey import Refused
from bot.activities.observe import config_in_force
from bot.activities.rollback import roll_back
from bot.activities.saying import PAUSES, WORDS, confirm, dismiss, pausing, undo_pausing, undo_words
from bot.activities.telling import broadcast, undo_broadcast
from bot.activities.words import is_paused, why_silent
from bot.errors import NotFound, TriageError
from bot.services import Services
from bot.storage.dashboard_records import ActRecord
from bot.storage.records import PAUSED, RESUMED, EditRecord, RepositoryRecord
from models.curation import Edit, fit_label, fit_title

NO_UNDO = "this cannot be undone"
NOTES = 2  # of what an act could not do, in its answer
TWIN = "same_as"  # the detail of an act that was sent twice: the first one's id
SENT_TWICE = timedelta(seconds=10)  # at most between the two


def follow(services: Services, repository: RepositoryRecord, asked: ActRecord) -> Followed:
    """Do what can be done without GitHub; what the bot refuses is an outcome too. Safe to repeat."""
    handler = HANDLERS.get(asked.kind)
    if handler is None:
        return Followed(REFUSED, f"“{asked.kind}” is nothing that can be done here")
    twin = _twin(services, asked)
    if twin is not None:
        return Followed(DONE, twin.outcome or "", {TWIN: twin.id})
    try:
        return _with_silence(Doing(services, repository, asked), handler(Doing(services, repository, asked)))
    except (Refused, TriageError) as refusal:
        return Followed(REFUSED, str(refusal))


def only_recorded(services: Services, repository: RepositoryRecord) -> str:
    """What an answer ends with where nothing of it is written on GitHub; else nothing."""
    mode = config_in_force(services, repository).mode
    reason = why_silent(mode, is_paused=is_paused(services.storage.pauses(repository.id), repository.id))
    return f"; it is only recorded: {reason}" if reason else ""


def _with_silence(doing: Doing, done: Followed) -> Followed:
    undone = doing.services.storage.act(doing.act.undoes) if doing.act.undoes is not None else None
    kind = undone.kind if undone is not None else doing.act.kind
    if done.state != DONE or kind not in WRITTEN:
        return done
    return replace(done, outcome=done.outcome + only_recorded(doing.services, doing.repository))


def _twin(services: Services, asked: ActRecord) -> ActRecord | None:
    """The same act of the same person, done a moment ago with nothing in between: the form was sent twice."""
    for last in services.storage.acts(asked.repository_id, before=asked.id, limit=1):
        named = [(one.actor, one.kind, one.cluster_id, one.number, one.undoes) for one in (last, asked)]
        same = named[0] == named[1] and all(last.details.get(key) == it for key, it in asked.details.items())
        holds = last.state == DONE and last.undone_by is None and asked.at - last.at <= SENT_TWICE
        return last if same and holds else None
    return None


def _rename(doing: Doing) -> Edit:
    title = _fit(fit_title, doing.text())
    return doing.edit(doing.cluster(), value=title or None)


def _label(doing: Doing) -> Edit:
    label = _fit(fit_label, doing.text())
    return doing.edit(doing.cluster(), value=label or None)


def _fit(rule: Callable[[str], str], text: str) -> str:
    try:
        return rule(text)
    except ValueError as unfit:
        raise TriageError(str(unfit)) from unfit


def _canonical(doing: Doing) -> Edit:
    return doing.edit(doing.cluster(), doing.numbers()[:1])


def _named(doing: Doing) -> Edit:
    numbers = doing.numbers()
    if not numbers:
        raise TriageError("it names no issue: write numbers like 12, 15")
    return doing.edit(doing.cluster(), numbers)


def _merge(doing: Doing) -> Edit:
    gone, stays = doing.cluster(), doing.cluster(str(doing.act.details.get("into") or "nothing"))
    if gone.slug is not None:
        raise TriageError(f"{gone.id} is defined in the configuration, so it cannot end: merge into it instead")
    if gone.id == stays.id:
        raise TriageError(f"{gone.id} cannot be merged into itself")
    at = doing.services.clock()
    return Edit("merge", at, doing.act.actor, stays.id, gone.members, gone.id, stays.members)


def _split(doing: Doing) -> Edit:
    whole, numbers = doing.cluster(), doing.numbers()
    strangers = sorted(set(numbers) - set(whole.members))
    if strangers:
        raise NotFound(f"#{strangers[0]} is not in {whole.id}")
    if not numbers or len(numbers) == len(whole.members):
        raise TriageError("some of the members leave, and some stay")
    return split_of(doing.services, doing.repository.id, whole, numbers, doing.act.actor)


def _editing(make: Callable[[Doing], Edit]) -> Callable[[Doing], Followed]:
    def handler(doing: Doing) -> Followed:
        with doing.services.storage.lock(doing.repository.id):
            known = _kept_already(doing)
            if known is not None:
                return Followed(DONE, "kept", {"edit": known.id})
            config = config_in_force(doing.services, doing.repository)
            return _edited(act(doing.services, doing.repository, config, make(doing)))

    return handler


def _kept_already(doing: Doing) -> EditRecord | None:
    """The edit that an attempt kept which died before it could say so."""
    kinds = {"merge": "merge", "undo-edit": UNDO, "undo": UNDO}
    wanted = kinds.get(doing.act.kind, doing.act.kind)
    mine = (one for one in doing.services.storage.edits(doing.repository.id) if one.edit.at >= doing.act.at)
    same = (one for one in mine if (one.edit.actor, one.edit.kind) == (doing.act.actor, wanted))
    claimed = {one.details.get("edit") for one in doing.services.storage.acts(doing.repository.id)}
    return next((one for one in same if one.id not in claimed), None)


def _edited(done: Acted, first: str = "") -> Followed:
    told = [first] if first else []
    told += [f"{one.title}: {counted(len(one.members))}" for one in done.changed]
    told += [f"{gone} ended" for gone in done.gone]
    told += [f"note: {problem}" for problem in done.problems[:NOTES]]
    told += [f"{len(done.problems) - NOTES} more notes"] if len(done.problems) > NOTES else []
    clusters = [one.id for one in done.changed]
    return Followed(DONE, "; ".join(told) or "nothing changed", {"edit": done.id, "clusters": clusters})


def counted(reports: int) -> str:
    """`1 report`, `5 reports`."""
    return f"{reports} report{'' if reports == 1 else 's'}"


def _undo_edit(doing: Doing) -> Followed:
    return _undone(doing, int(doing.act.details.get("edit") or 0))


def _undone(doing: Doing, number: int) -> Followed:
    services, repository = doing.services, doing.repository
    with services.storage.lock(repository.id):
        edits = services.storage.edits(repository.id)
        known = next((one.undone_by for one in edits if one.id == number), None)
        if known is not None and any(one.id == known and one.edit.at >= doing.act.at for one in edits):
            return Followed(DONE, "undone", {"edit": known})
        taken_back = last_act(services, repository.id, number)
        edit = Edit(UNDO, services.clock(), doing.act.actor, taken_back.edit.cluster, value=str(number))
        done = act(services, repository, config_in_force(services, repository), edit, undoes=number)
    newer = _newer(edits, taken_back) if taken_back.edit.kind in SETTING else None
    stands = "" if newer is None else f"; a newer one by {newer.edit.actor} stands, so that nothing changes"
    return _edited(done, f"the {taken_back.edit.kind} is undone{stands}")


def _newer(edits: Sequence[EditRecord], edit: EditRecord) -> EditRecord | None:
    """The newest edit that set the same of the same cluster later, and holds."""
    later = [one for one in edits if (one.id or 0) > (edit.id or 0) and one.undone_by is None]
    same = [one for one in later if (one.edit.kind, one.edit.cluster) == (edit.edit.kind, edit.edit.cluster)]
    return same[-1] if same else None


def _roll_back(doing: Doing) -> Followed:
    to = doing.act.details.get("to")
    storage, config = doing.services.storage, config_in_force(doing.services, doing.repository)
    with storage.lock(doing.repository.id, refit=True), storage.lock(doing.repository.id):
        made = roll_back(doing.services, doing.repository, config, int(to) if to else None)
    return Followed(DONE, f"published as generation {made.generation}", {"generation": made.generation})


def _undo(doing: Doing) -> Followed:
    """Another act, taken back."""
    other = doing.services.storage.act(doing.act.undoes or 0)
    if other is None or other.repository_id != doing.repository.id or other.state != DONE:
        raise NotFound("there is no such act that could be undone")
    if other.undone_by is not None:
        raise TriageError("this was undone before")
    handler = UNDOING.get(other.kind)
    if handler is None:
        raise TriageError(NO_UNDO)
    return handler(doing, other)


def _undo_edit_of(doing: Doing, other: ActRecord) -> Followed:
    return _undone(doing, int(other.details.get("edit") or 0))


HANDLERS: Mapping[str, Callable[[Doing], Followed]] = {
    "rename": _editing(_rename),
    "label": _editing(_label),
    "canonical": _editing(_canonical),
    "pin": _editing(_named),
    "exclude": _editing(_named),
    "merge": _editing(_merge),
    "split": _editing(_split),
    "undo-edit": _undo_edit,
    "confirm": confirm,
    "dismiss": dismiss,
    "pause": pausing(PAUSED),
    "resume": pausing(RESUMED),
    "rollback": _roll_back,
    "broadcast": broadcast,
    "undo": _undo,
}
"""Everything that can be done at once; a rerun and a refit take their workflow's steps instead."""

WRITTEN = frozenset({*WORDS, "broadcast", "label", "canonical"})  # what follows from these, comments and labels tell
SETTING = ("rename", "label", "canonical")  # of these, the newest on a cluster holds
EDITS = ("rename", "label", "canonical", "pin", "exclude", "merge", "split")
UNDOING: Mapping[str, Callable[[Doing, ActRecord], Followed]] = {
    **dict.fromkeys(EDITS, _undo_edit_of),
    **dict.fromkeys(WORDS, undo_words),
    **dict.fromkeys(PAUSES, undo_pausing),
    "broadcast": undo_broadcast,
}
