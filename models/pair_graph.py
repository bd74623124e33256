"""Each issue's most probable neighbours over a whole history, judged in batches: the graph that is clustered.

The probabilities are those of `PairScorer.scores`, the mean of the two directions, because a pair has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array  # type: ignore[import-untyped] # it ships no types
from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped] # it ships no types

from models.bm25 import Rows
from models.features import features_of
from models.near_rows import nearest
from models.pair_measures import PairMeasures
from models.retrieval import CROSS, SALIENT, TITLE, IssueIndex
from models.scorer import PairScorer

Keys = NDArray[np.int64]
Probabilities = NDArray[np.float32]
Tick = Callable[[int, int], None]  # pairs judged, pairs to judge

NEIGHBOURS = 20
CANDIDATES = 40  # of each kind for each issue: twice the neighbours, because the score orders them anew
RARE_TERM = 100  # issues: a term in more of them makes no candidate by itself
RARE_VALUE = 20  # the same for a fact's value; beyond, its holders are alike in words too
LEAST_WORDS = 0.08  # share of its own score that a text reaches by rare terms alone
LINKED = 0.25  # from this probability on a pair holds a component together, whose other pairs are judged too
WHOLE = 400  # issues: a larger component is not judged pair by pair
COMPLETED = 40  # pairs an issue, over the whole history, that completing components may cost
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class PairGraph:
    """Judged pairs of issues: `left` and `right` are places in `numbers` (ascending), left < right, sorted.

    Shapes (issues,) and (pairs,). A pair that is not here was not among the most probable of either issue.
    """

    numbers: NDArray[np.int64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    probabilities: Probabilities


def nobody(_done: int, _pairs: int) -> None:
    """Progress that nobody watches."""


def pair_graph(
    index: IssueIndex,
    scorer: PairScorer | Callable[[int], PairScorer],
    *,
    neighbours: int = NEIGHBOURS,
    numbers: Sequence[int] | None = None,
    tick: Tick = nobody,
) -> PairGraph:
    """The `neighbours` most probable pairs of each issue, and every pair inside a small component of these.

    `numbers` leaves the other issues of the index out; raises KeyError for one that is not there. A function in place
    of the scorer names the scorer that may judge an issue (cross-validation).
    """
    history = PairMeasures(index, index.numbers() if numbers is None else sorted(set(numbers)))
    judge = _Judge(history, scorer, tick)
    keys = _candidates(history)
    probabilities = judge.probabilities(keys)
    kept = _most_probable(keys, probabilities, len(history), neighbours)
    keys, probabilities = keys[kept], probabilities[kept]
    more = np.setdiff1d(_inside(keys[probabilities >= LINKED], len(history)), keys, assume_unique=True)
    keys, probabilities = np.append(keys, more), np.append(probabilities, judge.probabilities(more))
    order = np.argsort(keys)
    left, right = _places(keys[order], len(history))
    return PairGraph(history.numbers, left.astype(np.int32), right.astype(np.int32), probabilities[order])


def components(left: Rows, right: Rows, size: int) -> NDArray[np.int32]:
    """The component of each of `size` places that these pairs connect: shape (size,)."""
    joined = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    found: NDArray[np.int32] = connected_components(joined, directed=False)[1]
    return found


@dataclass(slots=True)
class _Judge:
    history: PairMeasures
    scorer: PairScorer | Callable[[int], PairScorer]
    tick: Tick

    def probabilities(self, keys: Keys) -> Probabilities:
        """The mean of both directions for each pair."""
        found = np.zeros(len(keys), dtype=np.float32)
        for start in range(0, len(keys), _BLOCK):
            one, other = _places(keys[start : start + _BLOCK], len(self.history))
            adjusted, denied = self.history.adjusted(one, other), self.history.denied(one, other)
            forth, back = (features_of(each) for each in self.history.both_ways(one, other))
            found[start : start + len(one)] = (
                self._judged(one, forth, adjusted, denied) + self._judged(other, back, adjusted, denied)
            ) / 2
            self.tick(start + len(one), len(keys))
        return found

    def _judged(
        self, asking: Rows, features: NDArray[np.float64], adjusted: NDArray[np.float64], denied: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        if isinstance(self.scorer, PairScorer):
            return self.scorer.probabilities(features, adjusted, denied)
        result = np.zeros(len(asking))
        scorers: dict[int, tuple[PairScorer, list[int]]] = {}
        for at, number in enumerate(self.history.numbers[asking].tolist()):
            scorer = self.scorer(number)
            scorers.setdefault(id(scorer), (scorer, []))[1].append(at)
        for scorer, places in scorers.values():
            result[places] = scorer.probabilities(features[places], adjusted[places], denied[places])
        return result


def _candidates(history: PairMeasures) -> Keys:
    """Keys of the pairs worth judging: near in meaning, sharing rare words, or sharing a telling fact."""
    size = len(history)
    found = [_keys(one, other, size) for one, other in _near(history)]
    found += [_keys(*pair, size) for pair in history.words.sharing(RARE_TERM, LEAST_WORDS, CANDIDATES)]
    found += [_keys(*pair, size) for pair in history.holding(RARE_VALUE)]
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def _near(history: PairMeasures) -> Iterator[tuple[Rows, Rows]]:
    """As `IssueIndex.fused` weighs vectors, with the mean of the crossed products for the better of them."""
    title, salient = history.vectors[:, 0], history.vectors[:, 1]
    asking = np.hstack([TITLE * title + CROSS / 2 * salient, SALIENT * salient + CROSS / 2 * title])
    return nearest(asking, np.hstack([title, salient]), CANDIDATES)


def _keys(one: Rows, other: Rows, size: int) -> Keys:
    return np.unique(np.minimum(one, other).astype(np.int64) * size + np.maximum(one, other))


def _places(keys: Keys, size: int) -> tuple[Rows, Rows]:
    return (keys // max(1, size)).astype(np.intp), (keys % max(1, size)).astype(np.intp)


def _most_probable(keys: Keys, probabilities: Probabilities, size: int, most: int) -> NDArray[np.bool_]:
    """Which pairs are among the most probable of one of their issues; of equals the one with the lower place."""
    left, right = _places(keys, size)
    issue, other = np.append(left, right), np.append(right, left)
    order = np.lexsort((other, -np.append(probabilities, probabilities), issue))
    starts = np.searchsorted(issue[order], np.arange(size))
    place = np.arange(len(order)) - starts[issue[order]]
    kept = np.zeros(len(keys), dtype=bool)
    kept[order[place < most] % max(1, len(keys))] = True
    return kept


def _inside(linked: Keys, size: int) -> Keys:
    """Every pair inside the components that these pairs connect, the smallest first until it becomes too much."""
    member_of = components(*_places(linked, size), size)
    order = np.argsort(member_of, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(member_of[order])) + 1)
    found, left_over = [np.zeros(0, dtype=np.int64)], COMPLETED * size
    for members in sorted(parts, key=lambda part: (len(part), part[0] if len(part) else 0)):
        left_over -= len(members) * (len(members) - 1) // 2
        if left_over < 0 or len(members) > WHOLE:
            break
        if len(members) > 2:
            one, other = np.triu_indices(len(members), k=1)
            found.append(members[one].astype(np.int64) * size + members[other])
    return np.sort(np.concatenate(found))
