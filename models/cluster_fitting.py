"""Fits how an issue's likeness to a known cluster's words becomes a probability of membership."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.artifacts import Logistic
from models.cluster import KnownCluster
from models.document import Document
from models.embedder import Embedder
from models.fitting import CLUSTER_PENALTY, FOLDS, fit_choice, fold_of
from models.labelled import Labelled
from models.matching import CLUSTER_FEATURES, cluster_features, profile
from models.retrieval import IssueIndex
from models.scorer import PairScorer

EXAMPLES = 3  # an issue of the cluster becomes an example until there are so many
RISING = frozenset(CLUSTER_FEATURES) - {"has_members"}  # to be more like a cluster never speaks against it
Judged = tuple[Sequence[Labelled], Sequence[Document], Embedder]  # the last made the documents' vectors


def known_clusters(items: Sequence[Labelled], *, whole: bool) -> list[KnownCluster]:
    """Every gold cluster by its name and first three members: whole reports, or the titles of the first two."""
    members: dict[str, list[Labelled]] = {}
    for item in items:
        if item.gold_cluster is not None:
            members.setdefault(item.gold_cluster, []).append(item)
    shown = EXAMPLES if whole else 2
    return [
        KnownCluster(slug, title_of(slug), examples=tuple(_example(item, whole=whole) for item in found[:shown]))
        for slug, found in members.items()
    ]


def title_of(slug: str) -> str:
    """A cluster's name as words."""
    return slug.removeprefix("x-").replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Choice:
    """What an issue could be assigned to, shape (clusters, features), and which row is right (None: none of them)."""

    slugs: tuple[str, ...]
    features: NDArray[np.float64]
    right: str | None


def fit_clusters(sets: Sequence[Judged], scorer: PairScorer) -> Logistic:
    """Weights of membership; learned with long examples and members, and with two short examples alone.

    Every fold of clusters is once unknown, so that its issues teach when to refuse.
    """
    choices = []
    for items, documents, embedder in sets:
        for whole in (True, False):
            seen = list(_choices(items, documents, known_clusters(items, whole=whole), embedder, scorer))
            choices += [unknowing for fold in range(FOLDS) for unknowing in _without(seen, fold)]
    starts = np.cumsum([0, *(len(choice.slugs) for choice in choices)])[:-1]
    right = [slug == choice.right for choice in choices for slug in choice.slugs]
    features = np.vstack([choice.features for choice in choices])
    return fit_choice(CLUSTER_FEATURES, features, np.array(right), starts, CLUSTER_PENALTY, RISING)


def _without(choices: Sequence[Choice], fold: int) -> Iterator[Choice]:
    for choice in choices:
        kept = [at for at, slug in enumerate(choice.slugs) if fold_of(zlib.crc32(slug.encode())) != fold]
        if kept:
            yield Choice(tuple(choice.slugs[at] for at in kept), choice.features[kept], choice.right)


def _choices(
    items: Sequence[Labelled],
    documents: Sequence[Document],
    clusters: Sequence[KnownCluster],
    embedder: Embedder,
    scorer: PairScorer,
) -> Iterator[Choice]:
    """Every issue that is not itself an example, before the clusters that were known when it came.

    Clusters with whole reports as examples have them as members too.
    """
    profiles = {cluster.slug: profile(cluster, embedder) for cluster in clusters}
    whole = any(len(cluster.examples) >= EXAMPLES for cluster in clusters)
    index = IssueIndex(documents[0].vectors.shape[1])
    seen: dict[str, list[int]] = {}
    for item, document in zip(items, documents, strict=True):
        known = {slug: numbers for slug, numbers in seen.items() if len(numbers) >= EXAMPLES}
        if known and item.gold_cluster not in seen.keys() - known.keys():
            rows = cluster_features(document, [profiles[slug] for slug in known], known if whole else {}, index, scorer)
            yield Choice(tuple(known), np.array(rows), item.gold_cluster)
        own = seen.setdefault(item.gold_cluster, []) if item.gold_cluster else None
        if own is not None and len(own) < EXAMPLES:
            own.append(item.issue.number)
        index.put(document)


def _example(item: Labelled, *, whole: bool) -> str:
    return f"{item.issue.title}\n{item.issue.body}" if whole else item.issue.title
