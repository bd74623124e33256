"""Known clusters take in the history: which stored issues belong to a cluster that a maintainer defined."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.activities.judge import matches_of, thresholds
from bot.activities.private import secret
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord
from models.cluster import Cluster, Generation, KnownCluster
from models.clustering import INERTIA
from models.matching import ClusterMatch
from models.retrieval import IssueIndex

POOL = 200  # issues looked at for each cluster
DEFINITIONS = "definitions"  # the figure of a refit: slug → a hash of what the cluster was defined by

Members = dict[str, Sequence[int]]


def assign_known(services: Services, repository: RepositoryRecord, config: RepoConfig) -> Generation:
    """Assign and publish; the caller holds the repository's lock."""
    index = services.indexes.index(repository.id)
    found = assigned(services, repository.id, config, index)
    hidden = secret(index, {number for one in found for number in one.members})  # INV 44
    return publish(
        services,
        repository,
        tuple(replace(one, members=tuple(n for n in one.members if n not in hidden)) for one in found),
    )


def publish(services: Services, repository: RepositoryRecord, clusters: tuple[Cluster, ...]) -> Generation:
    """Make the clusters the generation in force (INV 38: built aside, switched in one statement)."""
    last = services.storage.current_generation(repository.id)
    generation = Generation((last.number if last else 0) + 1, services.clock(), clusters)
    services.storage.publish(repository.id, generation)
    return generation


def assigned(
    services: Services, repository_id: int, config: RepoConfig, index: IssueIndex, last: Sequence[Cluster] = ()
) -> tuple[Cluster, ...]:
    """Every known cluster with the issues of the index that belong to it; deterministic, writes nothing.

    Who was a member in `last`, the clusters in force, stays unless it fits clearly less well than it would have to
    now; where the definition is another since, everything is assigned anew.
    """
    defined = config.known_clusters()
    kept_out = _kept_out(services.storage.feedback(repository_id), defined)
    anew = redefined(services, repository_id, config)
    settled = {
        number: one.id
        for one in last
        if one.slug and one.slug not in anew and one.slug in {known.slug for known in defined}
        for number in one.members
        if number in index and (one.slug, number) not in kept_out
    }
    found = _Assigning(services, index, defined, kept_out, settled).members()
    return tuple(
        Cluster(one.slug, one.title, one.slug, one.label, one.canonical, tuple(sorted(found[one.slug])))
        for one in defined
    )


def begun_known(services: Services, repository_id: int, defined: KnownCluster) -> Cluster:
    """A known cluster before its first report: it has its canonical issue, where that may be shown (INV 44)."""
    canonical = {defined.canonical} if defined.canonical is not None else set()
    members = tuple(canonical - secret(services.indexes.index(repository_id), canonical))
    return Cluster(
        defined.slug, defined.title, defined.slug, defined.label, defined.canonical, members, title_by="config"
    )


def definitions(config: RepoConfig) -> dict[str, str]:
    """Slug → a hash of what says who belongs to the cluster."""
    told = {
        one.slug: [one.title, one.description, one.examples, sorted(one.requires.items())]
        for one in config.known_clusters()
    }
    return {slug: hashlib.sha256(json.dumps(one, default=str).encode()).hexdigest()[:16] for slug, one in told.items()}


def redefined(services: Services, repository_id: int, config: RepoConfig) -> frozenset[str]:
    """The known clusters that were defined otherwise when the clusters in force were made."""
    before = _definitions_before(services, repository_id)
    return frozenset(slug for slug, mark in definitions(config).items() if before.get(slug, mark) != mark)


def defined_alike(services: Services, repository_id: int, config: RepoConfig) -> dict[str, str]:
    """Slug that defined a known cluster when those in force were made → the one that the same definition has now."""
    now = {mark: slug for slug, mark in definitions(config).items()}
    before = _definitions_before(services, repository_id)
    return {slug: now[mark] for slug, mark in before.items() if mark in now}


def _definitions_before(services: Services, repository_id: int) -> Mapping[str, str]:
    published = (one for one in services.storage.refits(repository_id) if DEFINITIONS in one.figures and one.generation)
    return next((one.figures[DEFINITIONS] for one in published), {})


def _canonicals(index: IssueIndex, defined: Sequence[KnownCluster]) -> Members:
    there = {one.canonical for one in defined if one.canonical is not None and one.canonical in index}
    there -= secret(index, there)  # INV 44
    return {one.slug: [one.canonical] if one.canonical in there else [] for one in defined}


def _kept_out(said: Sequence[FeedbackRecord], defined: Sequence[KnownCluster]) -> set[tuple[str, int]]:
    """Slug and issue, where a person said that the issue is another problem: no refit brings it back (INV 8, 18)."""
    objected = {one.number for one in said if one.kind == "objection"}
    pairs = [(one.number, one.other) for one in said if one.kind == "separated" and one.other is not None]
    apart = {(a, b) for pair in pairs for a, b in (pair, pair[::-1])}
    return {(one.slug, number) for one in defined for number in objected} | {
        (one.slug, number) for one in defined for canonical, number in apart if canonical == one.canonical
    }


@dataclass(frozen=True, slots=True)
class _Assigning:
    services: Services
    index: IssueIndex
    defined: Sequence[KnownCluster]
    kept_out: Collection[tuple[str, int]]
    settled: Mapping[int, str]  # issue → the slug of the cluster that it is in

    def members(self) -> Members:
        """First in the order of arrival, each beside those found before it, as they came; then each beside all."""
        before = _canonicals(self.index, self.defined)
        for number, slug in self.settled.items():
            before[slug] = [*before[slug], number]
        arrived = self._round(before, growing=True)
        return self._round(arrived, growing=False)

    def _round(self, before: Members, *, growing: bool) -> Members:
        """Every issue near a cluster, matched against the members from before and, while it grows, those found."""
        found = _canonicals(self.index, self.defined)
        beside = {slug: list(numbers) for slug, numbers in before.items()}
        for number in self._near(before):
            slug = self._belongs(number, beside)
            if slug is not None and number not in found[slug]:
                found[slug] = [*found[slug], number]
                if growing and number not in before[slug]:
                    beside[slug].append(number)
        return found

    def _belongs(self, number: int, members: Mapping[str, Sequence[int]]) -> str | None:
        others = {slug: [one for one in numbers if one != number] for slug, numbers in members.items()}
        matches = matches_of(self.services, self.index, self.index.document(number), self.defined, others)
        cut = thresholds(self.services.scorer).cluster
        best = max(matches, key=lambda one: self._pulled(number, one), default=None)
        if best is None or self._pulled(number, best) < cut or (best.slug, number) in self.kept_out:
            return None
        return best.slug

    def _pulled(self, number: int, match: ClusterMatch) -> float:
        """The cluster that it is in is made more probable, as `models.clustering` does with those that it finds."""
        stays = self.settled.get(number) == match.slug
        return match.probability + (INERTIA * (1 - match.probability) if stays else 0.0)

    def _near(self, members: Members) -> list[int]:
        """The issues that are like a cluster's definition or one of its members, in ascending order."""
        profiles = self.services.indexes.profiles(self.defined)
        like = [document for known in profiles.values() for document in known.documents]
        like += [self.index.document(number) for numbers in members.values() for number in numbers]
        near = {number for document in like for number in self.index.retrieve(document, limit=POOL)}
        return sorted(near | {number for numbers in members.values() for number in numbers})
