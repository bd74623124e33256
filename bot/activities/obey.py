"""Each command → the words that are kept, or the reason for which it cannot be obeyed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.activities.observe import observe_issue
from bot.activities.standing import SAYS_NOTHING
from bot.activities.words import UNDONE, UPKEEP, last_act, overruled, restored
from bot.case import root_of
from bot.services import Services
from bot.storage.records import ADOPTED, PAUSED, RESUMED, DecisionRecord, FeedbackRecord, RepositoryRecord
from models.decision import Verdict
from models.text import looks_like_security_report

NO_OTHER = "say which issue it is a duplicate of"
THE_SAME = "an issue is no duplicate of itself"
CIRCLE = "#{} is itself a duplicate of this issue"
NOT_THERE = "#{} is not there"
PULL_REQUEST = "#{} is a pull request"
SECURITY_REPORT = "#{} reads like a security report, which is never named in public"
NOTHING_TO_UNDO = "there is nothing to undo"
SAID_SINCE = "the bot was {} since"
APART = timedelta(minutes=2)  # that our clock, by which the dashboard's words are dated, may be ahead of GitHub's


class Refused(Exception):
    """The command cannot be obeyed; the reason is a sentence of ours."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who says what, where, and about which other issue. `source` names the comment or reaction, for its memory; `at`:
    when GitHub had it."""

    services: Services
    repository: RepositoryRecord
    number: int
    actor: str
    kind: str  # of the source: command | comment | reaction | event
    source: str
    other: int | None = None
    at: datetime | None = None

    def record(self, kind: str, other: int | None = None, value: str | None = None) -> FeedbackRecord:
        """A word of this person, now."""
        at = self.services.clock()
        return FeedbackRecord(self.repository.id, self.number, kind, at, self.actor, self.kind, other, value)

    def said(self) -> list[FeedbackRecord]:
        """What was said of the issue before."""
        return list(self.services.storage.feedback(self.repository.id, self.number))


@dataclass(frozen=True, slots=True)
class Change:
    """Words that are taken back, and words that are added."""

    withdrawn: tuple[FeedbackRecord, ...] = ()
    added: tuple[FeedbackRecord, ...] = ()

    @staticmethod
    def of(*added: FeedbackRecord) -> Change:
        """Words of one act, which are known by their common time."""
        return Change(added=tuple(replace(one, said_at=added[0].said_at) for one in added))


def objection(word: Word, *, value: str | None = None) -> Change:
    """The issue is another problem than what the bot named, or than the one issue that is named (INV 8, 17, 18)."""
    if word.other == word.number:
        raise Refused(THE_SAME)
    if word.other is not None:
        return Change.of(word.record("separated", word.other, value))
    last = _concluded(word)
    canonical = last.body.get("canonical") if last is not None else None
    pair = [word.record("separated", canonical, value)] if canonical not in {None, word.number} else []
    return Change.of(word.record("objection", None, value), *pair)


def confirmation(word: Word, *, value: str | None = None) -> Change:
    """The issue is a duplicate of another; what was said against the pair, or against the root (INV 4), is over.

    The pair is kept as it was said: when the other one gets another root, this one goes with it. A later issue may be
    named: the two belong together, and none is told to be a duplicate of a later one (INV 2).
    """
    root = _root(word)
    _check_target(word, root)
    named = _kept(word, root)
    parting = {("separated", side) for side in (root, named)}
    against = [one for one in word.said() if one.kind == "objection" or (one.kind, one.other) in parting]
    for other in sorted({root, named}):
        theirs = word.services.storage.feedback(word.repository.id, other)
        against += [one for one in theirs if (one.kind, one.other) == ("separated", word.number)]
    return _confirmed(word, word.record("duplicate", named, value), against)


def _kept(word: Word, root: int) -> int:
    """The issue that was named, where it may be a target should it turn out to be no duplicate, else its root."""
    other = word.other or root
    stored = word.services.storage.issue(word.repository.id, other)
    if stored is None or stored.issue.is_pull_request or looks_like_security_report(stored.text):
        return root
    return other


def _confirmed(word: Word, fresh: FeedbackRecord, against: Sequence[FeedbackRecord]) -> Change:
    """What was said last holds, so the same person's same word counts from now on, with what it had overruled."""
    same = (fresh.kind, fresh.actor, fresh.other, fresh.value)
    again = [one for one in word.said() if (one.kind, one.actor, one.other, one.value) == same]
    held = restored(word.services.storage.feedback(word.repository.id), again)
    over = [overruled(one, fresh.said_at) for one in (*held, *against)]
    return Change((*against, *again, *over), (*_undone(word, against), *over, fresh))


def _check_target(word: Word, root: int) -> None:
    issue = observe_issue(word.services, word.repository, root)
    if issue is None:
        raise Refused(NOT_THERE.format(root))
    if issue.is_pull_request:
        raise Refused(PULL_REQUEST.format(root))  # INV 7
    stored = word.services.storage.issue(word.repository.id, root)
    if stored is not None and looks_like_security_report(stored.text):
        raise Refused(SECURITY_REPORT.format(root))  # INV 44


def _root(word: Word) -> int:
    other = word.other
    if other is None:
        raise Refused(NO_OTHER)
    if other == word.number:
        raise Refused(THE_SAME)
    duplicates = dict(word.services.storage.duplicates(word.repository.id))
    duplicates.pop(word.number, None)
    root = root_of(other, duplicates)
    if root == word.number:
        raise Refused(CIRCLE.format(other))  # INV 1
    return root


def undoing(word: Word) -> Change:
    """Takes back what a person said of the issue last, or else what the bot says of it by itself."""
    last = _concluded(word)
    words = last_act(word.said())
    speaks = last is not None and last.verdict not in SAYS_NOTHING
    if words and not (speaks and last is not None and _by_itself(last.trigger) and last.decided_at > words[0].said_at):
        return withdrawal(word, words)
    if not speaks:
        raise Refused(NOTHING_TO_UNDO)
    return objection(replace(word, other=None))


def _resting(word: Word, kind: str) -> Change:
    """Whether the bot rests is what was said of it last, however late the deliveries come."""
    now = word.services.clock()
    at = min(word.at or now, now)
    said = word.services.storage.feedback(word.repository.id)
    newer = [one for one in said if one.kind in {PAUSED, RESUMED} - {kind} and one.said_at > at]
    if any(one.source == "command" or one.said_at - at > APART for one in newer):
        raise Refused(SAID_SINCE.format(RESUMED if kind == PAUSED else PAUSED))
    return Change.of(replace(word.record(kind, None, word.source), said_at=max([at, *(one.said_at for one in newer)])))


def withdrawal(word: Word, words: Sequence[FeedbackRecord], mark: str | None = None) -> Change:
    """Words are taken back, and what they had overruled holds again; `mark`: what the record calls them."""
    back = restored(word.services.storage.feedback(word.repository.id), words)
    return Change((*words, *back), (*_undone(word, words, mark), *back.values()))


def _concluded(word: Word) -> DecisionRecord | None:
    """What the bot concluded last; a decision that left the issue alone left that standing."""
    decisions = word.services.storage.decisions(word.repository.id, number=word.number)
    left = Verdict.IGNORED.value
    return next((one for one in decisions if one.trigger != UPKEEP and one.verdict != left), None)


def _by_itself(trigger: str) -> bool:
    return trigger in {"delivery", "rerun", "follow", ADOPTED}


def _undone(word: Word, words: Sequence[FeedbackRecord], mark: str | None = None) -> tuple[FeedbackRecord, ...]:
    """One line each for the record, by the source of the word where it has one: that source is not heard again."""
    return tuple(word.record(UNDONE, one.other, mark or one.value or f"{one.kind} {word.source}") for one in words)


OBEY: Mapping[str, Callable[[Word], Change]] = {
    "different": objection,
    "duplicate": confirmation,
    "rerun": lambda _: Change(),
    "undo": undoing,
    "pause": lambda word: _resting(word, PAUSED),
    "resume": lambda word: _resting(word, RESUMED),
}
