"""Which issues move as one, and which may be in a cluster together: the constraints as questions that can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from models.cluster import Cluster
from models.constraints import Constraints


class Seating:
    """The constraints over the issues that are there; a unit is a block, or an issue alone, named by one number."""

    def __init__(self, constraints: Constraints, numbers: Collection[int]) -> None:
        there = numbers if isinstance(numbers, set | frozenset) else set(numbers)
        self._unit = {number: min(block) for block in constraints.blocks for number in block}
        self._members = {min(block): tuple(sorted(block & there)) for block in constraints.blocks}
        self._there = there
        self._anchors = {self.unit(number): cluster for number, cluster in constraints.anchors.items()}
        self._foes: dict[int, set[int]] = {}
        for one, other in constraints.apart:
            self._foes.setdefault(self.unit(one), set()).add(self.unit(other))
            self._foes.setdefault(self.unit(other), set()).add(self.unit(one))
        self._bars: dict[int, set[str]] = {}
        for number, cluster in constraints.barred:
            self._bars.setdefault(self.unit(number), set()).add(cluster)

    def unit(self, number: int) -> int:
        """The name of the issue's unit."""
        return self._unit.get(number, number)

    def units(self, numbers: Iterable[int]) -> list[int]:
        """The units of those of the issues that are there, each once, in their order."""
        return list(dict.fromkeys(self.unit(number) for number in numbers if number in self._there))

    def members(self, units: Iterable[int]) -> list[int]:
        """The issues of the units that are there."""
        return [number for unit in units for number in self._whole(unit)]

    def blocks(self) -> Iterator[int]:
        """The units of more than one issue."""
        return iter(self._members)

    def anchor(self, unit: int) -> str | None:
        """The cluster that the unit must be in, if any."""
        return self._anchors.get(unit)

    def anchored(self) -> dict[str, list[int]]:
        """Each cluster that people put issues into → the units, where any of their issues is there."""
        found: dict[str, list[int]] = {}
        for unit, cluster in sorted(self._anchors.items()):
            if self._whole(unit):
                found.setdefault(cluster, []).append(unit)
        return found

    def may_sit(self, unit: int, cluster: str | None) -> bool:
        """Whether the unit may be in the cluster (None: in one that has no id yet)."""
        return self._anchors.get(unit) in {None, cluster} and cluster not in self._bars.get(unit, ())

    def seat(self, cluster: str | None, units: Iterable[int]) -> tuple[list[int], list[int]]:
        """Those that can be in the cluster together, the first of the list before the later ones; and the others."""
        seated: dict[int, None] = {}
        refused = []
        for unit in dict.fromkeys(units):
            if self.may_sit(unit, cluster) and seated.keys().isdisjoint(self._foes.get(unit, ())):
                seated[unit] = None
            else:
                refused.append(unit)
        return list(seated), refused

    def _whole(self, unit: int) -> tuple[int, ...]:
        if unit in self._members:
            return self._members[unit]
        return (unit,) if unit in self._there else ()


def settle_known(known: Sequence[Cluster], constraints: Constraints, numbers: Collection[int]) -> tuple[Cluster, ...]:
    """The known clusters with the members that people's acts leave them, before the other issues are clustered.

    What must be together with a member comes too; a block over two clusters goes to that whose canonical issue or more
    of whose members it has. Of two that must be apart the later leaves, a canonical issue last. `numbers`: the issues
    that are there.
    """
    return settled(known, Seating(constraints, numbers))


def settled(known: Sequence[Cluster], seating: Seating) -> tuple[Cluster, ...]:
    """The same, over constraints that were read before."""
    wanted: dict[str, list[int]] = {cluster.id: [] for cluster in known}
    canonicals = {seating.unit(one.canonical) for one in known if one.canonical is not None}
    for unit, votes in _votes(known, seating).items():
        choices = [cluster for cluster in wanted if votes[cluster] and seating.may_sit(unit, cluster)]
        if choices:
            wanted[max(choices, key=votes.__getitem__)].append(unit)
    found = []
    for cluster in known:
        order = sorted(
            wanted[cluster.id], key=lambda unit: (seating.anchor(unit) is None, unit not in canonicals, unit)
        )
        seated, _ = seating.seat(cluster.id, order)
        found.append(replace(cluster, members=tuple(sorted(seating.members(seated)))))
    return tuple(found)


def _votes(known: Sequence[Cluster], seating: Seating) -> dict[int, Counter[str]]:
    """Unit → how much each known cluster claims it: one for each issue, more than all others for the canonical one."""
    votes: dict[int, Counter[str]] = {}
    for cluster in known:
        for unit in map(seating.unit, cluster.members):
            votes.setdefault(unit, Counter())[cluster.id] += 1
        if cluster.canonical is not None and seating.unit(cluster.canonical) in votes:
            votes[seating.unit(cluster.canonical)][cluster.id] += len(
                seating.members([seating.unit(cluster.canonical)])
            )
    ids = {cluster.id for cluster in known}
    for cluster_id, units in seating.anchored().items():
        for unit in units if cluster_id in ids else ():
            votes.setdefault(unit, Counter())[cluster_id] += 1
    return votes
