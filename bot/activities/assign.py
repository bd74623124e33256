"""Known clusters take in the history: which stored issues belong to a cluster that a maintainer defined."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.activities.judge import matches_of, thresholds
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord
from models.cluster import Cluster, Generation, KnownCluster
from models.retrieval import IssueIndex

POOL = 200  # issues looked at for each cluster
ROUNDS = 2  # the first members find the next ones


def assign_known(services: Services, repository: RepositoryRecord, config: RepoConfig) -> Generation:
    """Assign and publish; the caller holds the repository's lock."""
    return publish(services, repository, assigned(services, repository, config))


def publish(services: Services, repository: RepositoryRecord, clusters: tuple[Cluster, ...]) -> Generation:
    """Make the clusters the generation in force (INV 38: built aside, switched in one statement)."""
    last = services.storage.current_generation(repository.id)
    generation = Generation((last.number if last else 0) + 1, services.clock(), clusters)
    services.storage.publish(repository.id, generation)
    return generation


def assigned(services: Services, repository: RepositoryRecord, config: RepoConfig) -> tuple[Cluster, ...]:
    """Every known cluster with the stored issues that belong to it; deterministic, writes nothing."""
    index = services.indexes.index(repository.id)
    defined = config.known_clusters()
    members: Mapping[str, Sequence[int]] = _canonicals(index, defined)
    kept_out = _kept_out(services.storage.feedback(repository.id), defined)
    for _ in range(ROUNDS):
        members = _assigned(services, index, members, defined, kept_out)
    return tuple(
        Cluster(one.slug, one.title, one.slug, one.label, one.canonical, tuple(sorted(members[one.slug])))
        for one in defined
    )


def _canonicals(index: IssueIndex, defined: Sequence[KnownCluster]) -> dict[str, Sequence[int]]:
    return {
        one.slug: [one.canonical] if one.canonical is not None and one.canonical in index else [] for one in defined
    }


def _kept_out(said: Sequence[FeedbackRecord], defined: Sequence[KnownCluster]) -> set[tuple[str, int]]:
    """Slug and issue, where a person said that the issue is another problem: no refit brings it back (INV 8, 18)."""
    objected = {one.number for one in said if one.kind == "objection"}
    pairs = [(one.number, one.other) for one in said if one.kind == "separated" and one.other is not None]
    apart = {(a, b) for pair in pairs for a, b in (pair, pair[::-1])}
    return {(one.slug, number) for one in defined for number in objected} | {
        (one.slug, number) for one in defined for canonical, number in apart if canonical == one.canonical
    }


def _assigned(
    services: Services,
    index: IssueIndex,
    members: Mapping[str, Sequence[int]],
    defined: Sequence[KnownCluster],
    kept_out: Collection[tuple[str, int]],
) -> dict[str, Sequence[int]]:
    """One round: every issue near a cluster is matched against the members of the round before."""
    cut = thresholds(services.scorer).cluster
    found = _canonicals(index, defined)
    for number in _neighbours(services, index, members, defined):
        others = {slug: [one for one in numbers if one != number] for slug, numbers in members.items()}
        best = next(iter(matches_of(services, index, index.document(number), defined, others)), None)
        if best is None or best.probability < cut or (best.slug, number) in kept_out:
            continue
        if number not in found[best.slug]:
            found[best.slug] = [*found[best.slug], number]
    return found


def _neighbours(
    services: Services, index: IssueIndex, members: Mapping[str, Sequence[int]], defined: Sequence[KnownCluster]
) -> list[int]:
    """The issues that are like a cluster's definition or one of its members, in ascending order."""
    like = [document for known in services.indexes.profiles(defined).values() for document in known.documents]
    like += [index.document(number) for numbers in members.values() for number in numbers]
    return sorted({number for document in like for number in index.retrieve(document, limit=POOL)})
