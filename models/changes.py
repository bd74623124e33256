"""How one set of clusters differs from the last: what was born, grew, merged, split, shrank or ended, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.cluster import Cluster
from models.constraints import Constraints
from models.curation import Curation

Kind = Literal["born", "grown", "merged", "split", "shrunk", "retired"]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one cluster; `joined` and `left` are issue numbers in ascending order.

    `others`: the clusters that were merged into it, that it came from (split), or that its issues are in now (retired).
    """

    kind: Kind
    cluster: str
    joined: tuple[int, ...]
    left: tuple[int, ...]
    reason: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """Shares of the issues that were in a cluster and that no person moved: not there any more; in no cluster now."""

    churn: float
    dropped: float


def movement(
    previous: Sequence[Cluster],
    clusters: Sequence[Cluster],
    constraints: Constraints,
    curation: Curation,
    numbers: Collection[int],
    exempt: Collection[str] = (),
) -> Movement:
    """How much the fit moved by itself; 0 where nothing was settled. Issues that are gone do not count, nor who comes
    or goes in the clusters that are `exempt`, because the configuration moved them."""
    there, free = set(numbers), set(exempt)
    homes = {number: curation.aliases.get(was, was) for number, was in _places(previous).items()}
    bound, after = _moved_by_people(homes, constraints), _places(clusters)
    settled = moved = dropped = 0
    for number, home in homes.items():
        now = after.get(number)
        if number not in there or number in bound or {home, now} & free:
            continue
        settled += 1
        moved += now != home
        dropped += now is None
    return Movement(moved / settled, dropped / settled) if settled else Movement(0.0, 0.0)


def _moved_by_people(homes: Mapping[int, str], constraints: Constraints) -> set[int]:
    """The issues that could not all stay: pinned, kept out, put together over clusters, or told apart in one."""
    bound = set(constraints.anchors) | {one for one, cluster in constraints.barred if homes.get(one) == cluster}
    for block in constraints.blocks:
        if len({homes.get(number) for number in block}) > 1:
            bound |= block
    for pair in constraints.apart:
        if len({homes.get(number) for number in pair}) == 1:
            bound |= {*pair}
    return bound


def changes(
    previous: Sequence[Cluster], clusters: Sequence[Cluster], curation: Curation, numbers: Collection[int]
) -> tuple[Change, ...]:
    """Each cluster that is not what it was, in the order of the clusters, those that ended last."""
    compared = _Compared(previous, clusters, curation, set(numbers))
    found = [*map(compared.became, clusters), *compared.ended()]
    return tuple(change for change in found if change is not None)


class _Compared:
    """Two sets of clusters, seen from either side."""

    def __init__(
        self, previous: Sequence[Cluster], clusters: Sequence[Cluster], curation: Curation, there: set[int]
    ) -> None:
        self._was = {cluster.id: cluster for cluster in previous}
        self._now = {cluster.id: cluster for cluster in clusters}
        self._before = _places(previous)
        self._after = _places(clusters)
        self._curation = curation
        self._there = there
        self._ended = [one for one in previous if one.id not in self._now]
        self._absorbed: dict[str, list[str]] = {}
        for one in self._ended:
            heir = self._heir(one)
            if heir is not None:
                self._absorbed.setdefault(heir, []).append(one.id)

    def became(self, cluster: Cluster) -> Change | None:
        """What a cluster that is there now did; None where it has the members that it had."""
        last = self._was.get(cluster.id)
        if last is None:
            return self._new(cluster)
        joined = tuple(sorted(set(cluster.members) - set(last.members)))
        left = tuple(sorted(set(last.members) - set(cluster.members)))
        absorbed = tuple(self._absorbed.get(cluster.id, ()))
        if absorbed:
            by_people = all(self._merged_by_person(one, cluster.id) for one in absorbed)
            reason = "merged by a person" if by_people else "their reports hang together"
            return Change("merged", cluster.id, joined, left, reason, absorbed)
        if not joined and not left:
            return None
        reason = "; ".join([*_some("joined", joined, self._sources(joined)), *_some("left", left, self._goals(left))])
        return Change("grown" if len(joined) >= len(left) else "shrunk", cluster.id, joined, left, reason)

    def ended(self) -> Iterator[Change]:
        """The clusters that are there no more."""
        for cluster in self._ended:
            heirs = self._heirs(cluster)
            yield Change("retired", cluster.id, (), cluster.members, self._why_ended(cluster, heirs), heirs)

    def _new(self, cluster: Cluster) -> Change:
        origins = Counter(was for number in cluster.members if (was := self._before.get(number)) is not None)
        origins.pop(cluster.id, None)
        others = _by_count(origins)
        if cluster.id in self._curation.made:
            return Change("split", cluster.id, cluster.members, (), "split off by a person", others)
        if cluster.slug:
            return Change("born", cluster.id, cluster.members, (), "defined in the configuration", others)
        if others and 2 * origins[others[0]] >= len(cluster.members):
            reason = f"its reports do not hang together with the others of {others[0]}"
            return Change("split", cluster.id, cluster.members, (), reason, others)
        return Change("born", cluster.id, cluster.members, (), "reports that hang together", others)

    def _why_ended(self, cluster: Cluster, heirs: Sequence[str]) -> str:
        rules = (
            (bool(heirs) and self._merged_by_person(cluster.id, heirs[0]), "merged by a person"),
            (cluster.slug is not None, "taken out of the configuration"),
            (not self._there.intersection(cluster.members), "none of its issues is there any more"),
            (bool(heirs), f"its reports are in {', '.join(heirs)}"),
        )
        return next((reason for applies, reason in rules if applies), "its reports do not hang together any more")

    def _merged_by_person(self, gone: str, heir: str) -> bool:
        return self._curation.aliases.get(gone) == heir

    def _heirs(self, ended: Cluster) -> tuple[str, ...]:
        return _by_count(Counter(now for number in ended.members if (now := self._after.get(number)) is not None))

    def _heir(self, ended: Cluster) -> str | None:
        """The cluster that took in at least half of the issues that are still there."""
        left = [number for number in ended.members if number in self._there]
        first = next(iter(self._heirs(ended)), None)
        return first if 2 * sum(self._after.get(number) == first for number in left) >= len(left) else None

    def _sources(self, joined: Iterable[int]) -> Iterator[str | None]:
        return (f"from {self._before[one]}" if one in self._before else None for one in joined)

    def _goals(self, left: Iterable[int]) -> Iterator[str | None]:
        for one in left:
            gone = "gone" if one not in self._there else None
            yield f"to {self._after[one]}" if one in self._after else gone


def _places(clusters: Sequence[Cluster]) -> dict[int, str]:
    return {number: cluster.id for cluster in clusters for number in cluster.members}


def _by_count(found: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda one: (-found[one], one)))


def _some(verb: str, numbers: Sequence[int], places: Iterable[str | None]) -> list[str]:
    """How many did it, and whence or whither where that can be said: `3 left (2 to c7, 1 gone)`."""
    if not numbers:
        return []
    counted = Counter(place for place in places if place is not None)
    detail = ", ".join(f"{counted[place]} {place}" for place in _by_count(counted))
    return [f"{len(numbers)} {verb} ({detail})" if detail else f"{len(numbers)} {verb}"]
