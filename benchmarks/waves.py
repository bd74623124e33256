"""Waves: how often chance is taken for one, and how soon a real one is noticed; all of it simulated.

The bot starts with half a year of history, learns what is usual from each half year, and is counted in the next one.
`--as-if-smooth` leaves out what the clusters tell of their clumps, which is what the test did before it had them.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.clumps import ORDINARY, learn_clumps
from models.rhythm import learn
from models.waves import FALSE_ALARMS, Past, replay

START = datetime(2025, 1, 6, tzinfo=UTC)
CLUSTERS = 200
LOWEST, HIGHEST = -2.6, 0.1  # decimal logarithms of the clusters' reports a day: from one a year to one a day
TRIES = 30
HALF_YEAR = 182  # days

Hours = NDArray[np.float64]
Kind = Callable[[np.random.Generator, float, int], Hours]  # reports of one cluster: its rate a day, for how many days


def steady(rng: np.random.Generator, rate: float, days: int) -> Hours:
    """One constant rate."""
    return rng.uniform(0, 24 * days, rng.poisson(rate * days))


def clumped(rng: np.random.Generator, rate: float, days: int, more: float = 0.25) -> Hours:
    """Each report brings `more` others on average within hours."""
    first = steady(rng, rate / (1 + more), days)
    echoes = rng.geometric(1 / (1 + more), len(first)) - 1
    later = [one + rng.exponential(6) for one, count in zip(first, echoes, strict=True) for _ in range(count)]
    return np.concatenate([first, np.array(later)])


def very_clumped(rng: np.random.Generator, rate: float, days: int) -> Hours:
    """Each report brings another one on average."""
    return clumped(rng, rate, days, 1.0)


def self_exciting(rng: np.random.Generator, rate: float, days: int, branching: float = 0.5) -> Hours:
    """Each report, also one that was brought, brings half a one within hours (Hawkes 1971)."""
    brought = [steady(rng, rate * (1 - branching), days)]
    while len(brought[-1]):
        children = rng.poisson(branching, len(brought[-1]))
        brought.append(np.repeat(brought[-1], children) + rng.exponential(6, int(children.sum())))
    return np.concatenate(brought)


def changing(rng: np.random.Generator, rate: float, days: int) -> Hours:
    """Each day has a rate of its own, gamma with shape 3."""
    counts = rng.poisson(rate * rng.gamma(3, 1 / 3, days))
    return np.repeat(np.arange(days) * 24.0, counts) + rng.uniform(0, 24, counts.sum())


def office_hours(rng: np.random.Generator, rate: float, days: int) -> Hours:
    """Most reports come on weekdays between eight and six."""
    moments = steady(rng, 4 * rate, days)
    share = np.where((moments % 24 > 8) & (moments % 24 < 18), 1.9, 0.36) * np.where(moments // 24 % 7 < 5, 1.2, 0.5)
    kept: Hours = moments[rng.uniform(0, 4, len(moments)) < share]
    return kept


def false_alarms(kind: Kind, years: int, seed: int, *, smooth: bool) -> tuple[float, float]:
    """Alarms a year in a repository in which nothing happens, and its reports a year."""
    rng = np.random.default_rng(seed)
    halves = 2 * years + 1
    rates = 10 ** rng.uniform(LOWEST, HIGHEST, CLUSTERS)
    clusters = [np.sort(kind(rng, float(rate), halves * HALF_YEAR)) for rate in rates]
    alarms = sum(_alarms_in(clusters, half * HALF_YEAR * 24.0, smooth=smooth) for half in range(1, halves))
    reports = sum(int((one > HALF_YEAR * 24).sum()) for one in clusters)
    return alarms / years, reports / years


def _alarms_in(clusters: Sequence[Hours], begin: float, *, smooth: bool) -> int:
    """Those in the half year from this hour on, by what the one before it taught."""
    at, end = START + timedelta(hours=begin), START + timedelta(hours=begin + HALF_YEAR * 24)
    lately = [_moments(one[abs(one - begin) <= HALF_YEAR * 24]) for one in clusters]
    past = taught([[report for report in one if report <= at] for one in lately], at, smooth=smooth)
    return sum(found.noticed_at > at for one in lately for found in replay(one, past, end))


def taught(clusters: Sequence[Sequence[datetime]], now: datetime, *, smooth: bool) -> Past:
    """What a repository's reports up to a moment say of its usual days."""
    rhythm = learn(itertools.chain(*clusters), START, now)
    return Past(START, rhythm, clumps=ORDINARY if smooth else learn_clumps(clusters, rhythm, START, now))


def noticed_at(kind: Kind, rate: float, reports: int, hours: float, *, smooth: bool) -> Sequence[int]:
    """Of TRIES waves on a cluster with this rate a day, in a repository of such reports: at which of its reports each
    was noticed (missed: left out)."""
    rng, found = np.random.default_rng(1), []
    begin = HALF_YEAR * 24
    now = START + timedelta(hours=begin)
    others = [kind(rng, float(one), HALF_YEAR) for one in 10 ** rng.uniform(LOWEST, HIGHEST, CLUSTERS)]
    past = taught([_moments(one[one <= begin]) for one in others], now, smooth=smooth)
    for _ in range(TRIES):
        wave = begin + np.sort(rng.uniform(0, hours, reports))
        arrivals = _moments(np.concatenate([kind(rng, rate, HALF_YEAR), wave]))
        waves = replay(arrivals, past, now + timedelta(days=30))
        first = next((one for one in waves if one.noticed_at > now), None)
        if first is not None:
            found.append(sum(at <= first.noticed_at for at in _moments(wave)))
    return found


def _moments(hours: Hours) -> list[datetime]:
    return [START + timedelta(hours=float(hour)) for hour in np.sort(hours)]


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--years", type=int, default=4)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--as-if-smooth", action="store_true")
    chosen = options.parse_args()
    smooth: bool = chosen.as_if_smooth
    print(
        f"false alarms a repository-year (promised: at most {FALSE_ALARMS:.0f}), {CLUSTERS} clusters, "
        f"{chosen.years * chosen.seeds} years"
    )
    for kind in (steady, changing, office_hours, clumped, very_clumped, self_exciting):
        found = [false_alarms(kind, chosen.years, seed, smooth=smooth) for seed in range(chosen.seeds)]
        alarms, reports = np.mean(found, axis=0)
        print(f"  {kind.__name__:13} {alarms:5.2f}   of {reports:6.0f} reports", flush=True)
    for kind in (steady, self_exciting):
        print(f"noticed at which report (median of {TRIES} waves; repository of such reports: {kind.__name__})")
        for rate, (reports, hours) in itertools.product((0.0, 0.05, 0.5, 3.0), ((20, 6.0), (20, 24.0), (60, 72.0))):
            found_at = noticed_at(kind, rate, reports, hours, smooth=smooth)
            median = f"{np.median(found_at):4.0f}" if found_at else "   –"
            print(
                f"  {rate:4} a day before, {reports} in {hours:2.0f} h: {median}   found {len(found_at)} of {TRIES}",
                flush=True,
            )


if __name__ == "__main__":
    main()
