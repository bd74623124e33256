"""Fits how an issue's likeness to a known cluster's words becomes a probability of membership."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from models.artifacts import Logistic
from models.cluster import KnownCluster
from models.document import Document
from models.embedder import Embedder
from models.fitting import CLUSTER_PENALTY, fit_logistic
from models.labelled import Labelled
from models.matching import CLUSTER_FEATURES, ClusterProfile, cluster_features, profile
from models.retrieval import IssueIndex

EXAMPLES = 3  # an issue of the cluster becomes an example until there are so many
Judged = tuple[Sequence[Labelled], Sequence[Document]]


def known_clusters(items: Sequence[Labelled], *, whole: bool) -> list[KnownCluster]:
    """Every gold cluster by its name and first three members: whole reports, or the titles of the first two."""
    members: dict[str, list[Labelled]] = {}
    for item in items:
        if item.gold_cluster is not None:
            members.setdefault(item.gold_cluster, []).append(item)
    return [
        KnownCluster(slug, title_of(slug), examples=tuple(_example(item, whole=whole) for item in found[:EXAMPLES]))
        if whole
        else KnownCluster(slug, title_of(slug), examples=tuple(item.issue.title for item in found[:2]))
        for slug, found in members.items()
    ]


def title_of(slug: str) -> str:
    """A cluster's name as words."""
    return slug.removeprefix("x-").replace("-", " ").capitalize()


def fit_clusters(sets: Sequence[Judged], embedder: Embedder) -> Logistic:
    """A logistic regression over (later issue, cluster) pairs, with long and with short examples."""
    rows, labels = [], []
    for items, documents in sets:
        for whole in (True, False):
            profiles = [profile(cluster, embedder) for cluster in known_clusters(items, whole=whole)]
            for features, right in _pairs(items, documents, profiles):
                rows.append(features)
                labels.append(right)
    return fit_logistic(CLUSTER_FEATURES, np.array(rows), np.array(labels), CLUSTER_PENALTY)


def _pairs(
    items: Sequence[Labelled], documents: Sequence[Document], profiles: Sequence[ClusterProfile]
) -> Iterator[tuple[list[float], bool]]:
    index = IssueIndex(documents[0].vectors.shape[1])
    seen: dict[str, int] = {}
    for item, document in zip(items, documents, strict=True):
        if seen.get(item.gold_cluster or "", EXAMPLES) >= EXAMPLES and len(index):
            for known in profiles:
                if seen.get(known.cluster.slug, 0) >= EXAMPLES:
                    yield cluster_features(document, known, index), known.cluster.slug == item.gold_cluster
        if item.gold_cluster is not None:
            seen[item.gold_cluster] = seen.get(item.gold_cluster, 0) + 1
        index.put(document)


def _example(item: Labelled, *, whole: bool) -> str:
    return f"{item.issue.title}\n{item.issue.body}" if whole else item.issue.title
