"""Scorers fitted without what they judge: other clusters of the same file, or other repositories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.artifacts import Artifact
from models.cluster_fitting import EXAMPLES, fit_clusters
from models.document import Document
from models.embedder import Embedder
from models.features import FEATURES
from models.fitting import (
    FOLDS,
    MOST_ALONE,
    Matrix,
    Pool,
    collect,
    fit_certainty,
    fit_company,
    fit_pairs,
    fold_of,
    held_out_logits,
)
from models.labelled import Labelled, groups
from models.rankers import Scorers
from models.scorer import PairScorer
from models.standing import CANDIDATE_FEATURES

SHIPPED = "the weights that ship"
BY_CLUSTER = "cross-validated by cluster"
BY_REPOSITORY = "fitted on other repositories alone"

Tick = Callable[[], None]
Beside = tuple[Sequence[Pool], Sequence[Sequence[Pool]]]  # pools to calibrate on, and the sets that are fitted on too


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled issues and their documents, both in the order of arrival."""

    items: Sequence[Labelled]
    documents: Sequence[Document]
    embedder: Embedder | None = None  # where not the one of the file that is judged made the vectors

    @property
    def judged(self) -> bool:
        """Whether a reader looked at every issue, so that one without a group is known to stand alone."""
        return all(item.judged for item in self.items)


def cross_validated(
    own: Corpus, others: Sequence[Corpus], shipped: Artifact, embedder: Embedder | None, collected: Tick, fitted: Tick
) -> tuple[Scorers, str]:
    """A scorer for each issue number, and in words what it was fitted on.

    A stream beside others is left out whole; else five folds of clusters, each judged by a fit on the rest and on the
    others. Known clusters are fitted too where an embedder is given. Raises NothingToFit.
    """
    if others and not own.judged:
        return _by_repository(own, others, shipped, embedder, collected, fitted), BY_REPOSITORY
    return _by_cluster(own, others, shipped, embedder, collected, fitted), BY_CLUSTER


def _by_cluster(
    own: Corpus, others: Sequence[Corpus], shipped: Artifact, embedder: Embedder | None, collected: Tick, fitted: Tick
) -> Scorers:
    mine = _pools(own, collected, calibrating=True)
    rest = [_pools(other, collected, calibrating=False) for other in others]
    group = groups(own.items)
    scorers = []
    for fold in range(FOLDS):
        seen = without_fold(mine, fold)
        # The calibration, too, is fitted on what inner folds held out of the other four.
        artifact = fitted_anew(shipped, [seen, *rest], held_out([(seen, rest)], seed=1))
        kept = [at for at, item in enumerate(own.items) if fold_of(group[item.issue.number]) != fold]
        part = Corpus([own.items[at] for at in kept], [own.documents[at] for at in kept])
        scorers.append(_with_clusters(artifact, [part, *others], embedder))
        fitted()
    return lambda number: scorers[fold_of(group[number])]


def _by_repository(
    own: Corpus, others: Sequence[Corpus], shipped: Artifact, embedder: Embedder | None, collected: Tick, fitted: Tick
) -> Scorers:
    for _ in own.items:
        collected()  # nothing is collected there
    some_judged = any(other.judged for other in others)
    rest = [_pools(other, collected, calibrating=other.judged or not some_judged) for other in others]
    calibrating = [
        (found, [*rest[:at], *rest[at + 1 :]])
        for at, (other, found) in enumerate(zip(others, rest, strict=True))
        if other.judged or not some_judged
    ]
    artifact = fitted_anew(shipped, rest, held_out(calibrating))
    scorer = _with_clusters(artifact, others, embedder)
    for _ in range(FOLDS):
        fitted()
    return lambda _: scorer


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pools to calibrate on, and their log-odds as pairs and as candidates by fits that saw nothing of their folds."""

    pools: Sequence[Pool]
    pairs: Sequence[Matrix]
    candidates: Sequence[Matrix]


def held_out(calibrating: Sequence[Beside], seed: int = 0) -> HeldOut:
    """What fits without each fold say of all pools to calibrate on."""
    pairs, candidates = (
        [
            logits
            for some, beside in calibrating
            for logits in held_out_logits(some, beside, names, seed, refusing=names is FEATURES)
        ]
        for names in (FEATURES, CANDIDATE_FEATURES)
    )
    return HeldOut([pool for some, _ in calibrating for pool in some], pairs, candidates)


def fitted_anew(shipped: Artifact, sets: Sequence[Sequence[Pool]], judged: HeldOut) -> Artifact:
    """The artifact with pairs and candidates fitted on the sets, and calibrated. Raises NothingToFit."""
    certainty = fit_certainty(judged.pools, judged.pairs, judged.candidates)
    return replace(
        shipped,
        pairs=fit_pairs(sets, refusing=True),
        calibration=fit_certainty(judged.pools, judged.pairs, judged.pairs),
        candidates=fit_pairs(sets, CANDIDATE_FEATURES),
        certainty=certainty,
        company=fit_company(judged.pools, judged.pairs, judged.candidates, certainty),
    )


def without_fold(pools: Sequence[Pool], fold: int) -> list[Pool]:
    """The pools of the other folds, and in them the candidates of the other folds."""
    kept = []
    for pool in pools:
        rows = np.array([fold_of(int(group)) != fold for group in pool.groups], dtype=bool)
        if fold_of(pool.group) != fold and rows.any():
            kept.append(replace(pool, features=pool.features[rows], right=pool.right[rows], groups=pool.groups[rows]))
    return kept


def _pools(corpus: Corpus, tick: Tick, *, calibrating: bool) -> list[Pool]:
    """All of a corpus to calibrate on; else its queries, and some that are alone."""
    return list(collect(corpus.items, corpus.documents, most_alone=None if calibrating else MOST_ALONE, tick=tick))


def _with_clusters(artifact: Artifact, corpora: Sequence[Corpus], embedder: Embedder | None) -> PairScorer:
    """The scorer, with the matching of known clusters fitted anew, or as it ships where nothing teaches it."""
    scorer = PairScorer(artifact)
    teaching = [each for each in corpora if each.judged and _has_known_cluster(each)]
    if embedder is None or not teaching:
        return scorer
    sets = [(each.items, each.documents, each.embedder or embedder) for each in teaching]
    return PairScorer(replace(artifact, clusters=fit_clusters(sets, scorer)))


def _has_known_cluster(corpus: Corpus) -> bool:
    """Whether a cluster has more members than become its examples."""
    sizes = Counter(item.gold_cluster for item in corpus.items if item.gold_cluster is not None)
    return any(size > EXAMPLES for size in sizes.values())
