"""How well the bot did, as people judged it: which decisions were right, week by week, and how far its scores hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.case import root_of
from bot.storage.look_records import Naming, Spoken
from bot.storage.records import FeedbackRecord, MissedRecord
from models.share import Share

BINS = 10  # of a reliability plot
WEEK = timedelta(days=7)
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision on which people spoke afterwards: what it had named, how sure it was, and whether that was right."""

    number: int
    named: int
    verdict: str
    probability: float
    decided_at: datetime
    spoken_at: datetime
    right: bool


@dataclass(frozen=True, slots=True)
class Week:
    """A week from its Monday on. `precision`: of what the bot called a duplicate in it, the share that was right.
    `recall`: of the duplicates that people named in it, the share that the bot had named before."""

    begins: date
    precision: Share
    recall: Share


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions of like certainty: the mean probability that was stated, and how often they were right."""

    stated: float
    seen: Share


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins in order; `brier`: the mean squared error of the probabilities; `ece`: the bins' mean distance between what
    was stated and what was seen."""

    bins: Sequence[Bin]
    judged: int
    brier: float | None = None
    ece: float | None = None


def judgements(spoken: Spoken) -> list[Judgement]:
    """One for each issue on which somebody spoke after the bot had named another one, by number."""
    words = words_by_issue(spoken.words)
    namings: dict[int, list[Naming]] = defaultdict(list)
    for naming in spoken.namings:
        namings[naming.number].append(naming)
    found = []
    for number in sorted(namings):
        said, closed = words.get(number, ()), spoken.closed.get(number)
        at = min([*(word.said_at for word in said), *([closed] if closed else [])], default=None)
        before = [one for one in namings[number] if at is not None and one.decided_at <= at]
        if at is None or not before or before[-1].named == number:
            continue
        last = before[-1]
        right = is_right(number, last.named, said, spoken.duplicates, closed_as_duplicate=closed is not None)
        if right is not None:
            found.append(Judgement(number, last.named, last.verdict, last.probability, last.decided_at, at, right))
    return found


def words_by_issue(said: Iterable[FeedbackRecord]) -> Mapping[int, list[FeedbackRecord]]:
    """Issue → what people said of it; what parts a pair counts for both."""
    words: dict[int, list[FeedbackRecord]] = defaultdict(list)
    for word in said:
        words[word.number].append(word)
        if word.kind == "separated" and word.other is not None:
            words[word.other].append(word)
    return words


def is_right(
    number: int,
    named: int,
    said: Sequence[FeedbackRecord],
    duplicates: Mapping[int, int],
    *,
    closed_as_duplicate: bool,
) -> bool | None:
    """Whether the issue that was named is the same problem, by what people said; None where they did not say."""
    apart = {word.other if word.number == number else word.number for word in said if word.kind == "separated"}
    confirmed = {root_of(word.other, duplicates) for word in said if word.kind == DUPLICATE and word.other}
    root = root_of(named, duplicates)
    if named in apart or root in apart:
        return False
    if confirmed:
        return root in confirmed
    if any(word.kind == "objection" for word in said):
        return False
    return True if closed_as_duplicate else None


def by_week(judged: Sequence[Judgement], missed: Sequence[MissedRecord], now: datetime, weeks: int) -> list[Week]:
    """The last weeks, oldest first, the present one last."""
    this = monday(now)
    begins = [this - WEEK * ago for ago in reversed(range(weeks))]
    flagged: dict[date, list[bool]] = defaultdict(list)
    known: dict[date, list[bool]] = defaultdict(list)
    for one in judged:
        if one.verdict == DUPLICATE:
            flagged[monday(one.decided_at)].append(one.right)
        if one.right:
            known[monday(one.spoken_at)].append(True)
    for miss in missed:
        known[monday(miss.linked_at)].append(False)
    return [Week(day, _share(flagged[day]), _share(known[day])) for day in begins]


def precision(judged: Sequence[Judgement]) -> Share:
    """Of what the bot called a duplicate and people judged, the share that was right."""
    return _share([one.right for one in judged if one.verdict == DUPLICATE])


def recall(judged: Sequence[Judgement], missed: Sequence[MissedRecord]) -> Share:
    """Of the duplicates that people named, the share that the bot had named before."""
    right = sum(one.right for one in judged)
    return Share.of(right, right + len(missed))


def reliability(judged: Sequence[Judgement]) -> Reliability:
    """What was stated against what was seen, in bins of equal width."""
    bins: dict[int, list[Judgement]] = defaultdict(list)
    for one in judged:
        bins[min(BINS - 1, int(one.probability * BINS))].append(one)
    found = []
    for _, some in sorted(bins.items()):
        stated = sum(one.probability for one in some) / len(some)
        found.append(Bin(stated, _share([one.right for one in some])))
    if not judged:
        return Reliability((), 0)
    brier = sum((one.probability - one.right) ** 2 for one in judged) / len(judged)
    ece = sum(one.seen.whole * abs(one.stated - (one.seen.part or 0.0)) for one in found) / len(judged)
    return Reliability(found, len(judged), brier, ece)


def monday(at: datetime) -> date:
    """The day, in UTC, on which its week begins."""
    day = at.date()
    return day - timedelta(days=day.weekday())


def _share(outcomes: Sequence[bool]) -> Share:
    return Share.of(sum(outcomes), len(outcomes))
