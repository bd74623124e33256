"""How a repository's reports are spread over the hours of a week, so that a Monday morning is no surprise."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Hours = NDArray[np.float64]  # moments, in hours since 1970

HISTORY = timedelta(days=180)  # how far back counts as what is usual
YEAR = 365.25 * 24  # hours
WEEK = 168
ENOUGH = 500  # reports from which on the days and hours are told apart; fewer say little of 31 shares
SHRUNK = 50.0  # reports at the even spread that are added to the days and to the hours each
_MONDAY = 4 * 24.0  # 1970 began on a Thursday


@dataclass(frozen=True, slots=True)
class Rhythm:
    """`weights`: how busy each hour of the week is (UTC, from Monday's first, 1 on average); `per_year`: reports."""

    weights: tuple[float, ...] = (1.0,) * WEEK
    per_year: float = 0.0

    def positions(self, moments: Hours) -> Hours:
        """Moments on a clock that goes fast in busy hours: distances on it are hours at the average pace. Strictly
        increasing, and the same as the moments where nothing is known."""
        sums = np.concatenate([[0.0], np.cumsum(self.weights)])
        weeks, hours = np.divmod(moments - _MONDAY, WEEK)
        whole = np.minimum(hours.astype(np.intp), WEEK - 1)
        positions: Hours = weeks * WEEK + sums[whole] + (hours - whole) * np.asarray(self.weights)[whole]
        return positions + _MONDAY


def in_hours(moments: Iterable[datetime]) -> Hours:
    """Aware datetimes as ascending hours since 1970."""
    return np.sort(np.array([moment.timestamp() / 3600 for moment in moments], dtype=np.float64))


def learn(reports: Iterable[datetime], since: datetime, now: datetime) -> Rhythm:
    """The rhythm of a repository's reports between two moments, of which the last HISTORY counts.

    Days of the week and hours of the day are shrunk towards an even spread and multiplied, so that a few hundred
    reports suffice; `per_year` has one report more than were seen, which makes the rate of false alarms of
    `models.waves` a bound.
    """
    start, end = max(since, now - HISTORY).timestamp() / 3600, now.timestamp() / 3600
    moments = in_hours(reports)
    moments = moments[(moments >= start) & (moments <= end)]
    per_year = (len(moments) + 1) / max(1.0, end - start) * YEAR
    if len(moments) < ENOUGH:
        return Rhythm(per_year=per_year)
    hours = ((moments - _MONDAY) % WEEK).astype(np.intp)
    days = _shares(hours // 24, 7)
    weights = np.outer(days, _shares(hours % 24, 24)).ravel()
    return Rhythm(tuple(float(one) for one in weights / weights.mean()), per_year)


def _shares(places: NDArray[np.intp], count: int) -> Hours:
    counts = np.bincount(places, minlength=count) + SHRUNK / count
    shares: Hours = counts / counts.mean()
    return shares
