"""Known clusters take in the history: which stored issues belong to a cluster that a maintainer defined."""

from __future__ import annotations

from collections.abc import Sequence

from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.cluster import Cluster, Generation, KnownCluster
from models.matching import ClusterProfile, match_clusters
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
    members = _canonicals(index, defined)
    for _ in range(ROUNDS):
        members = _assigned(services, index, services.indexes.profiles(defined), members, defined)
    return tuple(
        Cluster(one.slug, one.title, one.slug, one.label, one.canonical, tuple(sorted(members[one.slug])))
        for one in defined
    )


def _canonicals(index: IssueIndex, defined: Sequence[KnownCluster]) -> dict[str, Sequence[int]]:
    return {
        one.slug: [one.canonical] if one.canonical is not None and one.canonical in index else [] for one in defined
    }


def _assigned(
    services: Services,
    index: IssueIndex,
    profiles: Sequence[ClusterProfile],
    members: dict[str, Sequence[int]],
    defined: Sequence[KnownCluster],
) -> dict[str, Sequence[int]]:
    cut = services.scorer.thresholds["cluster"]
    found = _canonicals(index, defined)
    for number in _neighbours(index, profiles, members):
        document = index.document(number)
        others = {slug: [one for one in numbers if one != number] for slug, numbers in members.items()}
        best = next(iter(match_clusters(document, profiles, others, index, services.scorer)), None)
        if best is not None and best.probability >= cut and not best.contradicts and number not in found[best.slug]:
            found[best.slug] = [*found[best.slug], number]
    return found
