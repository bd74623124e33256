"""A maintainer's words on the dashboard about an issue or the bot itself, and how each is taken back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bot.activities.curate import put_back
from bot.activities.doing import DASHBOARD, DONE, Doing, Followed
from bot.activities.obey import NOT_THERE, PULL_REQUEST, Change, Word, confirmation, objection
from bot.activities.observe import config_in_force
from bot.activities.people import constraints_of
from bot.errors import NotFound, TriageError
from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from bot.storage.records import PAUSED, RESUMED, FeedbackRecord
from models.constraints import resolve

WORDS = ("confirm", "dismiss")
PAUSES = ("pause", "resume")
HOMES = "homes"  # the detail that says which cluster the issues were in before
PAIR = 2  # members of a cluster that ends when one leaves

PAUSED_NOW = "the bot is paused: it records, and writes nothing"
AT_WORK = "the bot is at work again"


def confirm(doing: Doing) -> Followed:
    """Two issues are one problem."""
    return _said(doing, confirmation(_word(doing), value=doing.source), "a duplicate of #{}")


def dismiss(doing: Doing) -> Followed:
    """They are not."""
    word = _word(doing)
    if word.other is not None:
        _check_issue(doing, word.other)
    return _said(doing, objection(word, value=doing.source), "another problem than #{}")


def undo_words(doing: Doing, other: ActRecord) -> Followed:
    """What was said before is there again, and who was moved by it is where they were."""
    _check_nothing_newer(doing, other)
    withdrawn = _from_data(other.details.get("withdrawn", ()))
    added = _from_data(other.details.get("added", ()))
    storage, repository = doing.services.storage, doing.repository
    with storage.lock(repository.id):
        storage.amend_feedback(repository.id, added, withdrawn)
        homes = {int(number): home for number, home in other.details.get(HOMES, ())}
        notes = put_back(doing.services, repository, config_in_force(doing.services, repository), homes, other.at)
    told = [f"what was said of #{other.number} is as it was before", *notes]
    if HOMES not in other.details:
        told.append("its cluster changes with the next refit")
    return Followed(DONE, "; ".join(told))


def acts_taken_back(storage: Storage, repository_id: int, number: int) -> dict[int, datetime]:
    """The issues that words of the dashboard on this one named, and when these words were undone there."""
    undone = [
        one for one in storage.acts(repository_id, number=number) if one.kind in WORDS and one.undone_by is not None
    ]
    ends = storage.acts_of(repository_id, [one.undone_by or 0 for one in undone]) if undone else {}
    found: dict[int, datetime] = {}
    for one in reversed(undone):  # the newest last
        end = ends[one.undone_by or 0]
        added = _from_data(one.details.get("added", ()))
        found |= {word.other: end.finished_at or end.at for word in added if word.other is not None}
    return found


def pausing(kind: str) -> Callable[[Doing], Followed]:
    """The bot rests, or works again."""

    def handler(doing: Doing) -> Followed:
        return _let(doing, kind)

    return handler


def undo_pausing(doing: Doing, other: ActRecord) -> Followed:
    """As it was before the act, unless somebody paused or resumed since."""
    newer = [one.actor for one in _of_kinds(doing, PAUSES) if (one.id or 0) > (other.id or 0)]
    newer += [one.actor for one in _said_elsewhere(doing) if one.said_at > other.at]
    if newer:
        return Followed(DONE, f"taken back; what {newer[0]} said later of pausing holds")
    kinds = {"pause": RESUMED, "resume": PAUSED}
    return _let(doing, other.details.get("before") or kinds[other.kind])


def _said_elsewhere(doing: Doing) -> list[FeedbackRecord]:
    """The commands in comments that pause the bot, or let it work."""
    said = doing.services.storage.feedback(doing.repository.id)
    return [one for one in said if one.kind in {PAUSED, RESUMED} and one.source != DASHBOARD]


def _let(doing: Doing, kind: str) -> Followed:
    storage, repository_id = doing.services.storage, doing.repository.id
    before = PAUSED if repository_id in storage.pauses(repository_id) else RESUMED
    word = Word(doing.services, doing.repository, 0, doing.act.actor, DASHBOARD, doing.source)
    storage.save_feedback(word.record(kind, None, doing.source))
    return Followed(DONE, PAUSED_NOW if kind == PAUSED else AT_WORK, {"before": before})


def _word(doing: Doing) -> Word:
    other, number = doing.act.details.get("other"), doing.act.number or 0
    _check_issue(doing, number)
    named = int(other) if other is not None else None
    return Word(doing.services, doing.repository, number, doing.act.actor, DASHBOARD, doing.source, named)


def _check_issue(doing: Doing, number: int) -> None:
    """Raises NotFound where it is no issue that is known here (INV 7)."""
    row = doing.services.storage.issue(doing.repository.id, number)
    if row is None:
        raise NotFound(NOT_THERE.format(number))
    if row.issue.is_pull_request:
        raise NotFound(PULL_REQUEST.format(number))


def _said(doing: Doing, change: Change, words: str) -> Followed:
    """Kept as the words of one moment, with what they took back, so that both can be undone."""
    added = Change.of(*change.added).added
    number = doing.act.number or 0
    homes = _homes(doing, {number, *(one.other for one in added if one.other is not None)})
    doing.services.storage.amend_feedback(doing.repository.id, change.withdrawn, added)
    other = next((one.other for one in reversed(added) if one.other is not None), None)
    outcome = f"#{number} is {words.format(other)}" if other else f"#{number} stands alone"
    kept = {"withdrawn": _as_data(change.withdrawn), "added": _as_data(added), HOMES: homes}
    return Followed(DONE, outcome, kept)


def _homes(doing: Doing, numbers: Collection[int]) -> list[tuple[int, str | None]]:
    """Where these issues are now, all that people put together with them, and who is left alone when they go."""
    storage, repository_id = doing.services.storage, doing.repository.id
    blocks = resolve(constraints_of(storage.feedback(repository_id))).blocks
    moved = {one for block in blocks if not block.isdisjoint(numbers) for one in block} | set(numbers)
    clusters = storage.clusters_in_force(repository_id, holding=moved)
    moved |= {member for one in clusters if len(one.members) <= PAIR for member in one.members}
    homes = {member: one.id for one in clusters for member in one.members}
    return [(number, homes.get(number)) for number in sorted(moved)]


def _check_nothing_newer(doing: Doing, other: ActRecord) -> None:
    """Raises TriageError where a newer word took these back, or rests on what they took back: it would come undone."""
    own = other.details.get("added", ())
    for one in _of_kinds(doing, WORDS, other.number):
        took = [word for word in one.details.get("withdrawn", ()) if word in own]
        rests = one.kind == "confirm" and bool(other.details.get("withdrawn"))
        if (one.id or 0) > (other.id or 0) and (took or rests):
            raise TriageError(f"{one.actor} said something newer of #{other.number} that rests on it: undo that first")


def _of_kinds(doing: Doing, kinds: Sequence[str], number: int | None = None) -> list[ActRecord]:
    """The acts of these kinds that hold, the newest first."""
    storage, repository_id = doing.services.storage, doing.repository.id
    found = [one for kind in kinds for one in storage.acts(repository_id, kind=kind, number=number)]
    return sorted((one for one in found if one.state == DONE and one.undone_by is None), key=lambda one: -(one.id or 0))


def _as_data(words: Sequence[FeedbackRecord]) -> list[dict[str, Any]]:
    return [asdict(one) | {"said_at": one.said_at.isoformat()} for one in words]


def _from_data(words: Sequence[Mapping[str, Any]]) -> list[FeedbackRecord]:
    return [FeedbackRecord(**{**one, "said_at": datetime.fromisoformat(one["said_at"])}) for one in words]
