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
from models.evidence import difference
from models.facts import compare, full_name
from models.features import background, shared_weight
from models.issue import Issue
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.terms import issue_terms

NEAREST_MEMBERS = 5
MOST_EXAMPLES = 20
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

CLUSTER_FEATURES = ("similarity", "gap", "second", "words", "error_message", "members", "best_member", "has_members")


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
    probabilities = membership(
        [
            None if reasons else cluster_features(query, each, members.get(each.cluster.slug, ()), index, scorer)
            for each, reasons in zip(ready, against, strict=True)
        ],
        scorer,
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
    query: Document, known: ClusterProfile, members: Sequence[int], index: IssueIndex, scorer: PairScorer
) -> list[float]:
    """How near an issue is to a cluster's title, description, examples and members, in order of CLUSTER_FEATURES."""
    nearest = sorted((_similarity(query, document) for document in known.documents), reverse=True) or [0.0]
    signals = index.signals(query)
    rarity = index.rarity()
    messages = query.facts.get("error_message", frozenset())
    same = [
        shared_weight("error_message", messages, document.facts.get("error_message", frozenset()), rarity)
        for document in known.documents
    ]
    words = [_shared_words(signals.terms.whole.keys(), wanted, index) for wanted in known.words]
    gap = nearest[0] - background(signals.salient[index.reported_by(query)])
    second = sum(nearest[:2]) / len(nearest[:2])
    by_words = [nearest[0], gap, second, max(words, default=0.0), max(same, default=0.0)]
    return [*by_words, *_member_features(query, members, index, scorer)]


def _member_features(query: Document, members: Sequence[int], index: IssueIndex, scorer: PairScorer) -> list[float]:
    """Log-odds of the noisy-or over the nearest members, and of the best; zeros where there is none."""
    chances = [chance for _, chance in scorer.pair_scores(query, index, index.nearest(query, members, NEAREST_MEMBERS))]
    if not chances:
        return [0.0, 0.0, 0.0]
    return [_log_odds(1 - math.prod(1 - chance for chance in chances)), _log_odds(chances[0]), 1.0]


def _log_odds(chance: float) -> float:
    bounded = min(max(chance, 0.002), 0.998)
    return math.log(bounded / (1 - bounded))


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
