"""What a person did in the dashboard → what is kept of it: an edit of clusters, words about an issue, a pause.

The worker does this. What follows on GitHub (an issue is decided again, comments are edited) is its workflow's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from bot.activities.broadcast import keep_status
from bot.activities.curate import UNDO, Acted, act, last_act, split_of
from bot.activities.obey import Change, Refused, Word, confirmation, objection
from bot.activities.observe import config_in_force
from bot.activities.rollback import roll_back
from bot.errors import NotFound, TriageError
from bot.services import Services
from bot.storage.consent import PAUSED, RESUMED
from bot.storage.dashboard_records import ActRecord
from bot.storage.records import EditRecord, FeedbackRecord, RepositoryRecord
from models.cluster import Cluster
from models.curation import Edit, fit_label, fit_title

NUMBERS_MOST = 500  # issues that one act names
DONE, REFUSED = "done", "refused"
DASHBOARD = "dashboard"
NO_UNDO = "this cannot be undone"


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of an act: its state, a sentence, and what is added to its details."""

    state: str
    outcome: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doing:
    """An act that is being followed."""

    services: Services
    repository: RepositoryRecord
    act: ActRecord

    @property
    def source(self) -> str:
        """By what its words are known."""
        return f"act {self.act.id}"

    def text(self) -> str:
        """The text that it sets, as it came."""
        return str(self.act.details.get("value") or "")

    def value(self) -> str:
        """The same on one line."""
        return " ".join(self.text().split())

    def numbers(self) -> tuple[int, ...]:
        """The issues that it names."""
        named = dict.fromkeys(int(one) for one in self.act.details.get("numbers", ()))
        if len(named) > NUMBERS_MOST:
            raise TriageError(f"an act names {NUMBERS_MOST} issues at most")
        return tuple(named)

    def cluster(self, name: str | None = None) -> Cluster:
        """The cluster in force with this id; NotFound where there is none (any more)."""
        wanted = name or self.act.cluster_id or ""
        found = self.services.storage.clusters_in_force(self.repository.id, ids=[wanted])
        if not found:
            raise NotFound(f"there is no cluster {wanted} (any more)")
        return found[0]

    def edit(self, cluster: Cluster, numbers: Sequence[int] = (), value: str | None = None) -> Edit:
        """The act as an edit of a cluster."""
        at = self.services.clock()
        return Edit(self.act.kind, at, self.act.actor, cluster.id, tuple(numbers), value)


def follow(services: Services, repository: RepositoryRecord, asked: ActRecord) -> Followed:
    """Do what can be done without GitHub; what the bot refuses is an outcome too. Safe to repeat."""
    handler = HANDLERS.get(asked.kind)
    if handler is None:
        return Followed(REFUSED, f"“{asked.kind}” is nothing that can be done here")
    try:
        return handler(Doing(services, repository, asked))
    except (Refused, TriageError) as refusal:
        return Followed(REFUSED, str(refusal))


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
    told += [f"{one.title}: {len(one.members)} reports" for one in done.changed]
    told += [f"{gone} ended" for gone in done.gone]
    told += [f"note: {problem}" for problem in done.problems]
    clusters = [one.id for one in done.changed]
    return Followed(DONE, "; ".join(told) or "nothing changed", {"edit": done.id, "clusters": clusters})


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
    return _edited(done, f"the {taken_back.edit.kind} is undone")


def _confirm(doing: Doing) -> Followed:
    return _said(doing, confirmation(_word(doing), value=doing.source), "a duplicate of #{}")


def _dismiss(doing: Doing) -> Followed:
    return _said(doing, objection(_word(doing), value=doing.source), "another problem than #{}")


def _word(doing: Doing) -> Word:
    other = doing.act.details.get("other")
    number = doing.act.number or 0
    if doing.services.storage.issue(doing.repository.id, number) is None:
        raise NotFound(f"#{number} is not there")
    named = int(other) if other is not None else None
    return Word(doing.services, doing.repository, number, doing.act.actor, DASHBOARD, doing.source, named)


def _said(doing: Doing, change: Change, words: str) -> Followed:
    """Kept as the words of one moment, with what they took back, so that both can be undone."""
    added = Change.of(*change.added).added
    doing.services.storage.amend_feedback(doing.repository.id, change.withdrawn, added)
    other = next((one.other for one in reversed(added) if one.other is not None), None)
    outcome = f"#{doing.act.number} is {words.format(other)}" if other else f"#{doing.act.number} stands alone"
    return Followed(DONE, outcome, {"withdrawn": _as_data(change.withdrawn), "added": _as_data(added)})


def _pausing(kind: str) -> Callable[[Doing], Followed]:
    def handler(doing: Doing) -> Followed:
        word = Word(doing.services, doing.repository, 0, doing.act.actor, DASHBOARD, doing.source)
        doing.services.storage.save_feedback(word.record(kind, None, doing.source))
        told = "the bot is paused: it records, and writes nothing" if kind == PAUSED else "the bot is at work again"
        return Followed(DONE, told)

    return handler


def _roll_back(doing: Doing) -> Followed:
    to = doing.act.details.get("to")
    storage = doing.services.storage
    with storage.lock(doing.repository.id, refit=True), storage.lock(doing.repository.id):
        made = roll_back(doing.services, doing.repository, int(to) if to else None)
    return Followed(DONE, f"published as generation {made.generation}", {"generation": made.generation})


def _broadcast(doing: Doing) -> Followed:
    """What the cluster's members are told from now on; an empty text takes it away."""
    return _told(doing, doing.cluster().id, doing.value() or None)


def _told(doing: Doing, cluster_id: str, text: str | None) -> Followed:
    storage, repository_id = doing.services.storage, doing.repository.id
    before = storage.statuses(repository_id).get(cluster_id)
    at = doing.services.clock()
    shown = keep_status(storage, repository_id, cluster_id, text, doing.act.actor, at)
    said = "is told in" if shown.text is not None else "is taken out of"
    words = f"the status {said} {shown.count} comment{'' if shown.count == 1 else 's'}, one after the other"
    return Followed(DONE, words, {"before": before.text if before is not None else None})


def _undo_broadcast_of(doing: Doing, other: ActRecord) -> Followed:
    return _told(doing, other.cluster_id or "", other.details.get("before"))


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


def _undo_words_of(doing: Doing, other: ActRecord) -> Followed:
    withdrawn = _from_data(other.details.get("withdrawn", ()))
    added = _from_data(other.details.get("added", ()))
    doing.services.storage.amend_feedback(doing.repository.id, added, withdrawn)
    return Followed(DONE, f"what was said of #{other.number} is as it was before")


def _as_data(words: Sequence[FeedbackRecord]) -> list[dict[str, Any]]:
    return [asdict(one) | {"said_at": one.said_at.isoformat()} for one in words]


def _from_data(words: Sequence[Mapping[str, Any]]) -> list[FeedbackRecord]:
    return [FeedbackRecord(**{**one, "said_at": datetime.fromisoformat(one["said_at"])}) for one in words]


HANDLERS: Mapping[str, Callable[[Doing], Followed]] = {
    "rename": _editing(_rename),
    "label": _editing(_label),
    "canonical": _editing(_canonical),
    "pin": _editing(_named),
    "exclude": _editing(_named),
    "merge": _editing(_merge),
    "split": _editing(_split),
    "undo-edit": _undo_edit,
    "confirm": _confirm,
    "dismiss": _dismiss,
    "pause": _pausing(PAUSED),
    "resume": _pausing(RESUMED),
    "rollback": _roll_back,
    "broadcast": _broadcast,
    "undo": _undo,
}
"""Everything that can be done at once; a rerun and a refit take their workflow's steps instead."""

EDITS = ("rename", "label", "canonical", "pin", "exclude", "merge", "split")
UNDOING: Mapping[str, Callable[[Doing, ActRecord], Followed]] = {
    **dict.fromkeys(EDITS, _undo_edit_of),
    **dict.fromkeys(("confirm", "dismiss"), _undo_words_of),
    "broadcast": _undo_broadcast_of,
    "pause": lambda doing, _: _pausing(RESUMED)(doing),
    "resume": lambda doing, _: _pausing(PAUSED)(doing),
}
