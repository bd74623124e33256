"""Average linkage over a sparse graph of judged pairs, under rules about what may be joined.

Sokal, Michener: A Statistical Method for Evaluating Systematic Relationships (1958); constraints as in Davidson, Ravi:
Agglomerative Hierarchical Clustering with Constraints (2005).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.constraints import Constraints

Values = NDArray[np.float64]
Floats = NDArray[np.float32]
Places = NDArray[np.intp]

UNJUDGED = 0.5  # a pair that was not judged counts as this share of what its issues' last neighbours have


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of a graph, so that sums over clusters need the judged ones only.

    A pair that was not judged counts as the product of its issues' `stand_in`; `excess` is what a judged pair has
    beyond that. So the sum over all pairs between clusters A and B is the excess between them + stand_in(A) ·
    stand_in(B). Shapes (pairs,) and (issues,).
    """

    left: Places
    right: Places
    excess: Values
    stand_in: Values

    @classmethod
    def of(cls, left: Places, right: Places, probabilities: Floats, floors: Floats) -> Pairs:
        """Judged pairs; `floors` are the probabilities of the issues' last neighbours, shape (issues,)."""
        stand_in = np.sqrt(UNJUDGED * floors.astype(np.float64))
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


class Agglomeration:
    """Units joined into clusters; a cluster is named by its lowest unit."""

    def __init__(self, pairs: Pairs, units: Sequence[Places], chosen: Iterable[int], rules: Rules) -> None:
        """Only the `chosen` ones of the units take part."""
        self._members = {at: [at] for at in sorted(chosen)}
        self._size = {at: float(len(units[at])) for at in self._members}
        self._stand_in = {at: float(pairs.stand_in[units[at]].sum()) for at in self._members}
        self._apart = {at: set(rules.apart.get(at, ())) for at in self._members}
        self._anchor = {at: rules.anchors.get(at) for at in self._members}
        self._barred = {at: rules.barred.get(at, frozenset()) for at in self._members}
        self._excess: dict[int, dict[int, float]] = {at: {} for at in self._members}
        for one, other, excess in _between(pairs, units, self._members):
            self._excess[one][other] = self._excess[other][one] = excess
        self._version = dict.fromkeys(self._members, 0)

    def joined(self, cut: float) -> list[list[int]]:
        """The units of each cluster, ascending: the most probable join first, while its mean is at least `cut`.

        Of equals the one with the lower units comes first.
        """
        queue = [
            entry for one, others in self._excess.items() for other in others if one < other
            for entry in self._entry(one, other, cut)
        ]  # fmt: skip
        heapq.heapify(queue)
        while queue:
            _, one, other, first, second = heapq.heappop(queue)
            if self._version.get(one) == first and self._version.get(other) == second:
                self._join(one, other)
                for neighbour in self._excess[one]:
                    for entry in self._entry(min(one, neighbour), max(one, neighbour), cut):
                        heapq.heappush(queue, entry)
        return [sorted(members) for members in self._members.values()]

    def _entry(self, one: int, other: int, cut: float) -> Iterator[tuple[float, int, int, int, int]]:
        total = self._excess[one][other] + self._stand_in[one] * self._stand_in[other]
        mean = total / (self._size[one] * self._size[other])
        if mean >= cut and self._may_join(one, other):
            yield -mean, one, other, self._version[one], self._version[other]

    def _may_join(self, one: int, other: int) -> bool:
        here, there = self._anchor[one], self._anchor[other]
        return not (
            other in self._apart[one]
            or (here is not None and there is not None and here != there)
            or here in self._barred[other]
            or there in self._barred[one]
        )

    def _join(self, one: int, other: int) -> None:
        """`other` goes into `one`, which has the lower name."""
        for neighbour, excess in self._excess.pop(other).items():
            del self._excess[neighbour][other]
            if neighbour != one:
                both = self._excess[one].get(neighbour, 0.0) + excess
                self._excess[one][neighbour] = self._excess[neighbour][one] = both
        for foe in self._apart.pop(other):
            if foe in self._apart:
                self._apart[foe].discard(other)
                self._apart[foe].add(one)
                self._apart[one].add(foe)
        for sums in (self._size, self._stand_in):
            sums[one] += sums.pop(other)
        self._members[one] += self._members.pop(other)
        anchor = self._anchor.pop(other)
        self._anchor[one] = self._anchor[one] if anchor is None else anchor
        self._barred[one] |= self._barred.pop(other)
        del self._version[other]
        self._version[one] += 1


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
