"""Average linkage over a sparse graph of judged pairs, under rules about what may be joined.

Sokal, Michener: A Statistical Method for Evaluating Systematic Relationships (1958); constraints as in Davidson, Ravi:
Agglomerative Hierarchical Clustering with Constraints (2005).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.constraints import Constraints

Values = NDArray[np.float64]
Floats = NDArray[np.float32]
Places = NDArray[np.intp]
Tick = Callable[[], None]

_Entry = TypeVar("_Entry")
_Joint = tuple[float, int, int, int, int]  # the rank of two clusters, and their names

STRIDE = 4096  # pairs or joins between two ticks: some hundredths of a second


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of a graph, so that sums over clusters need the judged ones only.

    A pair that was not judged counts as the product of its issues' floors, `stand_in`: 1 among identical reports, and
    otherwise near the mean of what such pairs have where they are judged. `excess` is what a judged pair has beyond
    that, so that the sum over all pairs between clusters A and B is the excess between them + stand_in(A) ·
    stand_in(B). Shapes (pairs,) and (issues,).
    """

    left: Places
    right: Places
    excess: Values
    stand_in: Values

    @classmethod
    def of(cls, left: Places, right: Places, probabilities: Floats, floors: Floats) -> Pairs:
        """Judged pairs; `floors` are the probabilities of the issues' last neighbours, shape (issues,)."""
        stand_in = floors.astype(np.float64)
        return cls(left, right, probabilities - stand_in[left] * stand_in[right], stand_in)


@dataclass(frozen=True, slots=True)
class Rules:
    """What must not be joined, by the numbers of units (issues that stay together)."""

    apart: Mapping[int, frozenset[int]]
    anchors: Mapping[int, str]  # unit → the cluster that it must be in; units with different ones are apart
    barred: Mapping[int, frozenset[str]]  # unit → clusters that it must not be in

    @classmethod
    def of(cls, unit: Mapping[int, int], constraints: Constraints) -> Rules:
        """The rules for units, given the unit of each issue; what concerns other issues is left out."""
        apart: dict[int, set[int]] = {}
        for one, other in constraints.apart:
            if one in unit and other in unit and unit[one] != unit[other]:
                apart.setdefault(unit[one], set()).add(unit[other])
                apart.setdefault(unit[other], set()).add(unit[one])
        barred: dict[int, set[str]] = {}
        for number, identity in constraints.barred:
            if number in unit:
                barred.setdefault(unit[number], set()).add(identity)
        return cls(
            {one: frozenset(others) for one, others in apart.items()},
            {unit[number]: identity for number, identity in sorted(constraints.anchors.items()) if number in unit},
            {one: frozenset(identities) for one, identities in barred.items()},
        )


NO_RULES = Rules({}, {}, {})


@dataclass(frozen=True, slots=True)
class Doubt:
    """So many pairs of this probability are added to what is between two clusters: few pairs have to be surer."""

    pairs: float = 0.0
    probability: float = 0.0

    def mean(self, total: float, pairs: float) -> float:
        """Of pairs whose probabilities have this sum."""
        return (total + self.pairs * self.probability) / (pairs + self.pairs)


NO_DOUBT = Doubt()


def nobody() -> None:
    """A tick that nobody waits for."""


class Agglomeration:
    """Units joined into clusters, each of which goes by the name of one of its units."""

    def __init__(
        self,
        pairs: Pairs,
        units: Sequence[Places],
        chosen: Iterable[int],
        rules: Rules,
        doubt: Doubt = NO_DOUBT,
        tick: Tick = nobody,
    ) -> None:
        """Only the `chosen` ones of the units take part. Whatever `tick` raises ends the work."""
        self._doubt = doubt
        self._tick = tick
        self._members = {at: [at] for at in sorted(chosen)}
        self._lowest = {at: at for at in self._members}
        self._size = {at: float(len(units[at])) for at in self._members}
        self._stand_in = {at: float(pairs.stand_in[units[at]].sum()) for at in self._members}
        self._apart = {at: set(rules.apart.get(at, ())) for at in self._members}
        self._anchor = {at: rules.anchors.get(at) for at in self._members}
        self._barred = {at: rules.barred.get(at, frozenset()) for at in self._members}
        self._excess: dict[int, dict[int, float]] = {at: {} for at in self._members}
        for one, other, excess in self._ticking(_between(pairs, units, self._members)):
            self._excess[one][other] = self._excess[other][one] = excess

    def joined(self, cut: float) -> list[list[int]]:
        """The units of each cluster, ascending: the most probable join first, while its mean is at least `cut`.

        Of equals the one with the lower units comes first. Where a cluster grew, its entries in the queue are looked
        at again when their turn comes, so that a join costs what its smaller side costs.
        """
        pairs = ((one, other) for one, others in self._excess.items() for other in others if one < other)
        queue = [(*self._rank(*pair), *pair) for pair in self._ticking(pairs)]
        queue = [entry for entry in queue if -entry[0] >= cut]
        heapq.heapify(queue)
        for *rank, one, other in self._ticking(_popped(queue)):
            if one not in self._members or other not in self._members or not self._may_join(one, other):
                continue
            now = self._rank(one, other)
            changed = [(one, other)]
            if now == tuple(rank):
                changed = self._join(one, other)
            for pair in changed:
                entry = (*self._rank(*pair), *pair)
                if -entry[0] >= cut:
                    heapq.heappush(queue, entry)
        return sorted(sorted(members) for members in self._members.values())

    def _ticking(self, entries: Iterable[_Entry]) -> Iterator[_Entry]:
        """The entries, with a tick before the first and each STRIDE of them."""
        for at, entry in enumerate(entries):
            if at % STRIDE == 0:
                self._tick()
            yield entry

    def _rank(self, one: int, other: int) -> tuple[float, int, int]:
        """The doubted mean between two clusters, negative, and their lowest units."""
        total = self._excess[one][other] + self._stand_in[one] * self._stand_in[other]
        low, high = sorted((self._lowest[one], self._lowest[other]))
        return -self._doubt.mean(total, self._size[one] * self._size[other]), low, high

    def _may_join(self, one: int, other: int) -> bool:
        here, there = self._anchor[one], self._anchor[other]
        return not (
            other in self._apart[one]
            or (here is not None and there is not None and here != there)
            or here in self._barred[other]
            or there in self._barred[one]
        )

    def _join(self, one: int, other: int) -> list[tuple[int, int]]:
        """Put the one with fewer neighbours into the other; returns the pairs of clusters whose sums are new."""
        kept, gone = (one, other) if len(self._excess[one]) >= len(self._excess[other]) else (other, one)
        del self._excess[kept][gone], self._excess[gone][kept]
        neighbours = self._excess.pop(gone)
        for neighbour, excess in neighbours.items():
            del self._excess[neighbour][gone]
            both = self._excess[kept].get(neighbour, 0.0) + excess
            self._excess[kept][neighbour] = self._excess[neighbour][kept] = both
        for foe in self._apart.pop(gone):
            if foe in self._apart:
                self._apart[foe].discard(gone)
                self._apart[foe].add(kept)
                self._apart[kept].add(foe)
        self._lowest[kept] = min(self._lowest[kept], self._lowest[gone])
        self._size[kept] += self._size[gone]
        self._stand_in[kept] += self._stand_in[gone]
        self._members[kept] += self._members.pop(gone)
        self._anchor[kept] = self._anchor[kept] or self._anchor[gone]
        self._barred[kept] |= self._barred[gone]
        return [(kept, neighbour) for neighbour in neighbours]


def _popped(queue: list[_Joint]) -> Iterator[_Joint]:
    """Least first, with what is pushed meanwhile."""
    while queue:
        yield heapq.heappop(queue)


def _between(pairs: Pairs, units: Sequence[Places], chosen: Mapping[int, object]) -> Iterator[tuple[int, int, float]]:
    """(unit, higher unit, excess summed over their pairs), for the chosen units."""
    unit_of = np.full(len(pairs.stand_in), -1, dtype=np.intp)
    for at in chosen:
        unit_of[units[at]] = at
    left, right = unit_of[pairs.left], unit_of[pairs.right]
    inside = np.flatnonzero((left >= 0) & (right >= 0) & (left != right))
    low, high = np.minimum(left[inside], right[inside]), np.maximum(left[inside], right[inside])
    keys, which = np.unique(low * len(units) + high, return_inverse=True)
    sums = np.bincount(which, pairs.excess[inside], minlength=len(keys))
    yield from zip((keys // len(units)).tolist(), (keys % len(units)).tolist(), sums.tolist(), strict=True)
