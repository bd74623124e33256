"""95 % bootstrap intervals: a resample is how often each issue was drawn, so that thousands cost a few array sums.

Efron, Tibshirani: An Introduction to the Bootstrap (1993).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.metrics import CALIBRATION_BINS, LEAST_FLAGGED

Floats = NDArray[np.float64]
Figures = dict[str, Floats]  # a name → one value for each resample
Of = Callable[[Floats], Figures]  # counts, shape (resamples, issues) → figures

RESAMPLES = 1000
SEED = 20260401
_TOGETHER = 2_000_000  # counts held in memory at once


def counts(issues: int, resamples: int = RESAMPLES, seed: int = SEED) -> Iterator[Floats]:
    """How often each issue is drawn in each resample, shape (some resamples, issues); the same at every run."""
    random = np.random.default_rng(seed)
    some = max(1, _TOGETHER // max(1, issues))
    for start in range(0, resamples, some):
        drawn = random.integers(0, issues, (min(some, resamples - start), issues))
        yield np.stack([np.bincount(row, minlength=issues) for row in drawn]).astype(np.float64)


def samples(issues: int, figures: Of) -> Figures:
    """The figures of every resample of so many issues; nothing where there are none."""
    parts = [figures(some) for some in counts(issues)] if issues else []
    return {name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ())}


def middle(values: ArrayLike) -> tuple[float, float]:
    """The 95 % in the middle."""
    low, high = np.quantile(np.asarray(values, dtype=np.float64), (0.025, 0.975))
    return float(low), float(high)


def retrieval_samples(ranks: ArrayLike) -> Of:
    """`metrics.retrieval_figures` for drawn queries."""
    found = np.asarray(ranks, dtype=np.float64)
    values = {f"recall_at_{depth}": (found <= depth).astype(np.float64) for depth in (1, 5, 10)} | {"mrr": 1 / found}
    return lambda drawn: {name: _mean(drawn, each) for name, each in values.items()}


def detection_samples(scores: ArrayLike, right: ArrayLike, positive: ArrayLike) -> Of:
    """`metrics.detection_figures` for drawn issues."""
    values = np.asarray(scores, dtype=np.float64)
    order = np.argsort(-values, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(values[order]) != 0, True))  # the last of each distinct score
    hits, positives = (np.asarray(flags, dtype=np.float64)[order] for flags in (right, positive))

    def figures(drawn: Floats) -> Figures:
        sorted_counts = drawn[:, order]
        flagged, good = (np.cumsum(sorted_counts * share, axis=1)[:, ends] for share in (1.0, hits))
        found, passed = (np.cumsum(sorted_counts * share, axis=1)[:, ends] for share in (positives, 1 - positives))
        recall = good / np.maximum(1, found[:, -1:])
        precision = good / np.maximum(1, flagged)
        result = {"auroc": _auroc(found, passed), "average_precision": np.sum(precision * _steps(recall), axis=1)}
        for least in (0.80, 0.90, 0.95):
            enough = (flagged >= LEAST_FLAGGED) & (precision >= least)
            result[f"recall_at_precision_{least:.2f}"] = np.max(np.where(enough, recall, 0.0), axis=1)
        return result

    return figures


def calibration_samples(probabilities: ArrayLike, outcomes: ArrayLike) -> Of:
    """`metrics.calibration_figures` for drawn issues."""
    values, flags = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    bins = np.minimum((values * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    misses = np.zeros((len(values), CALIBRATION_BINS))
    misses[np.arange(len(values)), bins] = values - flags

    def figures(drawn: Floats) -> Figures:
        error = np.abs(drawn @ misses).sum(axis=1) / drawn.sum(axis=1)
        return {"brier": _mean(drawn, (values - flags) ** 2), "ece": error}

    return figures


def assignment_samples(gold: Sequence[str | None], assigned: Sequence[str | None]) -> Of:
    """`metrics.assignment_figures` for drawn issues; macro F1 over the clusters that were drawn."""
    want, got = np.array([each or "" for each in gold]), np.array([each or "" for each in assigned])
    names = np.array(sorted(set(want.tolist()) - {""}), dtype=want.dtype)
    wanted, given = ((side[:, None] == names).astype(np.float64) for side in (want, got))
    alone, refused = (want == "").astype(np.float64), (got == "").astype(np.float64)

    def figures(drawn: Floats) -> Figures:
        there = drawn @ wanted
        scores = _share(2 * (drawn @ (wanted * given)), there + drawn @ given)
        return {
            "accuracy": _mean(drawn, (want == got).astype(np.float64)),
            "macro_f1": _share(np.sum(scores * (there > 0), axis=1), np.sum(there > 0, axis=1).astype(np.float64)),
            "refusal_precision": _share(drawn @ (alone * refused), drawn @ refused),
            "refusal_recall": _share(drawn @ (alone * refused), drawn @ alone),
        }

    return figures


def bcubed_samples(gold: Mapping[int, str], found: Mapping[int, str]) -> Of:
    """B-cubed precision, recall and F1 as means over drawn issues, each against the whole clustering."""
    both = Counter((gold[item], found[item]) for item in gold)
    inside, outside = Counter(found[item] for item in gold), Counter(gold.values())
    pure = np.array([both[gold[item], found[item]] / inside[found[item]] for item in gold])
    whole = np.array([both[gold[item], found[item]] / outside[gold[item]] for item in gold])

    def figures(drawn: Floats) -> Figures:
        precision, recall = _mean(drawn, pure), _mean(drawn, whole)
        f1 = _share(2 * precision * recall, precision + recall)
        return {"bcubed_precision": precision, "bcubed_recall": recall, "bcubed_f1": f1}

    return figures


def intervals(found: Figures) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each figure."""
    return {name: middle(values) for name, values in found.items()}


def joined(issues: int, parts: Sequence[Of]) -> Figures:
    """Several figures of the same resamples."""
    return samples(issues, lambda drawn: {name: each for part in parts for name, each in part(drawn).items()})


def _mean(drawn: Floats, values: Floats) -> Floats:
    result: Floats = drawn @ values / drawn.sum(axis=1)
    return result


def _share(part: Floats, whole: Floats) -> Floats:
    result: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
    return result


def _steps(recall: Floats) -> Floats:
    result: Floats = np.diff(recall, axis=1, prepend=0.0)
    return result


def _auroc(found: Floats, passed: Floats) -> Floats:
    """From the positives and negatives at or above each distinct score; ties half, .5 where one kind is missing."""
    positives, negatives = found[:, -1], passed[:, -1]
    below = negatives[:, None] - passed + _steps(passed) / 2
    area = np.sum(_steps(found) * below, axis=1)
    pairs = positives * negatives
    result: Floats = np.divide(area, pairs, out=np.full(len(area), 0.5), where=pairs > 0)
    return result
