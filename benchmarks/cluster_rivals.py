"""Quality and seconds of clusters on labelled files: Triage beside what others would run on the same vectors."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from sentence_transformers.util import community_detection
from sklearn.cluster import HDBSCAN

try:
    from bertopic import BERTopic
except ImportError:  # an extra: pip install '.[bench]'
    BERTopic = None

from benchmarks import rivals
from bot.evaluating.vector_cache import VectorCache
from models.clustering import cluster
from models.cross_validation import Corpus, cross_validated
from models.document import Document
from models.embedder import Vectors
from models.labelled import groups
from models.linkage import average_linkage, cosine_distances
from models.metrics import clustering_figures
from models.pair_graph import pair_graph
from models.rankers import Scorers, raw_text
from models.retrieval import IssueIndex
from models.scorer import PairScorer

COLUMNS = {"B³ P": "bcubed_precision", "B³ R": "bcubed_recall", "B³ F1": "bcubed_f1", "ARI": "adjusted_rand"}
SMALLEST = 3  # members of a cluster for HDBSCAN and BERTopic: with their own choices they find less
COMMUNITY, COSINE_CUT = 0.75, 0.35
MOST_LINKED = 6_000
Labels = Sequence[int]  # of each issue; negative: noise


def table(name: str, own: Corpus, others: Sequence[Corpus], plain: VectorCache) -> None:
    """Every rival on one file, with plain MiniLM.

    Triage's scorers saw no cluster, or no issue of the repository, that they judge.
    """
    scorers, method = cross_validated(own, others, PairScorer.load().artifact, None, lambda: None, lambda: None)
    raw = rivals.raw_vectors(own.items, plain)
    texts = [raw_text(item.issue) for item in own.items]
    ways: dict[str, Callable[[], Labels]] = {
        "Triage": lambda: triage(own, scorers),
        "average linkage, MiniLM": lambda: linked(raw),
        "HDBSCAN, MiniLM": lambda: HDBSCAN(min_cluster_size=SMALLEST, copy=True).fit_predict(raw).tolist(),
        "BERTopic, MiniLM": lambda: topics(texts, raw),
        "BERTopic, Triage's vectors": lambda: topics(texts, salient(own.documents)),
        "community_detection": lambda: communities(raw),
    }
    gold = gold_of(own)
    print(f"\n{name}: {len(own.items):,} issues, {len(gold):,} of them in known groups; Triage {method}")
    print(f"{'':28}" + "".join(f"{column:>8}" for column in COLUMNS) + f"{'seconds':>10}   clusters, in them")
    for rival, way in ways.items():
        started = time.perf_counter()
        labels = way()
        seconds = time.perf_counter() - started
        if len(labels):
            print(f"{rival:28}{row(gold, own, labels)}{seconds:>10.1f}   {sizes(labels)}")


def gold_of(own: Corpus) -> dict[int, str]:
    """The gold clusters; in a stream the groups of duplicates, of which nobody knows who else belongs to them."""
    if own.judged:
        return {item.issue.number: item.gold_cluster for item in own.items if item.gold_cluster is not None}
    group = groups(own.items)
    counts: dict[int, int] = {}
    for lowest in group.values():
        counts[lowest] = counts.get(lowest, 0) + 1
    return {number: str(lowest) for number, lowest in group.items() if counts[lowest] > 1}


def row(gold: Mapping[int, str], own: Corpus, labels: Labels) -> str:
    """The figures, measured on the issues in known groups."""
    named = {
        item.issue.number: str(label) if label >= 0 else f"alone {item.issue.number}"
        for item, label in zip(own.items, labels, strict=True)
    }
    measured = clustering_figures(gold, {number: named[number] for number in gold})
    return "".join(f"{measured[figure]:>8.3f}" for figure in COLUMNS.values())


def sizes(labels: Labels) -> str:
    """How many clusters there are, and how many issues in them."""
    counted = [label for label in labels if label >= 0]
    return f"{len(set(counted)):,}, {len(counted):,}"


def triage(own: Corpus, scorers: Scorers) -> Labels:
    """A refit, from the issues and their vectors: index, pairs, clusters."""
    index = IssueIndex(own.documents[0].vectors.shape[1])
    index.put_all(own.documents)
    found = cluster(pair_graph(index, scorers))
    label = {number: at for at, group in enumerate(found) for number in group.members}
    return [label.get(document.number, -1) for document in own.documents]


def linked(raw: Vectors) -> Labels:
    """Average linkage of cosines, where its table of distances has room."""
    if len(raw) > MOST_LINKED:
        return []
    found = average_linkage(range(len(raw)), cosine_distances(raw), COSINE_CUT)
    return [int(found[at]) for at in range(len(raw))]


def topics(texts: list[str], raw: Vectors) -> Labels:
    """BERTopic's fit (UMAP, HDBSCAN, class-based TF-IDF) on vectors that are there already; nothing where it is not."""
    if BERTopic is None:
        return []
    return list(BERTopic(min_topic_size=SMALLEST).fit_transform(texts, embeddings=raw)[0])


def salient(documents: Sequence[Document]) -> Vectors:
    """What Triage compares first, shape (issues, dimension)."""
    return np.stack([document.vectors[1] for document in documents])


def communities(raw: Vectors) -> Labels:
    """`sentence_transformers.util.community_detection`, whose smallest community here is a pair."""
    labels = np.full(len(raw), -1)
    for at, members in enumerate(community_detection(torch.from_numpy(raw), threshold=COMMUNITY, min_community_size=2)):
        labels[members] = at
    return labels.tolist()  # type: ignore[no-any-return] # numpy says Any
