"""What issues that are known to be one problem add to each other, as candidates of one that is like several of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Groups = Callable[[int], int]  # issue → one number for all that people know to be the same problem, itself if none is

NEAREST = 5  # of a group, the most probable count: a problem that has been reported often is not likelier for that
_BOUND = 9.0  # log-odds beyond which nothing is surer


def groups_of(numbers: Sequence[int], groups: Groups | None) -> NDArray[np.int64]:
    """The group of each issue, shape (numbers,); everyone's own where nobody said anything."""
    return np.array(numbers if groups is None else [groups(number) for number in numbers], dtype=np.int64)


def company(log_odds: Floats, groups: NDArray[np.int64], among: Flags | None = None) -> Floats:
    """What its group adds to each candidate's log-odds of being the same problem: shape as given, at least 0.

    The whole group's chance is that not all of its five most probable miss (noisy-or); what it has beyond a member's
    own is added there. Only those `among` the candidates speak for others. A group of one adds nothing.
    """
    added = np.zeros(len(log_odds))
    own = np.clip(log_odds, -_BOUND, _BOUND)
    speaks = np.ones(len(own), dtype=bool) if among is None else among
    for members in _shared(groups):
        nearest = np.sort(own[members[speaks[members]]])[-NEAREST:]
        together = _one_of(nearest)
        for at in members:
            whole = together if speaks[at] else _one_of(np.sort(np.append(nearest, own[at]))[-NEAREST:])
            added[at] = max(0.0, whole - own[at])
    return added


def _one_of(log_odds: Floats) -> float:
    """The log-odds that not all of them miss."""
    missed = -float(np.logaddexp(0.0, log_odds).sum())  # logarithm of the chance that all miss
    return float(np.log(-np.expm1(missed))) - missed if len(log_odds) else -_BOUND


def firsts(groups: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each group comes first, ascending."""
    return np.sort(np.unique(groups, return_index=True)[1])


def _shared(groups: NDArray[np.int64]) -> Iterator[NDArray[np.intp]]:
    """The places of each group of two or more."""
    names, counts = np.unique(groups, return_counts=True)
    for name in names[counts > 1]:
        yield np.flatnonzero(groups == name)
