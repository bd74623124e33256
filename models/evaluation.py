"""Honest figures on labelled issues: every issue is judged by what was there before it, as in production."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.bm25 import TermIndex
from models.embedder import Embedder
from models.issue import Issue
from models.labelled import Labelled, groups
from models.metrics import calibration_figures, detection_figures, reliability, retrieval_figures
from models.terms import count_terms
from models.vector_rows import VectorRows

Progress = Callable[[int, int], None]
Ranked = Sequence[tuple[int, float]]

RESAMPLES = 1000
SEED = 20260401


class Ranker(Protocol):
    """Something that ranks what it was shown before."""

    def rank(self, issue: Issue) -> Ranked:
        """(number, score) of earlier issues, best first; issues left out count as never found."""
        ...

    def add(self, issue: Issue) -> None:
        """Show an issue; later ones may be ranked against it."""
        ...


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


def replay(items: Sequence[Labelled], ranker: Ranker, progress: Progress = silent) -> list[Outcome]:
    """One outcome an issue; the items are in the order of their arrival."""
    group = groups(items)
    seen: set[int] = set()
    outcomes = []
    for done, item in enumerate(items, start=1):
        number = item.issue.number
        outcomes.append(_outcome(item, ranker.rank(item.issue), group, is_query=group[number] in seen))
        seen.add(group[number])
        ranker.add(item.issue)
        progress(done, len(items))
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


class RawCosine:
    """The baseline of today's bots: one vector of the raw title and body, compared by cosine."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows = VectorRows(embedder.model_id.dimension, parts=1)
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by cosine."""
        vector = self._embedder.embed([_raw(issue)])
        return _sorted(self._numbers, self._rows.similarities(vector, len(self._numbers))[:, 0, 0])

    def add(self, issue: Issue) -> None:
        """Embed and keep."""
        self._rows.put(len(self._numbers), self._embedder.embed([_raw(issue)]))
        self._numbers.append(issue.number)


class RawWords:
    """The lexical baseline: BM25 of the raw title and body."""

    def __init__(self) -> None:
        self._index = TermIndex()
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by BM25."""
        return _sorted(self._numbers, self._index.bm25(count_terms(_raw(issue)), len(self._numbers)))

    def add(self, issue: Issue) -> None:
        """Count and keep."""
        self._index.add(len(self._numbers), count_terms(_raw(issue)))
        self._numbers.append(issue.number)


def _raw(issue: Issue) -> str:
    return f"{issue.title}\n\n{issue.body}"


def _sorted(numbers: Sequence[int], scores: NDArray[np.float32]) -> Ranked:
    return [(numbers[at], float(scores[at])) for at in np.argsort(-scores, kind="stable")]


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
