"""Waves: more reports of one problem in a short time than its own past explains.

The test. At each report of a cluster, for each of three windows that end with it, the number of *other* reports in the
window is compared with what the cluster's calm past predicts: a gamma–Poisson (negative binomial) tail whose spread has
two sources: that the rate is known only from the past, and that reports come in clumps even in calm times (the index of
dispersion that all clusters of the repository have together, or the cluster's own where that is higher, see
`models.clumps`). For reports at a constant rate, whatever it is, the first alone is the exact conditional test of two
Poisson rates (Przyborowski and Wilenski 1940), because by Slivnyak's theorem the others do not depend on the one that
is there; the second only makes it milder.

The rate of false alarms. A repository looks once per report, so each of the windows may err with probability
FALSE_ALARMS / (windows × reports a year). The expected number of false alarms is then at most FALSE_ALARMS a year over
all clusters of a repository, by the union bound; with the reports a year estimated as (n + 1) / time it stays so, since
E[1 / (n + 1)] ≤ 1 / E[n] for a Poisson n. `python -m benchmarks.waves` measures it, also for clumped reports.

The end. A wave is over when no window holds more than the past makes plausible (tail above CALM): far from where it was
noticed, so that it does not flutter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc  # type: ignore[import-untyped] # it ships no types

from models.clumps import ORDINARY, OWN_PRIOR, WINDOWS, counted, dispersion
from models.cluster import Wave
from models.rhythm import HISTORY, Hours, Rhythm, in_hours

FALSE_ALARMS = 1.0  # a year, in all clusters of a repository together, if nothing unusual happens there
LEAST = 5  # reports: fewer are nothing to alarm anybody about, however rare
CALM = 0.05  # tail probability above which a window's count is ordinary again
_LONGEST = float(WINDOWS.max())
_SHORT = 1 / 60  # hours: what is left of a window just after a wave is not made shorter than this

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Past:
    """What is usual: since when the repository's reports are known, their rhythm, the cluster's earlier waves, and how
    clumped reports come there (the index of dispersion for each of WINDOWS)."""

    since: datetime
    rhythm: Rhythm
    waves: tuple[tuple[datetime, datetime], ...] = ()
    clumps: tuple[float, ...] = ORDINARY


def notice(arrivals: Sequence[datetime], past: Past) -> Wave | None:
    """The wave that the last of a cluster's reports gives away, or None. Order and repetition do not matter."""
    ordered = sorted(arrivals)
    if len(ordered) < LEAST:
        return None
    moments = in_hours(ordered)
    last = moments[-1]
    usual = _Usual(moments, past, last - _LONGEST)
    starts = np.maximum(last - WINDOWS, usual.wave_over)
    counts = len(moments) - np.searchsorted(moments, starts, side="right")
    lengths = usual.lengths(starts, np.full(len(WINDOWS), last))
    tails = usual.tails(lengths, counts, given=True)
    best = int(np.argmin(tails))
    if counts[best] < LEAST or tails[best] > level(past.rhythm):
        return None
    began = len(moments) - int(counts[best])
    return Wave(
        began_at=ordered[began],
        noticed_at=ordered[-1],
        reports=int(counts[best]),
        expected=usual.rate * float(lengths[best]),
        peak_per_hour=_peak(moments[began:]),
        last_arrival_at=ordered[-1],
        probability=float(tails[best]),
    )


def level(rhythm: Rhythm) -> float:
    """The probability with which each window of each look may err."""
    return FALSE_ALARMS / (len(WINDOWS) * max(1.0, rhythm.per_year))


def follow(wave: Wave, arrivals: Sequence[datetime], past: Past, now: datetime) -> Wave:
    """The wave as of now: its reports so far, and where it has ended, the moment when it had.

    `past.waves` are those before it. A clock behind the reports counts as being at the last of them.
    """
    ordered = sorted(arrivals)
    everything = in_hours(ordered)
    usual = _Usual(everything, past, _hours(wave.noticed_at) - _LONGEST)
    before = int(np.searchsorted(everything, _hours(wave.began_at)))
    moments = everything[before:]
    if not len(moments):  # its reports are gone: deleted, or moved to another cluster
        return replace(wave, ended_at=wave.ended_at or wave.last_arrival_at)
    ended = _end(moments, usual, _hours(wave.noticed_at), max(_hours(now), float(moments[-1])))
    if ended is not None:
        moments = moments[moments <= ended]
    lasted = usual.lengths(moments[:1], moments[-1:])
    return replace(
        wave,
        reports=len(moments),
        expected=usual.rate * float(lasted[0]),
        peak_per_hour=_peak(moments),
        last_arrival_at=ordered[before + len(moments) - 1],
        ended_at=None if ended is None else _moment(ended),
    )


def replay(arrivals: Sequence[datetime], past: Past, now: datetime) -> tuple[Wave, ...]:
    """Every wave that a look at each report in turn would have noticed, oldest first; the last may be on."""
    ordered = sorted(arrivals)
    moments = in_hours(ordered)
    inside = np.arange(1, len(moments) + 1) - np.searchsorted(moments, moments - _LONGEST, side="right")
    found: list[Wave] = []
    for place in np.flatnonzero(inside >= LEAST):
        if found and (found[-1].ended_at is None or ordered[place] <= found[-1].ended_at):
            continue
        before = replace(past, waves=(*past.waves, *((one.began_at, one.ended_at) for one in found if one.ended_at)))
        noticed = notice(ordered[: place + 1], before)
        if noticed is not None:
            found.append(follow(noticed, ordered, before, now))
    return tuple(found)


class _Usual:
    """A cluster's calm reports before a moment, and what they predict."""

    def __init__(self, moments: Hours, past: Past, until: float) -> None:
        self._rhythm = past.rhythm
        waves = np.array([(_hours(start), _hours(end)) for start, end in past.waves]).reshape(-1, 2)
        self.wave_over = float(waves[:, 1].max(initial=-np.inf))
        begin = min(until, max(_hours(past.since), until - HISTORY / timedelta(hours=1)))
        calm = moments[(moments >= begin) & (moments <= until)]
        for start, end in waves:
            calm = calm[(calm < start) | (calm > end)]
        apart = np.clip(waves, begin, until)
        whole = self.lengths(np.array([begin]), np.array([until])).sum()
        self._exposure = max(0.0, float(whole - self.lengths(apart[:, 0], apart[:, 1]).sum()))
        self._seen = len(calm)
        own = zip(WINDOWS, past.clumps, strict=True)
        self._dispersions = np.array([self._dispersion(calm, until, *one) for one in own])

    @property
    def rate(self) -> float:
        """Reports an hour, at the average pace."""
        return self._seen / self._exposure if self._exposure else 0.0

    def lengths(self, starts: Hours, ends: Hours) -> Hours:
        """How long stretches of time are, in hours at the average pace."""
        lengths: Hours = self._rhythm.positions(ends) - self._rhythm.positions(starts)
        return lengths

    def tails(self, lengths: Hours, counts: Counts, *, given: bool) -> Hours:
        """How probable as many reports or more are in stretches of these lengths, shape (…, windows); `given` that one
        of them ends the stretch."""
        if not self._exposure:
            return np.ones(np.shape(counts))
        clumps = self._dispersions - 1
        mean = (self._seen + self._dispersions) * np.maximum(lengths, _SHORT) / self._exposure
        spread = clumps + mean / (self._seen / self._dispersions + 1)  # variance / mean - 1
        size = (mean + (clumps if given else 0.0)) / spread
        others = np.maximum(counts - 1 if given else counts, 0)
        tails: Hours = np.where(others > 0, betainc(np.maximum(others, 1), size, spread / (1 + spread)), 1.0)
        return tails

    def _dispersion(self, calm: Hours, until: float, window: float, usual: float) -> float:
        """The cluster's own index, drawn towards the repository's, which is the least."""
        stretches = self._exposure / window
        if self._seen < 2 or stretches <= 2:
            return usual
        ago = self.lengths(calm, np.full(len(calm), until))
        found = dispersion(counted(ago, window), stretches)
        return max(usual, (self._seen * found + OWN_PRIOR * usual) / (self._seen + OWN_PRIOR))


def _end(moments: Hours, usual: _Usual, noticed: float, now: float) -> float | None:
    """The first moment after the notice, and not after now, at which every window is ordinary again: one of those at
    which a report leaves a window."""
    leaving = np.unique((moments[:, None] + WINDOWS).ravel())
    leaving = leaving[(leaving > noticed) & (leaving <= now)][:, None]
    starts, ends = np.broadcast_arrays(leaving - WINDOWS + 1e-6, leaving)
    counts = np.searchsorted(moments, ends, side="right") - np.searchsorted(moments, starts, side="right")
    calm = (usual.tails(usual.lengths(starts, ends), counts, given=False) > CALM).all(axis=1)
    return float(leaving[np.argmax(calm), 0]) if calm.any() else None


def _peak(moments: Hours) -> int:
    """The most reports within an hour."""
    within = np.arange(1, len(moments) + 1) - np.searchsorted(moments, moments - 1.0, side="right")
    return int(within.max(initial=0))


def _hours(moment: datetime) -> float:
    return moment.timestamp() / 3600


def _moment(hours: float) -> datetime:
    return datetime.fromtimestamp(round(hours * 3600, 3), UTC)
