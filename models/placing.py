"""Where one issue belongs among the clusters in force: the nightly criterion, over its judged candidates alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from models.cluster import Cluster
from models.clustering import ClusterLimits, held
from models.constraints import Constraints
from models.pair_graph import NEIGHBOURS

LEAVES = 0.5  # share of the cut under which a member leaves though nothing better is there: small edits move nobody


@dataclass(frozen=True, slots=True)
class Placement:
    """What to do with an issue: it joins a cluster (an id), or starts one with these others, or stays as it is.

    `leaves` is the cluster that it was in and belongs to no more; `mean` its mean chance with those it goes to.
    """

    joins: str | None = None
    starts: tuple[int, ...] = ()
    leaves: str | None = None
    mean: float = 0.0


AS_IT_IS = Placement()


def place(
    number: int,
    candidates: Mapping[int, float],
    clusters: Sequence[Cluster],
    constraints: Constraints | None = None,
    limits: ClusterLimits | None = None,
) -> Placement:
    """Where an issue belongs, in time that grows with its candidates, their clusters and the constraints alone.

    `candidates`: issue → chance (`models.levels`); `clusters`: at least those that hold the issue, one of the
    candidates, or an issue that a constraint binds to it. What people said comes before any probability. Known clusters
    (with a slug) take members by their own rule: they are joined and left here only because people said so.
    """
    said, limits = constraints or Constraints(), limits or ClusterLimits()
    now = next((one for one in clusters if number in one.members), None)
    by_people = _by_people(number, clusters, said)
    if by_people is not None:
        stays = now is not None and (by_people.joins == now.id or by_people.joins is None)
        return AS_IT_IS if stays else replace(by_people, leaves=now.id if now else None)
    if now is not None and now.slug is not None:
        return AS_IT_IS
    free = _Free(number, candidates, clusters, said, limits)
    best = max(free.options(), key=free.rank, default=AS_IT_IS)
    return best if now is None else _moved(free, now, best, limits.cut)


def with_member(cluster: Cluster, number: int, mean: float, limits: ClusterLimits) -> Cluster:
    """The cluster with one more member, whose mean chance with the others is known."""
    size = len(cluster.members)
    coherence = (cluster.coherence * (size - 1) + 2 * mean) / (size + 1) if size else 1.0
    members = tuple(sorted({*cluster.members, number}))
    return replace(cluster, members=members, coherence=coherence, held=held(len(members), coherence, limits))


def _moved(free: _Free, now: Cluster, best: Placement, cut: float) -> Placement:
    mean = free.doubted(now.members)
    elsewhere = best.joins is not None or bool(best.starts)
    if free.may_join(now) and (mean >= cut or (mean >= LEAVES * cut and not elsewhere)):
        return AS_IT_IS
    return replace(best, leaves=now.id)


def _block(number: int, said: Constraints) -> frozenset[int]:
    return next((block for block in said.blocks if number in block), frozenset({number}))


def _foes(number: int, said: Constraints) -> set[int]:
    """The issues that people told apart from this one, with those that belong to them."""
    mine = _block(number, said)
    apart = {other if one in mine else one for one, other in said.apart if (one in mine) != (other in mine)}
    return {mate for foe in apart for mate in _block(foe, said)}


def _by_people(number: int, clusters: Sequence[Cluster], said: Constraints) -> Placement | None:
    """Where a pin or a confirmed duplicate puts the issue, or None."""
    if number in said.anchors:
        return Placement(joins=said.anchors[number], mean=1.0)
    mates = _block(number, said) - {number}
    there = next((one for one in clusters if not mates.isdisjoint(one.members)), None)
    if there is not None:
        return Placement(joins=there.id, mean=1.0)
    return Placement(starts=tuple(sorted(mates)), mean=1.0) if mates else None


class _Free:
    """An issue that nobody put anywhere, and where it may go."""

    def __init__(
        self,
        number: int,
        candidates: Mapping[int, float],
        clusters: Sequence[Cluster],
        said: Constraints,
        limits: ClusterLimits,
    ) -> None:
        self._number, self._clusters, self._cut, self._doubt = number, clusters, limits.cut, limits.doubt
        self._candidates = candidates
        ranked = sorted((chance for other, chance in candidates.items() if other != number), reverse=True)
        self._stand_in = ranked[NEIGHBOURS] ** 2 if len(ranked) > NEIGHBOURS else 0.0
        self._said = said
        self._foes = _foes(number, said)
        self._barred = {cluster for one, cluster in said.barred if one == number}

    def options(self) -> Iterator[Placement]:
        """Every cluster that it may join, and the start of one with issues that are in none."""
        taken = {member for one in self._clusters for member in one.members}
        for one in self._clusters:
            if one.slug is not None or self._number in one.members or not self.may_join(one):
                continue
            if self.doubted(one.members) >= self._cut:
                yield Placement(joins=one.id, mean=self.mean(one.members))
        alone = [other for other in self._candidates if other not in taken | self._foes | {self._number}]
        started: list[int] = []
        for other in sorted(alone, key=lambda one: (-self._candidates[one], one)):
            # Those who are alone were judged with each other before, and found to be unlike.
            total = self._candidates[other] + self._stand_in * len(started)
            alike = self._doubt.mean(total, 1 + len(started)) >= self._cut
            if alike and _foes(other, self._said).isdisjoint(started):  # INV 8: nor may they be apart from each other
                started.append(other)
        if started:
            yield Placement(starts=tuple(sorted(started)), mean=self.mean(started))

    def rank(self, option: Placement) -> tuple[float, bool]:
        """What is best comes last; of equals, what is there already."""
        members = next((one.members for one in self._clusters if one.id == option.joins), option.starts)
        return self.doubted(members), option.joins is not None

    def mean(self, members: Sequence[int]) -> float:
        """The mean chance with the others; one that was not judged counts as in `models.agglomeration.Pairs`."""
        total, others = self._with(members)
        return total / max(1, others)

    def doubted(self, members: Sequence[int]) -> float:
        """The same with the doubt of the nightly refit."""
        return self._doubt.mean(*self._with(members))

    def _with(self, members: Sequence[int]) -> tuple[float, int]:
        others = [other for other in members if other != self._number]
        return sum(self._candidates.get(other, self._stand_in) for other in others), len(others)

    def may_join(self, cluster: Cluster) -> bool:
        """Whether nobody said that it must not be there (INV 8)."""
        return cluster.id not in self._barred and self._foes.isdisjoint(cluster.members)
