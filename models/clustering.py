"""Judged pairs → groups of issues with one cause, within limits and under what people said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.agglomeration import NO_DOUBT, Agglomeration, Doubt, Pairs, Places, Rules, Tick, nobody
from models.cluster import Group, Held
from models.constraints import Constraints
from models.pair_graph import PairGraph

CUT = 0.28  # decision 0008: on the development sets B³ F1 is level from .26 to .3
DOUBT = Doubt(2, 0.15)  # two issues alone need a chance of .54 to be a cluster, two large groups hardly more than .28
INERTIA = 0.2  # how far last night's clusters pull a pair: a simulated day's stream then agrees with the night's refit
STRICTER = (0.4, 0.5, 0.6, 0.7)  # cuts of plain means, tried on a cluster over the cap; beyond, it is too much alike


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """`cut`: clusters are joined while the mean chance between them, doubted where pairs are few, is at least this.

    A cluster with more than `cap` members, or with a mean chance inside it under `coherence`, may not act (INV 9).
    """

    cap: int = 200
    coherence: float = CUT
    cut: float = CUT
    doubt: Doubt = DOUBT


def cluster(
    graph: PairGraph,
    constraints: Constraints | None = None,
    limits: ClusterLimits | None = None,
    previous: Iterable[Collection[int]] = (),
    tick: Tick = nobody,
) -> tuple[Group, ...]:
    """The groups of two or more issues, by their lowest number; whoever is in none is noise.

    Must-links and cannot-links always hold. A group over the cap falls apart where a stricter cut divides it; one that
    no cut divides is held. The order in which issues and pairs came does not matter. `previous` are the members of
    the clusters in force: what is on the border stays on its side of it. `tick` is called every so often; what it
    raises ends the work.
    """
    limits, constraints = limits or ClusterLimits(), constraints or Constraints()
    history = _History.of(graph, _settled(graph, previous), constraints, tick)
    whole = history.joined(range(len(history.units)), limits.cut, limits.doubt)
    parts = [part for group in whole for part in history.capped(group, limits)]
    return history.groups(parts, limits)


def _settled(graph: PairGraph, previous: Iterable[Collection[int]]) -> PairGraph:
    """Pairs that were in one cluster made more probable, and pairs of two clusters less (Chakrabarti et al. 2006)."""
    was = {number: at for at, members in enumerate(previous) for number in members}
    label = np.array([was.get(number, -1) for number in graph.numbers.tolist()], dtype=np.int64)
    one, other = label[graph.left], label[graph.right]
    target = np.where(one == other, np.float32(1), np.float32(0))
    pull = np.where((one >= 0) & (other >= 0), np.float32(INERTIA), np.float32(0))
    # A denied pair is no matter of degree: it stays at 0.
    probabilities = np.where(graph.probabilities > 0, graph.probabilities + pull * (target - graph.probabilities), 0)
    return replace(graph, probabilities=probabilities.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _History:
    numbers: NDArray[np.int64]
    judged: Pairs  # as the scorer judged them: what coherence is measured by
    pairs: Pairs  # as last night's clusters pull them: what joins
    units: Sequence[Places]
    rules: Rules
    tick: Tick

    @classmethod
    def of(cls, graph: PairGraph, pulled: PairGraph, constraints: Constraints, tick: Tick) -> _History:
        place = {number: at for at, number in enumerate(graph.numbers.tolist())}
        blocks = [sorted(place[number] for number in block if number in place) for block in constraints.blocks]
        in_block = {at for block in blocks for at in block}
        alone = [[at] for at in range(len(place)) if at not in in_block]
        units = [np.array(unit, dtype=np.intp) for unit in sorted([block for block in blocks if block] + alone)]
        unit = {int(graph.numbers[at]): name for name, members in enumerate(units) for at in members}
        left, right = graph.left.astype(np.intp), graph.right.astype(np.intp)
        judged = Pairs.of(left, right, graph.probabilities, graph.floors)
        pairs = Pairs.of(left, right, pulled.probabilities, pulled.floors)
        return cls(graph.numbers, judged, pairs, units, Rules.of(unit, constraints), tick)

    def joined(self, chosen: Iterable[int], cut: float, doubt: Doubt) -> list[list[int]]:
        return Agglomeration(self.pairs, self.units, chosen, self.rules, doubt, self.tick).joined(cut)

    def capped(self, group: list[int], limits: ClusterLimits) -> Iterator[list[int]]:
        """The group, or the clusters that a stricter cut makes of one over the cap, if they keep most of its issues."""
        if self._size(group) > limits.cap:
            for cut in (one for one in STRICTER if one > limits.cut):
                parts = [part for part in self.joined(group, cut, NO_DOUBT) if self._size(part) > 1]
                if len(parts) > 1 and 2 * sum(map(self._size, parts)) >= self._size(group):
                    for part in parts:
                        yield from self.capped(part, limits)
                    return
        yield group

    def groups(self, parts: Sequence[Sequence[int]], limits: ClusterLimits) -> tuple[Group, ...]:
        kept = [np.sort(np.concatenate([self.units[at] for at in part])) for part in parts if self._size(part) > 1]
        label = np.full(len(self.numbers), -1, dtype=np.intp)
        for at, members in enumerate(kept):
            label[members] = at
        strength = self._strengths(label, len(kept))
        found = []
        for members in kept:
            coherence = float(strength[members].sum() / (len(members) * (len(members) - 1)))
            medoid = int(self.numbers[members[np.argmax(strength[members])]])
            why = held(len(members), coherence, limits)
            found.append(Group(tuple(self.numbers[members].tolist()), min(1.0, coherence), why, medoid))
        return tuple(sorted(found, key=lambda group: group.members))

    def _size(self, group: Sequence[int]) -> int:
        return sum(len(self.units[at]) for at in group)

    def _strengths(self, label: Places, count: int) -> NDArray[np.float64]:
        """The sum of each issue's probabilities with the others of its group; 1 for those of its own unit."""
        pairs, unit = self.judged, np.empty(len(label), dtype=np.intp)
        for at, members in enumerate(self.units):
            unit[members] = at
        inside = (label[pairs.left] >= 0) & (label[pairs.left] == label[pairs.right])
        inside &= unit[pairs.left] != unit[pairs.right]
        ends = np.append(pairs.left[inside], pairs.right[inside])
        strength = np.bincount(ends, np.tile(pairs.excess[inside], 2), minlength=len(label)).astype(np.float64)
        grouped = np.append(np.bincount(label[label >= 0], pairs.stand_in[label >= 0], minlength=count), 0.0)
        strength += pairs.stand_in * (grouped[label] - np.bincount(unit, pairs.stand_in)[unit])
        strength += np.bincount(unit)[unit] - 1
        return strength


def held(size: int, coherence: float, limits: ClusterLimits) -> Held | None:
    """Why a cluster may not act, if it may not (INV 9)."""
    if size > limits.cap:
        return "over-cap"
    return "incoherent" if coherence < limits.coherence else None
