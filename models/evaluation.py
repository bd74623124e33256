"""Honest figures on labelled issues: every issue is judged by what was there before it, as in production."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.assignment import assign
from models.document import Document, prepare_all
from models.embedder import Embedder
from models.labelled import Dataset, Labelled, groups, load
from models.metrics import (
    assignment_figures,
    calibration_figures,
    detection_figures,
    reliability,
    retrieval_figures,
)
from models.rankers import Judged, Ranked, Ranker, RawCosine, RawWords
from models.scorer import PairScorer

Progress = Callable[[int, int], None]

BASELINES = ("minilm", "bm25", "none")
BATCH = 128
RESAMPLES = 1000
SEED = 20260401


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a ranker said of one issue: the rank of its best earlier group member (infinite where there is none or it
    was not found), the top candidate with its score, and whether that one is in the group."""

    number: int
    is_query: bool
    rank: float
    top: int | None
    score: float
    right: bool
    language: str | None = None


def silent(_done: int, _total: int) -> None:
    """Progress that nobody watches."""


def evaluate(
    items: Sequence[Labelled],
    embedder: Embedder,
    scorer: PairScorer,
    *,
    baseline: str = "none",
    by_cluster: bool = False,
    progress: Progress = silent,
) -> dict[str, Any]:
    """The figures of the protocol, with intervals; beside a baseline, and its paired difference, where one is named.

    `progress` is told (done, total) steps of the whole. Raises ValueError for an unknown baseline, ModelUnavailable.
    """
    if baseline not in BASELINES:
        raise ValueError(f"baseline {baseline!r}: one of {', '.join(BASELINES)} is needed")
    steps = _Steps(progress, total=len(items) * (2 + (baseline != "none") + by_cluster))
    documents = _prepared(items, embedder, steps)
    ours = replay(items, Judged(documents, scorer, embedder.model_id.dimension), steps.tick)
    result = report(ours)
    if baseline != "none":
        ranker: Ranker = RawWords() if baseline == "bm25" else RawCosine(embedder)
        theirs = replay(items, ranker, steps.tick)
        result["baseline"] = {"name": baseline, **report(theirs, calibrated=False)}
        result["difference"] = differences(ours, theirs)
    if by_cluster:
        result["known_clusters"] = _known_clusters(items, documents, embedder, scorer, steps)
    return result


class _Steps:
    """Counts the steps of the whole for whoever watches."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def tick(self) -> None:
        self._done += 1
        self._progress(self._done, self._total)


def _prepared(items: Sequence[Labelled], embedder: Embedder, steps: _Steps) -> dict[int, Document]:
    documents: dict[int, Document] = {}
    for start in range(0, len(items), BATCH):
        for document in prepare_all([item.issue for item in items[start : start + BATCH]], embedder):
            documents[document.number] = document
            steps.tick()
    return documents


def _known_clusters(
    items: Sequence[Labelled],
    documents: Mapping[int, Document],
    embedder: Embedder,
    scorer: PairScorer,
    steps: _Steps,
) -> dict[str, Any]:
    gold, assigned = assign(items, documents, embedder, scorer, steps.tick)
    return {"issues": len(gold), **assignment_figures(gold, assigned)}


def replay(items: Sequence[Labelled], ranker: Ranker, tick: Callable[[], None] = lambda: None) -> list[Outcome]:
    """One outcome an issue; the items are in the order of their arrival."""
    group = groups(items)
    seen: set[int] = set()
    outcomes = []
    for item in items:
        number = item.issue.number
        outcomes.append(_outcome(item, ranker.rank(item.issue), group, is_query=group[number] in seen))
        seen.add(group[number])
        ranker.add(item.issue)
        tick()
    return outcomes


def figures(outcomes: Sequence[Outcome], *, calibrated: bool) -> dict[str, float]:
    """Retrieval and detection figures, and calibration where the score is a probability."""
    scores, right = [o.score for o in outcomes], [o.right for o in outcomes]
    result = retrieval_figures([o.rank for o in outcomes if o.is_query])
    result |= detection_figures(scores, right, [o.is_query for o in outcomes])
    return result | calibration_figures(scores, right) if calibrated else result


def report(outcomes: Sequence[Outcome], *, calibrated: bool = True) -> dict[str, Any]:
    """Counts, figures, their 95 % intervals by bootstrap, and the figures of each language."""
    result: dict[str, Any] = {
        "issues": len(outcomes),
        "queries": sum(o.is_query for o in outcomes),
        **figures(outcomes, calibrated=calibrated),
        "intervals": intervals(outcomes, calibrated=calibrated),
    }
    if calibrated:
        result["reliability"] = reliability([o.score for o in outcomes], [o.right for o in outcomes])
    languages = sorted({o.language for o in outcomes if o.language})
    if languages:
        result["languages"] = {
            language: _of_language([o for o in outcomes if o.language == language]) for language in languages
        }
    return result


def intervals(outcomes: Sequence[Outcome], *, calibrated: bool = True) -> dict[str, tuple[float, float]]:
    """95 % interval of every figure, by resampling the issues."""
    if not outcomes:
        return {}
    samples = [figures([outcomes[at] for at in draw], calibrated=calibrated) for draw in _draws(len(outcomes))]
    return {name: _middle([sample[name] for sample in samples]) for name in samples[0]}


def differences(ours: Sequence[Outcome], theirs: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """Our figures minus the baseline's on the same issues, with paired 95 % intervals."""
    mine, other = figures(ours, calibrated=False), figures(theirs, calibrated=False)
    samples: dict[str, list[float]] = {name: [] for name in mine}
    for draw in _draws(len(ours)) if ours else ():
        left = figures([ours[at] for at in draw], calibrated=False)
        right = figures([theirs[at] for at in draw], calibrated=False)
        for name, values in samples.items():
            values.append(left[name] - right[name])
    return {
        name: {"difference": mine[name] - other[name], "interval": _middle(values)}
        for name, values in samples.items()
        if values
    }


def _outcome(item: Labelled, ranked: Ranked, group: Mapping[int, int], *, is_query: bool) -> Outcome:
    own = group[item.issue.number]
    rank = _rank(ranked, group, own) if is_query else math.inf
    top, score = ranked[0] if ranked else (None, 0.0)
    right = top is not None and group[top] == own
    return Outcome(item.issue.number, is_query, rank, top, score, right, item.language)


def _rank(ranked: Ranked, group: Mapping[int, int], own: int) -> float:
    """The rank of the best member; of equal scores the member comes last, so that a tie is no merit."""
    best = next((score for number, score in ranked if group[number] == own), None)
    if best is None:
        return math.inf
    level = [number for number, score in ranked if score == best]
    above = sum(score > best for _, score in ranked)
    return above + sum(group[number] != own for number in level) + 1


def _draws(size: int) -> list[NDArray[np.intp]]:
    random = np.random.default_rng(SEED)
    return [random.integers(0, size, size) for _ in range(RESAMPLES)]


def _middle(values: Sequence[float]) -> tuple[float, float]:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _of_language(outcomes: Sequence[Outcome]) -> dict[str, float]:
    found = retrieval_figures([o.rank for o in outcomes if o.is_query])
    return {"issues": len(outcomes), "queries": sum(o.is_query for o in outcomes), **found}


__all__ = ["Dataset", "Outcome", "differences", "evaluate", "figures", "intervals", "load", "replay", "report"]
