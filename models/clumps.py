"""How much rougher reports come than chance: the index of dispersion (variance by mean) of their counts in stretches.

A cluster has too few reports to tell its own roughness, so a repository's clusters tell it together. Where one report
brings others (people find a thread and file theirs) the index is high everywhere, and a burst means less.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from models.rhythm import HISTORY, Hours, Rhythm, in_hours

WINDOWS = np.array([1.0, 6.0, 24.0])  # hours
CLUMPED = 1.25  # the index that reports of one cause have in calm times, on the development streams: it is the least
PRIOR = 50.0  # reports that this counts for beside the repository's own
OWN_PRIOR = 5.0  # reports that the repository's index counts for beside a cluster's own
LATELY = timedelta(days=1)
MOST = 6.0  # reports more than usual in one stretch are a wave, and teach no roughness
ORDINARY = (CLUMPED,) * len(WINDOWS)

Counted = NDArray[np.float64]


def learn_clumps(
    clusters: Iterable[Iterable[datetime]], rhythm: Rhythm, since: datetime, now: datetime
) -> tuple[float, ...]:
    """The index of each window, over all clusters of a repository in the last HISTORY between two moments.

    What came in the last day is left out: it may be the wave that is looked for. Each cluster is held
    against its own mean, so that busy ones are not rough for it; CLUMPED where little is known.
    """
    until = max(since, now - LATELY)
    begin, end = rhythm.positions(in_hours([max(since, now - HISTORY), until]))
    placed = [rhythm.positions(in_hours(one)) for one in clusters]
    inside = [one[(one >= begin) & (one <= end)] for one in placed]
    return tuple(_pooled(inside, float(end - begin), float(end), float(window)) for window in WINDOWS)


def _pooled(clusters: Iterable[Hours], exposure: float, end: float, window: float) -> float:
    stretches, above, reports = exposure / window, PRIOR * CLUMPED, PRIOR
    for one in clusters:
        if len(one) < 2 or stretches <= 2:
            continue  # nothing that could differ
        counts = np.minimum(counted(end - one, window), MOST + 3 * len(one) / stretches)
        above += counts.sum() * dispersion(counts, stretches)
        reports += counts.sum()
    return max(CLUMPED, above / reports)


def counted(ago: Hours, window: float) -> Counted:
    """How many reports are in each stretch of a window's length that has any; `ago`: hours from each to the end."""
    counts: Counted = np.unique(ago // window, return_counts=True)[1].astype(np.float64)
    return counts


def dispersion(counts: Counted, stretches: float) -> float:
    """Variance by mean of the counts in so many stretches, the empty ones included; of two reports or more."""
    mean = float(counts.sum()) / stretches
    return (float((counts**2).sum()) - stretches * mean**2) / ((stretches - 1) * mean)
