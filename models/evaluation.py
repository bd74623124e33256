"""Honest figures on labelled issues: every issue is judged by what was there before it, as in production."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from models.assignment import assign
from models.clustering import cluster
from models.cross_validation import SHIPPED, Corpus, cross_validated
from models.document import Document, assemble, parts
from models.embedder import Embedder, Vectors
from models.fitting import FOLDS
from models.labelled import Labelled
from models.linkage import average_linkage, cosine_distances
from models.metrics import (
    assignment_figures,
    calibration_figures,
    clustering_figures,
    detection_figures,
    precision_recall,
    reliability,
    retrieval_figures,
)
from models.outcomes import Outcome, replay
from models.pair_graph import pair_graph
from models.rankers import Judged, Ranker, RawCosine, RawWords, Scorers, Told, raw_text
from models.resampling import (
    Figures,
    assignment_samples,
    bcubed_samples,
    calibration_samples,
    detection_samples,
    intervals,
    joined,
    middle,
    retrieval_samples,
    samples,
)
from models.retrieval import IssueIndex
from models.scorer import PairScorer

Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, how much there is

BASELINES = ("minilm", "bm25", "none")
BATCH = 128
MOST_CLUSTERED = 6_000  # issues that the baseline clusters; their distances fill 144 MB
COSINE_CUT = 0.35  # mean distance up to which the baseline joins clusters


def silent(_doing: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def evaluate(  # noqa: PLR0913 - one parameter an option of the command
    items: Sequence[Labelled],
    embedder: Embedder,
    scorer: PairScorer,
    *,
    baseline: str = "none",
    plain: Embedder | None = None,
    by_cluster: bool = False,
    others: Sequence[Sequence[Labelled]] | None = None,
    embedders: Sequence[Embedder] = (),
    progress: Progress = silent,
) -> dict[str, Any]:
    """The figures of the protocol, with intervals; beside a baseline, and its paired difference, where one is named.

    The scorer judges as it is, or, where `others` is given (an empty one will do), gives way to scorers that are
    fitted anew without what they judge. `embedders` are those of the others, where not the same: an adapter's vectors
    of what it was trained on are like those of no new repository. The baseline `minilm` embeds with `plain`, else with
    the embedder. Raises ValueError for an unknown baseline, ModelUnavailable.
    """
    if baseline not in BASELINES:
        raise ValueError(f"baseline {baseline!r}: one of {', '.join(BASELINES)} is needed")
    return _Run(items, embedder, scorer, baseline, plain or embedder, by_cluster, others, embedders, progress).result()


@dataclass(frozen=True, slots=True)
class _Run:
    items: Sequence[Labelled]
    embedder: Embedder
    scorer: PairScorer
    baseline: str
    plain: Embedder
    by_cluster: bool
    others: Sequence[Sequence[Labelled]] | None
    embedders: Sequence[Embedder]
    progress: Progress

    def result(self) -> dict[str, Any]:
        documents = self._prepared(self.items, self.embedder)
        scorers, method = self._scorers(documents)
        judged = Judged(documents, scorers, self.embedder.model_id.dimension)
        ours = replay(self.items, judged, self._ticks("judging", len(self.items)))
        result = {"method": method} | report(ours) | _own_label(self.items, ours)
        told = Told(self.items, judged.weighed, scorers)
        again = replay(self.items, told, self._ticks("judging by what people told", len(self.items)))
        result["told"] = _measured(again, calibrated=True) | {"intervals": intervals(drawn(again, calibrated=True))}
        result = _with(result, _clustering(self.items, self._clusters(documents, scorers)))
        if self.by_cluster:
            result = _with(result, self._known_clusters(documents, scorers))
        if self.baseline != "none":
            ranker, beside = self._baseline()
            theirs = replay(self.items, ranker, self._ticks(f"the baseline {self.baseline}", len(self.items)))
            measured = report(theirs, calibrated=False) | _own_label(self.items, theirs)
            result["baseline"] = _with({"name": self.baseline} | measured, beside)
            result["difference"] = differences(ours, theirs)
        return result

    def _prepared(self, items: Sequence[Labelled], embedder: Embedder) -> dict[int, Document]:
        return prepared(items, embedder, self._ticks("reading and embedding", len(items)))

    def _scorers(self, documents: Mapping[int, Document]) -> tuple[Scorers, str]:
        if self.others is None:
            return lambda _: self.scorer, SHIPPED
        own = Corpus(self.items, list(documents.values()))
        embedders = self.embedders or [self.embedder] * len(self.others)
        rest = [
            Corpus(other, list(self._prepared(other, embedder).values()), embedder)
            for other, embedder in zip(self.others, embedders, strict=True)
        ]
        ticks = self._ticks("collecting candidates", sum(len(each.items) for each in (own, *rest)))
        embedder = self.embedder if self.by_cluster else None
        return cross_validated(own, rest, self.scorer.artifact, embedder, ticks, self._ticks("fitting", FOLDS))

    def _clusters(self, documents: Mapping[int, Document], scorers: Scorers) -> dict[int, str]:
        """Issue → the name of its cluster, as a refit of the whole history would have it."""
        judged = [item.issue.number for item in self.items if item.judged]
        if not any(item.gold_cluster is not None for item in self.items):
            return {}
        index = IssueIndex(self.embedder.model_id.dimension)
        index.put_all(documents.values())
        found = cluster(pair_graph(index, scorers, numbers=judged))
        named = {number: f"cluster {at}" for at, group in enumerate(found) for number in group.members}
        return {number: named.get(number, f"alone {number}") for number in judged}

    def _known_clusters(self, documents: Mapping[int, Document], scorers: Scorers) -> dict[str, Any]:
        tick = self._ticks("assigning to known clusters", len(self.items))
        gold, assigned = assign(self.items, documents, self.embedder, scorers, tick)
        return {
            **assignment_figures(gold, assigned),
            "intervals": intervals(samples(len(gold), assignment_samples(gold, assigned))),
            "known_clusters": {"issues": len(gold)},
        }

    def _baseline(self) -> tuple[Ranker, dict[str, Any]]:
        """The ranker, and the clustering figures where it has vectors."""
        if self.baseline == "bm25":
            return RawWords(), {}
        vectors: dict[int, Vectors] = {}
        tick = self._ticks("embedding the raw texts", len(self.items))
        for start in range(0, len(self.items), BATCH):
            issues = [item.issue for item in self.items[start : start + BATCH]]
            for issue, vector in zip(issues, self.plain.embed([raw_text(each) for each in issues]), strict=True):
                vectors[issue.number] = vector[None, :]
                tick()
        ranker = RawCosine(vectors, self.plain.model_id.dimension)
        numbers = [item.issue.number for item in self.items if item.judged]
        if not 0 < len(numbers) <= MOST_CLUSTERED:
            return ranker, {}
        apart = cosine_distances(np.vstack([vectors[number] for number in numbers]))
        return ranker, _clustering(self.items, average_linkage(numbers, apart, COSINE_CUT))

    def _ticks(self, doing: str, total: int) -> Callable[[], None]:
        """Counts one kind of step for whoever watches."""
        done = count(1)
        return lambda: self.progress(doing, next(done), total)


def _own_label(items: Sequence[Labelled], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Retrieval over the queries that carry a `duplicate_of` themselves.

    The others are queries by their group alone: an original that was reported after its duplicate.
    """
    labelled = {item.issue.number for item in items if item.duplicate_of is not None}
    ranks = [o.rank for o in outcomes if o.is_query and o.number in labelled]
    return {"own_label": {"queries": len(ranks), **retrieval_figures(ranks)}} if ranks else {}


def _clustering(items: Sequence[Labelled], found: Mapping[int, str]) -> dict[str, Any]:
    """Figures of the clusters of all issues that a reader judged, measured on those with a gold cluster."""
    gold = {item.issue.number: item.gold_cluster for item in items if item.gold_cluster is not None}
    if not gold or not found:
        return {}
    measured = {number: found[number] for number in gold}
    sizes = {"issues": len(gold), "clusters": len(set(measured.values())), "gold_clusters": len(set(gold.values()))}
    return {
        **clustering_figures(gold, measured),
        "intervals": intervals(samples(len(gold), bcubed_samples(gold, measured))),
        "clustering": sizes,
    }


def _with(result: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Both, and the intervals of both."""
    return result | more | {"intervals": result["intervals"] | more.get("intervals", {})}


def figures(outcomes: Sequence[Outcome], *, calibrated: bool) -> dict[str, float]:
    """Retrieval and detection figures, and calibration where the score is a probability."""
    scores, right = [o.score for o in outcomes], [o.right for o in outcomes]
    result = retrieval_figures([o.rank for o in outcomes if o.is_query])
    result |= detection_figures(scores, right, [o.is_query for o in outcomes])
    return result | calibration_figures(scores, right) if calibrated else result


def report(outcomes: Sequence[Outcome], *, calibrated: bool = True) -> dict[str, Any]:
    """Counts, figures, their 95 % intervals by bootstrap, and the figures of each language."""
    scores, right = [o.score for o in outcomes], [o.right for o in outcomes]
    result: dict[str, Any] = {
        **_measured(outcomes, calibrated=calibrated),
        "intervals": intervals(drawn(outcomes, calibrated=calibrated)),
        "precision_recall": precision_recall(scores, right, [o.is_query for o in outcomes]),
    }
    if calibrated:
        result["reliability"] = reliability(scores, right)
    languages = sorted({o.language for o in outcomes if o.language})
    if languages:
        result["languages"] = {
            language: _measured([o for o in outcomes if o.language == language], calibrated=calibrated)
            for language in languages
        }
    return result


def drawn(outcomes: Sequence[Outcome], *, calibrated: bool) -> Figures:
    """Every figure of each bootstrap resample; of the queries for retrieval, of all issues for the rest."""
    ranks = [o.rank for o in outcomes if o.is_query]
    scores, right = [o.score for o in outcomes], [o.right for o in outcomes]
    over_all = [detection_samples(scores, right, [o.is_query for o in outcomes])] if outcomes else []
    if calibrated:
        over_all.append(calibration_samples(scores, right))
    return joined(len(ranks), [retrieval_samples(ranks)]) | joined(len(outcomes), over_all)


def differences(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Our figures minus the baseline's on the same issues, with 95 % intervals over the same resamples."""
    mine, other = figures(ours, calibrated=False), figures(theirs, calibrated=False)
    left, right = drawn(ours, calibrated=False), drawn(theirs, calibrated=False)
    return {
        name: {"difference": mine[name] - other[name], "interval": middle(left[name] - right[name])} for name in left
    }


def prepared(items: Sequence[Labelled], embedder: Embedder, tick: Callable[[], None]) -> dict[int, Document]:
    """Every issue read and embedded, in batches; raises ModelUnavailable."""
    documents: dict[int, Document] = {}
    for start in range(0, len(items), BATCH):
        ready = [parts(item.issue) for item in items[start : start + BATCH]]
        vectors = embedder.embed([text for each in ready for text in each.embed_texts])
        for at, each in enumerate(ready):
            documents[each.number] = assemble(each, vectors[2 * at : 2 * at + 2])
            tick()
    return documents


def _measured(outcomes: Sequence[Outcome], *, calibrated: bool) -> dict[str, float]:
    queries = sum(o.is_query for o in outcomes)
    return {"issues": len(outcomes), "queries": queries, **figures(outcomes, calibrated=calibrated)}
