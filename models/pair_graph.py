"""Each issue's most probable neighbours over a whole history, judged in batches: the graph that is clustered.

What is judged are the probabilities of `PairScorer.pair_scores`, the mean of the two directions, because a pair has
none; what is clustered are the chances that `models.levels` makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.agglomeration import NO_RULES, Agglomeration, Pairs
from models.bm25 import Rows
from models.features import features_of
from models.levels import backgrounds, chances, chances_of_one
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
LOOSE = 0.15  # mean probability of the groups inside which every pair is judged, because it may decide about a cluster
WHOLE = 400  # issues: a larger group is not judged pair by pair
COMPLETED = 40  # pairs an issue, over the whole history, that this may cost
_BLOCK = 32_768


@dataclass(frozen=True, slots=True)
class PairGraph:
    """Judged pairs of issues: `left` and `right` are places in `numbers` (ascending), left < right, sorted.

    Shapes (issues,) and (pairs,). A pair that is not here was not among the most probable of either issue: it has at
    most the probability of each one's last neighbour, its floor; 0 for an issue of which every candidate is here.
    """

    numbers: NDArray[np.int64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    probabilities: Probabilities
    floors: Probabilities


def nobody(_done: int, _pairs: int) -> None:
    """Progress that nobody watches."""


def pair_graph(
    index: IssueIndex,
    scorer: PairScorer | Callable[[int], PairScorer],
    *,
    numbers: Sequence[int] | None = None,
    tick: Tick = nobody,
) -> PairGraph:
    """What is clustered: the judged pairs, with their chances against the background in place of their probabilities.

    As `judged_pairs` for the rest.
    """
    return levelled(judged_pairs(index, scorer, numbers=numbers, tick=tick))


def levelled(graph: PairGraph) -> PairGraph:
    """The graph with chances for probabilities; an issue's floor is held against its own background."""
    own = backgrounds(graph.left, graph.right, graph.probabilities, len(graph.numbers))
    found = chances(graph.probabilities, own[graph.left], own[graph.right])
    return replace(graph, probabilities=found, floors=chances(graph.floors, own, own))


def judged_pairs(
    index: IssueIndex,
    scorer: PairScorer | Callable[[int], PairScorer],
    *,
    neighbours: int = NEIGHBOURS,
    numbers: Sequence[int] | None = None,
    tick: Tick = nobody,
) -> PairGraph:
    """The `neighbours` most probable pairs of each issue, and every pair inside what may become a cluster.

    `numbers` leaves the other issues of the index out; raises KeyError for one that is not there. A function in place
    of the scorer names the scorer that may judge an issue (cross-validation).
    """
    history = PairMeasures(index, index.numbers() if numbers is None else sorted(set(numbers)))
    judge = _Judge(history, scorer, tick)
    keys = _candidates(history)
    whole = len(keys)
    probabilities = judge.probabilities(keys)
    kept, floors = _most_probable(keys, probabilities, len(history), neighbours)
    keys, probabilities = keys[kept], probabilities[kept]
    inside = _inside(keys, probabilities, floors, lambda: tick(whole, whole))
    more = np.setdiff1d(inside, keys, assume_unique=True)
    keys, probabilities = np.append(keys, more), np.append(probabilities, judge.probabilities(more))
    order = np.argsort(keys)
    left, right = _places(keys[order], len(history))
    return PairGraph(history.numbers, left.astype(np.int32), right.astype(np.int32), probabilities[order], floors)


def pairs_of(index: IssueIndex, scorer: PairScorer, number: int, others: Sequence[int]) -> dict[int, float]:
    """What the graph would say of one issue's pairs with these others, all of them in the index; by their number."""
    found = _Judge(PairMeasures(index, [number, *others]), scorer, nobody).probabilities(np.arange(1, len(others) + 1))
    return chances_of_one(dict(zip(others, found.tolist(), strict=True)), len(index))


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


def _most_probable(
    keys: Keys, probabilities: Probabilities, size: int, most: int
) -> tuple[NDArray[np.bool_], Probabilities]:
    """Which pairs are among the most probable of one of their issues, and the probability of each issue's last one.

    Of equals the one with the lower place comes first. An issue without further candidates has no last one: 0.
    """
    left, right = _places(keys, size)
    issue, other = np.append(left, right), np.append(right, left)
    order = np.lexsort((other, -np.append(probabilities, probabilities), issue))
    starts = np.searchsorted(issue[order], np.arange(size))
    place = np.arange(len(order)) - starts[issue[order]]
    kept = np.zeros(len(keys), dtype=bool)
    kept[order[place < most] % max(1, len(keys))] = True
    floors = np.zeros(size, dtype=np.float32)
    last = order[place == most]  # the first that is left out
    floors[issue[last]] = probabilities[last % max(1, len(keys))]
    return kept, floors


def _inside(keys: Keys, probabilities: Probabilities, floors: Probabilities, tick: Callable[[], None]) -> Keys:
    """Every pair inside the loosely joined groups, the smallest first until it becomes too much."""
    size = len(floors)
    units = [np.array([at]) for at in range(size)]
    pairs = Pairs.of(*_places(keys, size), probabilities, floors)
    loose = Agglomeration(pairs, units, range(size), NO_RULES, tick=tick)
    found, left_over = [np.zeros(0, dtype=np.int64)], COMPLETED * size
    for members in sorted(loose.joined(LOOSE), key=lambda group: (len(group), group)):
        left_over -= len(members) * (len(members) - 1) // 2
        if left_over < 0 or len(members) > WHOLE:
            break
        if len(members) > 2:
            one, other = np.triu_indices(len(members), k=1)
            places = np.array(members, dtype=np.int64)
            found.append(places[one] * size + places[other])
    return np.sort(np.concatenate(found))
