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
    """Publish a generation with every known cluster (INV 38: built aside, switched in one statement); deterministic."""
    index = services.indexes.index(repository.id)
    defined = config.known_clusters()
    members: dict[str, Sequence[int]] = {
        cluster.slug: [cluster.canonical] if cluster.canonical in index else [] for cluster in defined
    }
    for _ in range(ROUNDS):
        members = _assigned(services, index, services.indexes.profiles(defined), members, defined)
    last = services.storage.current_generation(repository.id)
    generation = Generation(
        (last.number if last else 0) + 1,
        services.clock(),
        tuple(
            Cluster(one.slug, one.title, one.slug, one.label, one.canonical, tuple(sorted(members[one.slug])))
            for one in defined
        ),
    )
    services.storage.publish(repository.id, generation)
    return generation


def _assigned(
    services: Services,
    index: IssueIndex,
    profiles: Sequence[ClusterProfile],
    members: dict[str, Sequence[int]],
    defined: Sequence[KnownCluster],
) -> dict[str, Sequence[int]]:
    cut = services.scorer.thresholds["cluster"]
    found: dict[str, Sequence[int]] = {
        one.slug: [one.canonical] if one.canonical is not None and one.canonical in index else [] for one in defined
    }
    for number in _neighbours(index, profiles, members):
        document = index.document(number)
        others = {slug: [one for one in numbers if one != number] for slug, numbers in members.items()}
        best = next(iter(match_clusters(document, profiles, others, index, services.scorer)), None)
        if best is not None and best.probability >= cut and not best.contradicts and number not in found[best.slug]:
            found[best.slug] = [*found[best.slug], number]
    return found
