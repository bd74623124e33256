"""Issue × known clusters → membership probabilities with a margin, and the chance that it is none of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from models.cluster import KnownCluster
from models.decision import Agreement, Evidence
from models.document import Document, prepare_all
from models.embedder import Embedder
from models.evidence import DENIED
from models.fact_words import difference
from models.facts import compare, full_name
from models.features import shared_weight
from models.issue import Issue
from models.retrieval import IssueIndex
from models.scorer import PairScorer, WeighedIssue
from models.terms import issue_terms

NEAREST_MEMBERS = 5
MOST_EXAMPLES = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

CLUSTER_FEATURES = ("similarity", "words", "error_message", "typical_member", "has_members")


@dataclass(frozen=True, slots=True)
class ClusterProfile:
    """A known cluster's title, description and examples made ready for comparison; keep it while they stay."""

    cluster: KnownCluster
    documents: tuple[Document, ...]
    words: tuple[frozenset[str], ...]  # of each document


@dataclass(frozen=True, slots=True)
class ClusterMatch:
    """How probably an issue belongs to a known cluster.

    The probabilities of all clusters and of "none of these" add up to 1. `margin` is the distance to the best of the
    other clusters; `contradicts` are required facts that the issue contradicts, which make the probability 0.
    """

    slug: str
    probability: float
    margin: float
    contradicts: tuple[Evidence, ...] = ()


def profile(cluster: KnownCluster, embedder: Embedder) -> ClusterProfile:
    """Read and embed what the maintainer wrote; raises ModelUnavailable."""
    texts = [(cluster.title, cluster.description), *(_split(example) for example in cluster.examples[:MOST_EXAMPLES])]
    issues = [Issue(0, title, body, created_at=NEVER, updated_at=NEVER) for title, body in texts if title or body]
    documents = tuple(prepare_all(issues, embedder))
    return ClusterProfile(cluster, documents, tuple(frozenset(issue_terms(each.text).whole) for each in documents))


def match_clusters(
    query: Document,
    clusters: Sequence[KnownCluster],
    members: Mapping[str, Sequence[int]],
    index: IssueIndex,
    scorer: PairScorer,
    embedder: Embedder,
    profiles: Mapping[str, ClusterProfile] | None = None,
) -> list[ClusterMatch]:
    """Every cluster, most probable first; `members` are issue numbers by slug, `profiles` those made before.

    Raises ModelUnavailable where a profile has to be made.
    """
    known = profiles or {}
    ready = [
        known[cluster.slug] if _fits(known.get(cluster.slug), cluster) else profile(cluster, embedder)
        for cluster in clusters
    ]
    against = [contradictions(query, cluster) for cluster in clusters]
    features = cluster_features(query, ready, members, index, scorer)
    probabilities = membership(
        [None if reasons else row for row, reasons in zip(features, against, strict=True)], scorer
    )
    matches = [
        ClusterMatch(cluster.slug, probability, probability - _best_other(probabilities, at), reasons)
        for at, (cluster, probability, reasons) in enumerate(zip(clusters, probabilities, against, strict=True))
    ]
    return sorted(matches, key=lambda match: (-match.probability, match.slug))


def membership(features: Sequence[Sequence[float] | None], scorer: PairScorer) -> list[float]:
    """Probabilities of clusters that exclude each other, with "none of these" at log-odds 0; None has no chance."""
    model = scorer.artifact.clusters
    logits = [-math.inf if row is None else float(model.logits(np.array([row]))[0]) for row in features]
    highest = max([0.0, *logits])
    odds = [math.exp(logit - highest) for logit in logits]
    whole = math.exp(-highest) + sum(odds)
    return [each / whole for each in odds]


def cluster_features(
    query: Document,
    clusters: Sequence[ClusterProfile],
    members: Mapping[str, Sequence[int]],
    index: IssueIndex,
    scorer: PairScorer,
) -> list[list[float]]:
    """How near an issue is to each cluster's title, description, examples and members, in order of CLUSTER_FEATURES."""
    nearest = [index.nearest(query, members.get(each.cluster.slug, ()), NEAREST_MEMBERS) for each in clusters]
    everyone = sorted({number for numbers in nearest for number in numbers})
    found = {one.number: one for one in scorer.weigh(query, index, everyone).asked_for()} if everyone else {}
    return [
        [*_word_features(query, each, index), *_member_features([found[number] for number in numbers])]
        for each, numbers in zip(clusters, nearest, strict=True)
    ]


def _word_features(query: Document, known: ClusterProfile, index: IssueIndex) -> list[float]:
    """The mean of the two best cosines, the share of its words, and how rare an error message is that both have."""
    nearest = sorted((_similarity(query, document) for document in known.documents), reverse=True)[:2] or [0.0]
    terms, rarity = index.signals(query).terms.whole.keys(), index.rarity()
    messages = query.facts.get("error_message", frozenset())
    same = [
        shared_weight("error_message", messages, document.facts.get("error_message", frozenset()), rarity)
        for document in known.documents
    ]
    words = [_shared_words(terms, wanted, index) for wanted in known.words]
    return [sum(nearest) / len(nearest), max(words, default=0.0), max(same, default=0.0)]


def _member_features(members: Sequence[WeighedIssue]) -> list[float]:
    """How the nearest members stand, on average, among all that is like the issue, and 1; zeros where there is none."""
    if not members:
        return [0.0, 0.0]
    return [sum(one.candidate + (DENIED if one.denied else 0.0) for one in members) / len(members), 1.0]


def contradictions(query: Document, cluster: KnownCluster) -> tuple[Evidence, ...]:
    """The required facts for which the issue states another value; one that it does not state contradicts nothing."""
    found = []
    for key, value in sorted(cluster.requires.items()):
        name = full_name(key)
        mine, needed = query.facts.get(name, frozenset()), frozenset({str(value).strip().lower()})
        if compare(name, mine, needed) is Agreement.DIFFER:
            found.append(Evidence(name, Agreement.DIFFER, difference(name, mine, needed), -1.0))
    return tuple(found)


def _fits(known: ClusterProfile | None, cluster: KnownCluster) -> bool:
    return known is not None and known.cluster == cluster


def _split(example: str) -> tuple[str, str]:
    """An example's first line as the title of a report, and the rest as its body; one sentence is both."""
    first, _, rest = example.strip().partition("\n")
    return first, rest.strip() or first


def _similarity(query: Document, example: Document) -> float:
    """The best cosine of any part of the one with any part of the other."""
    return float(np.max(query.vectors @ example.vectors.T, initial=0.0))


def _shared_words(given: Set[str], wanted: Set[str], index: IssueIndex) -> float:
    """Which share of the wanted words, weighed by rarity, is among the given."""
    whole = sum(map(index.words.idf, wanted))
    return sum(map(index.words.idf, wanted & given)) / whole if whole else 0.0


def _best_other(probabilities: Sequence[float], at: int) -> float:
    return max((probability for other, probability in enumerate(probabilities) if other != at), default=0.0)
