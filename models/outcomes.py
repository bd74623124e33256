"""Labelled issues in the order of their arrival → what a ranker said of each, and whether it was right."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.labelled import Labelled, groups
from models.rankers import Ranked, Ranker

NOTHING = Ranked(np.zeros(0, dtype=np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ranker said of one issue: the rank of its best earlier group member (infinite where there is none or it
    was not found), the top candidate with its score, whether that one is in the group, and the best candidates."""

    number: int
    is_query: bool
    rank: float
    top: int | None
    score: float
    right: bool
    language: str | None = None
    best: Ranked = field(default=NOTHING, compare=False, repr=False)


def replay(items: Sequence[Labelled], ranker: Ranker, tick: Callable[[], None] = lambda: None) -> list[Outcome]:
    """One outcome an issue; the items are in the order of their arrival, and each sees only those before it."""
    group = groups(items)
    seen: dict[int, list[int]] = {}  # group → its members so far
    outcomes = []
    for item in items:
        own = group[item.issue.number]
        members = seen.setdefault(own, [])
        outcomes.append(_outcome(item, ranker.rank(item.issue), members))
        members.append(item.issue.number)
        ranker.add(item.issue)
        tick()
    return outcomes


def _outcome(item: Labelled, ranked: Ranked, members: Sequence[int]) -> Outcome:
    is_query = bool(members)
    if not len(ranked.numbers):
        return Outcome(item.issue.number, is_query, math.inf, None, 0.0, right=False, language=item.language)
    rank = rank_of(ranked.scores, np.isin(ranked.numbers, members)) if is_query else math.inf
    return Outcome(
        number=item.issue.number,
        is_query=is_query,
        rank=rank,
        top=int(ranked.numbers[0]),
        score=float(ranked.scores[0]),
        right=rank == 1,
        language=item.language,
        best=ranked.best(),
    )


def rank_of(scores: NDArray[np.float64], member: NDArray[np.bool_]) -> float:
    """The rank of the best member, infinite without one; of equal scores the member comes last: a tie is no merit."""
    if not member.any():
        return math.inf
    best = scores[member].max()
    return float(np.sum(scores > best) + np.sum((scores == best) & ~member) + 1)
