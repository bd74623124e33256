"""Waves: how often chance is taken for one, and how soon a real one is noticed; all of it simulated."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.rhythm import Rhythm, learn
from models.waves import FALSE_ALARMS, Past, replay

START = datetime(2025, 1, 6, tzinfo=UTC)
CLUSTERS = 200
LOWEST, HIGHEST = -2.6, 0.1  # decimal logarithms of the clusters' reports a day: from one a year to one a day
TRIES = 30

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
    """Each report brings another one on average: rougher than the test takes for granted."""
    return clumped(rng, rate, days, 1.0)


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


def false_alarms(kind: Kind, years: int, seed: int) -> tuple[float, float]:
    """Alarms a year in a repository in which nothing happens, and its reports a year."""
    rng, days = np.random.default_rng(seed), 365 * years
    rates = 10 ** rng.uniform(LOWEST, HIGHEST, CLUSTERS)
    clusters = [_moments(kind(rng, float(rate), days)) for rate in rates]
    end = START + timedelta(days=days)
    past = Past(START, learn(itertools.chain(*clusters), START, end))
    reports = sum(map(len, clusters))
    return sum(len(replay(one, past, end)) for one in clusters) / years, reports / years


def noticed_at(rate: float, reports: int, hours: float, per_year: int, seed: int) -> Sequence[int]:
    """Of TRIES waves on a cluster with this rate a day: at which of its reports each was noticed (missed: left out)."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(TRIES):
        wave = 200 * 24 + np.sort(rng.uniform(0, hours, reports))
        arrivals = _moments(np.concatenate([clumped(rng, rate, 200), wave]))
        begins = START + timedelta(days=199)
        waves = replay(arrivals, Past(START, Rhythm(per_year=per_year)), START + timedelta(days=230))
        first = next((one for one in waves if one.noticed_at > begins), None)
        if first is not None:
            found.append(sum(START + timedelta(hours=float(hour)) <= first.noticed_at for hour in wave))
    return found


def _moments(hours: Hours) -> list[datetime]:
    return [START + timedelta(hours=float(hour)) for hour in np.sort(hours)]


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--years", type=int, default=4)
    options.add_argument("--seeds", type=int, default=5)
    chosen = options.parse_args()
    print(
        f"false alarms a repository-year (promised: at most {FALSE_ALARMS:.0f}), {CLUSTERS} clusters, "
        f"{chosen.years * chosen.seeds} years"
    )
    for kind in (steady, changing, office_hours, clumped, very_clumped):
        found = [false_alarms(kind, chosen.years, seed) for seed in range(chosen.seeds)]
        alarms, reports = np.mean(found, axis=0)
        print(f"  {kind.__name__:13} {alarms:5.2f}   of {reports:6.0f} reports")
    print(f"noticed at which report (median of {TRIES} waves; repository with 10,000 reports a year)")
    for rate, (reports, hours) in itertools.product((0.0, 0.05, 0.5, 3.0), ((20, 6.0), (20, 24.0), (60, 72.0))):
        found_at = noticed_at(rate, reports, hours, 10_000, seed=1)
        median = f"{np.median(found_at):4.0f}" if found_at else "   –"
        print(f"  {rate:4} a day before, {reports} in {hours:2.0f} h: {median}   found {len(found_at)} of {TRIES}")


if __name__ == "__main__":
    main()
