"""Replays labelled issues against clusters that are known by a title and three examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from models.cluster_fitting import EXAMPLES, known_clusters
from models.document import Document
from models.embedder import Embedder
from models.labelled import Labelled
from models.matching import ClusterMatch, match_clusters, profile
from models.rankers import Scorers
from models.retrieval import IssueIndex


def assign(
    items: Sequence[Labelled],
    documents: Mapping[int, Document],
    embedder: Embedder,
    scorers: Scorers,
    tick: Callable[[], None] = lambda: None,
) -> tuple[list[str | None], list[str | None]]:
    """The gold and the assigned cluster (None: refused) of every issue that is not itself an example.

    A cluster is known from its third member on; only clusters with three take part.
    """
    clusters = {cluster.slug: cluster for cluster in known_clusters(items, whole=True)}
    profiles = {slug: profile(cluster, embedder) for slug, cluster in clusters.items()}
    index = IssueIndex(embedder.model_id.dimension)
    seen: dict[str, list[int]] = {}
    gold: list[str | None] = []
    assigned: list[str | None] = []
    for item in items:
        own = seen.setdefault(item.gold_cluster, []) if item.gold_cluster else None
        known = {slug: numbers for slug, numbers in seen.items() if len(numbers) >= EXAMPLES}
        document = documents[item.issue.number]
        if item.judged and known and (own is None or len(own) >= EXAMPLES):
            candidates = [clusters[slug] for slug in known]
            matches = match_clusters(document, candidates, known, index, scorers(document.number), embedder, profiles)
            gold.append(item.gold_cluster)
            assigned.append(chosen(matches))
        if own is not None and len(own) < EXAMPLES:
            own.append(item.issue.number)
        index.put(document)
        tick()
    return gold, assigned


def chosen(matches: Sequence[ClusterMatch]) -> str | None:
    """The best cluster where it is more probable than that the issue is in none."""
    nowhere = 1 - sum(match.probability for match in matches)
    return matches[0].slug if matches and matches[0].probability > nowhere else None
