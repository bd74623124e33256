"""What people said of an issue, as far as it holds: whom they confirmed, what they said last, what they took back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.case import root_of
from bot.storage.records import FeedbackRecord
from models.company import Groups
from models.forest import roots_of

WITHHELD = "the bot is paused here"  # why an effect was not carried out
SHADOW = "the mode is shadow"
UPKEEP = "upkeep"  # what causes a decision that only repeats the last one, with the reports that point there
NOTICE = "notice"  # what causes a decision that only tells of a wrong configuration
OBEYED, UNDONE = "obeyed", "undone"
OVERRULED = "overruled"  # an objection, or a pair told apart, that a confirmation of that moment took back
CHANGES = frozenset(
    {"separated", "duplicate", "objection", "label-removed", "comment-deleted"}
)  # never *reopened* (INV 19)


def confirmed_target(said: Sequence[FeedbackRecord], number: int, duplicates: Mapping[int, int]) -> int | None:
    """The root of which a person called the issue a duplicate, where nobody objected and the pair was not separated.

    `duplicates` leaves the issue itself out; a later issue is never a target (INV 2).
    """
    root = _target_said(said, number, duplicates)
    return root if root is not None and root < number else None


def later_target(said: Sequence[FeedbackRecord], number: int, duplicates: Mapping[int, int]) -> bool:
    """Whether that root came after the issue, so that the bot names neither it nor another one in its place."""
    root = _target_said(said, number, duplicates)
    return root is not None and root > number


def _target_said(said: Sequence[FeedbackRecord], number: int, duplicates: Mapping[int, int]) -> int | None:
    mine = [one for one in said if one.number == number]
    named = [one.other for one in mine if one.kind == "duplicate" and one.other is not None]
    if not named or any(one.kind == "objection" for one in mine):
        return None
    root = root_of(named[-1], duplicates)
    apart = {frozenset((one.number, one.other)) for one in said if one.kind == "separated"}
    is_apart = any(frozenset((number, one)) in apart for one in (root, named[-1]))
    return None if is_apart else root


def linked(said: Sequence[FeedbackRecord], duplicates: Mapping[int, int], *, before: int) -> dict[int, int]:
    """Issue → its root, also for those that people called a duplicate of a later one: whoever came after both is led to
    the one that they chose, unless somebody objected since, or told the two apart (INV 8, 17). Issues from `before` on
    lead nowhere (INV 2)."""
    found = roots_of(duplicates)
    apart = {frozenset((one.number, one.other)) for one in said if one.kind == "separated"}
    left = duplicates.keys() | {one.number for one in said if one.kind == "objection"}
    words = [one for one in said if one.kind == "duplicate" and one.other is not None and one.number not in left]
    for number, other in {one.number: one.other for one in words}.items():
        if other is None or not number < other < before or frozenset((number, other)) in apart:
            continue
        if (root := _root(other, found)) != number:
            found[number] = root
    return {
        one: root for one, root in roots_of(found).items() if one in duplicates or frozenset((one, root)) not in apart
    }


def _root(number: int, found: dict[int, int]) -> int:
    """The end of the chain, which is shorter from now on (path halving)."""
    while (above := found.get(number)) is not None:
        found[number] = found.get(above, above)
        number = found[number]
    return number


def told_groups(said: Sequence[FeedbackRecord], number: int) -> Groups:
    """Whom people told to be one problem before they spoke of this issue: each to the root of its group.

    What the bot concluded by itself does not count: it would only hear itself again. Whom a person told apart from this
    issue speaks for nobody.
    """
    apart = {frozenset((one.number, one.other)) for one in said if one.kind == "separated" and one.other is not None}
    told = {
        one.number: one.other
        for one in said
        if one.kind == "duplicate" and one.other is not None and number not in {one.number, one.other}
        if frozenset((one.number, one.other)) not in apart
    }
    foes = {other for pair in apart if number in pair for other in pair}
    roots = roots_of(told)
    return lambda one: -one if one in foes else roots.get(one, one)


def last_act(said: Sequence[FeedbackRecord]) -> list[FeedbackRecord]:
    """The words of the last thing that a person said of an issue; `said` is of that issue, in order."""
    words = [one for one in said if one.kind in CHANGES]
    return [one for one in words if (one.said_at, one.actor) == (words[-1].said_at, words[-1].actor)]


def overruled(against: FeedbackRecord, at: datetime) -> FeedbackRecord:
    """A word against a duplicate, as it is kept once a person confirmed the duplicate at that moment."""
    return replace(against, kind=OVERRULED, said_at=at)


def restored(said: Sequence[FeedbackRecord], gone: Sequence[FeedbackRecord]) -> dict[FeedbackRecord, FeedbackRecord]:
    """What the confirmations among the words that go had overruled → the word that holds again (INV 18), or that a
    later confirmation overrules all the same."""
    moments = {one.said_at for one in gone if one.kind == "duplicate"}
    held = [one for one in said if one.kind == OVERRULED and one.said_at in moments]
    stay = [one for one in said if one.kind == "duplicate" and one not in gone]
    return {one: _held_again(one, stay) for one in held}


def _held_again(word: FeedbackRecord, confirmed: Sequence[FeedbackRecord]) -> FeedbackRecord:
    later = [one for one in confirmed if one.said_at > word.said_at]
    if word.other is None:
        later = [one for one in later if one.number == word.number]
        return replace(word, kind="objection") if not later else overruled(word, later[0].said_at)
    pair = {word.number, word.other}
    later = [one for one in later if {one.number, one.other} == pair]
    return replace(word, kind="separated") if not later else overruled(word, later[0].said_at)


def taken_back(said: Sequence[FeedbackRecord], source: str) -> bool:
    """Whether a word from this source (a reaction, a comment) was taken back before: it is not heard a second time."""
    return any(one.kind == UNDONE and one.value == source for one in said)


def why_silent(mode: str, *, is_paused: bool) -> str | None:
    """Why what is decided or done here is only recorded (INV 26); None where the bot writes."""
    if mode == "shadow":
        return SHADOW
    return WITHHELD if is_paused else None


def is_silent_close(word: FeedbackRecord) -> bool:
    """Whether it stands for a close as duplicate by somebody who named no issue: they may have meant another than ours.
    Where they named one, `value` says by what."""
    return (word.kind, word.source, word.value) == ("duplicate", "event", None)


def claims_of(said: Sequence[FeedbackRecord], source: str) -> list[FeedbackRecord]:
    """What a comment called a duplicate in passing; what it commanded holds whatever becomes of the comment."""
    return [one for one in said if (one.kind, one.source, one.value) == ("duplicate", "comment", source)]


def is_paused(pauses: Mapping[int, FeedbackRecord], repository_id: int) -> bool:
    """Whether maintainers asked for silence in the repository."""
    return repository_id in pauses
