"""What a plot is drawn from: plain figures, which stand in the page beside its canvas; static/plots.js draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a day with the interval in which it may as well be; `of`: how many it was counted from."""

    at: date
    value: float | None
    low: float = 0.0
    high: float = 1.0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One series; `tone` is the number of its colour (1 to 8)."""

    name: str
    tone: int
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of a reliability plot: what was stated, what was seen with its interval, and of how many."""

    stated: float
    seen: float
    low: float
    high: float
    of: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasted; `words` say it in full, `ends` is None while it does."""

    name: str
    begins: datetime
    ends: datetime | None
    weight: float
    words: str
