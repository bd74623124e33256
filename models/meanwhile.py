"""What happened to the clusters in force while the next ones were made, brought into these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from models.cluster import Cluster
from models.clustering import ClusterLimits, held
from models.constraints import Constraints
from models.seating import Seating


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """The clusters in force when the plan was begun, and now."""

    before: Sequence[Cluster]
    now: Sequence[Cluster]

    def moved(self) -> list[int]:
        """The issues that are not in the cluster any more that they were in, or are in one now; ascending."""
        was, home = places(self.before), places(self.now)
        return sorted(number for number in was.keys() | home.keys() if was.get(number) != home.get(number))

    def settled(self) -> set[int]:
        """The issues that were in a cluster when the plan was begun."""
        return set(places(self.before))


def places(clusters: Iterable[Cluster]) -> dict[int, str]:
    """Issue → the id of its cluster."""
    return {number: one.id for one in clusters for number in one.members}


def caught_up(
    planned: Sequence[Cluster], meanwhile: Meanwhile, constraints: Constraints, limits: ClusterLimits
) -> tuple[Cluster, ...]:
    """The planned clusters with what happened meanwhile: who joined a cluster is in it, who left is not.

    An issue that was in none and that the plan put into one stays there. A cluster that the plan ended lives on where
    most of its other issues went, and one that began meanwhile begins in the plan too. Nobody joins a cluster where
    people said that it must not be (INV 8); it stays alone until the next refit.
    """
    found, settled = places(planned), meanwhile.settled()
    moved = {number for number in meanwhile.moved() if number in settled or number not in found}
    if not moved:
        return tuple(planned)
    catching = _Catching(planned, moved, Seating(constraints, found.keys() | places(meanwhile.now).keys()))
    for one in meanwhile.now:
        arrived = [number for number in one.members if number in moved]
        if arrived:
            catching.take(one, arrived)
    changed = [_changed(one, catching.members(one.id), limits) for one in planned]
    return (*changed, *catching.begun())


class _Catching:
    """The planned clusters while what happened is brought into them."""

    def __init__(self, planned: Sequence[Cluster], moved: set[int], seating: Seating) -> None:
        self._members = {one.id: {number for number in one.members if number not in moved} for one in planned}
        self._home = {number: name for name, members in self._members.items() for number in members}
        self._seating = seating
        self._begun: dict[str, Cluster] = {}

    def members(self, name: str) -> tuple[int, ...]:
        """The issues of a cluster as it is by now."""
        return tuple(sorted(self._members[name]))

    def begun(self) -> list[Cluster]:
        """The clusters that the plan did not have; none of one issue alone, unless it is a known one."""
        found = [replace(one, members=self.members(name)) for name, one in self._begun.items()]
        return [one for one in found if len(one.members) > 1 or one.slug]

    def take(self, one: Cluster, arrived: Sequence[int]) -> None:
        """Put the issues that arrived in a cluster where that is in the plan."""
        home = self._home_of(one)
        if home is None:
            home = one.id
            self._begun[home], self._members[home] = one, set()
            arrived = [number for number in one.members if number not in self._home]
        for number in arrived:
            self._seat(number, home)

    def _seat(self, number: int, home: str) -> None:
        unit = self._seating.unit(number)
        mates = [self._home[mate] for mate in self._seating.members([unit]) if mate in self._home]
        goal = next(iter(mates), self._seating.anchor(unit) or home)
        there = self._members.get(goal)
        if there is None:
            return
        seated, _ = self._seating.seat(goal, self._seating.units([*sorted(there), number]))
        if unit in seated:
            there.add(number)
            self._home[number] = goal

    def _home_of(self, one: Cluster) -> str | None:
        """The planned cluster that is this one, or has most of the others that were in it."""
        if one.id in self._members:
            return one.id
        counts = Counter(self._home[number] for number in one.members if number in self._home)
        return max(sorted(counts), key=counts.__getitem__, default=None)


def _changed(one: Cluster, members: tuple[int, ...], limits: ClusterLimits) -> Cluster:
    if members == one.members:
        return one
    present = set(members)
    parts = [replace(part, members=tuple(n for n in part.members if n in present)) for part in one.parts]
    why = None if one.slug else held(len(members), one.coherence, limits)
    return replace(one, members=members, held=why, parts=tuple(part for part in parts if part.members))
