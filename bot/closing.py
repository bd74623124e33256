"""Closing, without a side effect: how a repository earns it, what the comment promises, when an issue may be closed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot import vetoes
from models.share import percent

LEAST_JUDGED = 100  # decisions
PRECISION = 0.97
DOUBT = 0.05  # so that the bound on precision holds with 95 % certainty
WINDOW = 100  # the newest judged decisions, among which too many wrong ones take the right away
WAIT = timedelta(days=7)
MOST_CLOSES = 5  # of one repository in one run
DAY = timedelta(days=1)

_HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Right:
    """How a repository stands with closing; the counts are since it lost the right last, or ever.

    `bound`: the precision is at least that, with 95 % certainty. `window`: the precision of the newest WINDOW.
    """

    earned: bool
    judged: int = 0
    right: int = 0
    bound: float = 0.0
    window: float = 0.0
    times_lost: int = 0

    def sentence(self) -> str:
        """The standing in words, with its figures."""
        bound = f"at least {percent(self.bound)} for certain"
        figures = f"{self.right} of {self.judged} judged decisions were right, {bound}"
        if self.earned:
            return f"earned: {figures}"
        since = " since it was lost" if self.times_lost else ""
        needs = f"needs {LEAST_JUDGED} and more than {percent(PRECISION, 0)}"
        if not self.judged:
            return f"not earned, the bot only comments: no decision was judged{since or ' yet'} ({needs})"
        return f"not earned, the bot only comments: {figures}{since} ({needs})"


def standing(judgements: Sequence[bool]) -> Right:
    """The right to close after people judged so many decisions, True where the bot was right, the oldest first.

    Earned once at least LEAST_JUDGED were judged and the precision is over PRECISION with 95 % certainty (the exact
    bound of Clopper and Pearson, 1934). Lost as soon as that no longer holds, or the newest WINDOW fall under PRECISION
    by themselves; then the count begins anew, and it has to be earned again.
    """
    earned, start, lost = False, 0, 0
    for end in range(1, len(judgements) + 1):
        deserved = _is_deserved(judgements[start:end], judgements[max(0, end - WINDOW) : end])
        if earned and not deserved:
            start, lost = end, lost + 1
        earned = deserved
    own, newest = judgements[start:], judgements[-WINDOW:]
    share = sum(newest) / len(newest) if newest else 0.0
    return Right(earned, len(own), sum(own), lower_bound(sum(own), len(own)), share, lost)


def _is_deserved(own: Sequence[bool], newest: Sequence[bool]) -> bool:
    if len(own) < LEAST_JUDGED or sum(newest) < PRECISION * len(newest):
        return False
    return _as_many(sum(own), len(own), PRECISION) < DOUBT


def lower_bound(right: int, judged: int) -> float:
    """The precision at which so many right ones have a chance of DOUBT: it is hardly lower than that."""
    if right == 0:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _as_many(right, judged, middle) < DOUBT else (low, middle)
    return low


def _as_many(right: int, judged: int, precision: float) -> float:
    """How probably at least so many of those judged are right, at this precision."""
    if precision in {0.0, 1.0}:
        return precision
    sure, unsure = math.log(precision), math.log1p(-precision)
    whole = math.lgamma(judged + 1)
    return math.fsum(
        math.exp(
            whole - math.lgamma(wrong + 1) - math.lgamma(judged - wrong + 1) + (judged - wrong) * sure + wrong * unsure
        )
        for wrong in range(judged - right + 1)
    )


def first_day(spoken_at: datetime) -> str:
    """The first whole day (UTC) on which what was said then may be followed by closing."""
    return ((spoken_at + WAIT).astimezone(UTC).date() + DAY).isoformat()


@dataclass(frozen=True, slots=True)
class Candidacy:
    """What is known of an issue that the bot may close, all of it read just now.

    `promised`: the first day that the comment names, None where it names none. `spoken_at`: when that comment was
    written. `person_spoke`: somebody wrote a comment since. `acted_at`: when a person last did something to the issue.
    """

    earned: bool
    is_duplicate: bool
    promised: str | None
    spoken_at: datetime
    person_spoke: bool = False
    acted_at: datetime | None = None
    objected: bool = False
    reopened: bool = False


def held_back(candidacy: Candidacy, now: datetime) -> tuple[str, ...]:
    """The names of what forbids to close the issue now (INV 17 to 20); it may be closed where there is none."""
    promised = candidacy.promised
    waits = now - candidacy.spoken_at < WAIT or (promised is not None and now < _begin(promised))
    acted = candidacy.acted_at is not None and now - candidacy.acted_at < WAIT
    rules = (
        (not candidacy.earned, vetoes.CLOSE_NOT_EARNED),
        (not candidacy.is_duplicate, vetoes.CLOSE_NO_DUPLICATE),
        (promised is None, vetoes.CLOSE_NOT_PROMISED),
        (waits, vetoes.CLOSE_WAITS),
        (candidacy.person_spoke, vetoes.CLOSE_PERSON_SPOKE),
        (acted, vetoes.CLOSE_PERSON_ACTED),
        (candidacy.objected, vetoes.CLOSE_OBJECTION),
        (candidacy.reopened, vetoes.REOPENED_BY_PERSON),
    )
    return tuple(name for applies, name in rules if applies)


def _begin(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
