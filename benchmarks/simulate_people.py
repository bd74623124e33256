"""People who correct clusters at random, night after night, and whether what they said holds."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.cluster import Cluster
from models.constraints import Constraint, Constraints
from models.curation import Curation, Edit
from models.reconcile import fresh_id

# How often a night, on the average: nearly twenty acts, some of them against each other.
RATES = {
    "together": 3.0,
    "apart": 3.0,
    "pin": 3.0,
    "exclude": 3.0,
    "rename": 2.0,
    "label": 1.0,
    "canonical": 1.0,
    "merge": 0.7,
    "split": 0.7,
    "against": 1.0,
}


@dataclass
class People:
    """Everything that was said until now."""

    chance: random.Random
    constraints: list[Constraint] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def act(self, clusters: Sequence[Cluster], numbers: Sequence[int], at: datetime) -> None:
        """One day's acts on the clusters that are shown; a merged or emptied cluster is not touched again today."""
        self.used.update(cluster.id for cluster in clusters)
        shown = [cluster for cluster in clusters if len(cluster.members) > 1]
        for kind in self._kinds():
            if len(shown) < 3:
                return
            if kind in {"together", "apart", "against"}:
                self.constraints.append(self._word(kind, self.chance.choice(shown), numbers, at))
                continue
            one, other = self.chance.sample(shown, 2)
            if kind in {"merge", "split"}:
                shown = [cluster for cluster in shown if cluster not in (one, other)]
            self.edits.append(self._edit(kind, one, other, numbers, at))

    def _kinds(self) -> Iterator[str]:
        for kind, rate in RATES.items():
            for _ in range(int(rate) + (self.chance.random() < rate % 1)):
                yield kind

    def _word(self, kind: str, cluster: Cluster, numbers: Sequence[int], at: datetime) -> Constraint:
        if kind == "against" and self.constraints:
            before = self.chance.choice(self.constraints)
            return Constraint(before.one, before.other, not before.together, at, "someone else")
        one, other = self.chance.sample(cluster.members, 2)
        if kind == "together" and self.chance.random() < 0.5:
            other = self.chance.choice([number for number in numbers if number != one])
        return Constraint(one, other, kind != "apart", at, "someone")

    def _edit(self, kind: str, one: Cluster, other: Cluster, numbers: Sequence[int], at: datetime) -> Edit:
        member = self.chance.choice(one.members)
        if kind == "merge":
            return Edit("merge", at, "someone", one.id, other.members, other.id, one.members)
        if kind == "split":
            leave = tuple(sorted(self.chance.sample(one.members, max(1, len(one.members) // 3))))
            name = fresh_id(leave, self.used)
            self.used.add(name)
            stayed = tuple(number for number in one.members if number not in leave)
            return Edit("split", at, "someone", one.id, leave, name, stayed)
        if kind == "pin":
            return Edit("pin", at, "someone", one.id, (self.chance.choice(numbers),))
        value = {"rename": f"Named on {at:%d %B}", "label": f"cause-{at:%d}"}.get(kind)
        return Edit(kind, at, "someone", one.id, () if value else (member,), value)


def broken(held: Constraints, curation: Curation, clusters: Sequence[Cluster], numbers: Collection[int]) -> list[str]:
    """What was said, is no conflict, and is not so in the clusters."""
    by_id = {cluster.id: cluster for cluster in clusters}
    home = {number: cluster.id for cluster in clusters for number in cluster.members}
    there = set(numbers)
    rules = [
        *((home.get(one) == name, f"#{one} is in {name}") for one, name in held.anchors.items() if one in there),
        *((home.get(one) != name, f"#{one} is not in {name}") for one, name in held.barred),
        *((one not in home or home[one] != home.get(two), f"#{one} is apart from #{two}") for one, two in held.apart),
        *((len({home.get(one) for one in block & there}) == 1, f"{sorted(block)} are one") for block in held.blocks),
        *((name in by_id, f"{name} is there") for name in curation.touched),
        *((by_id[name].title == title, f"{name} is named") for name, title in curation.titles.items()),
        *((by_id[name].label == label, f"{name} has its label") for name, label in curation.labels.items()),
    ]
    return [rule for holds, rule in rules if not holds]
