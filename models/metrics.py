"""Figures of merit for rankings, detections, probabilities and clusterings, as pure functions of arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST_FLAGGED = 10
CALIBRATION_BINS = 10


def retrieval_figures(ranks: ArrayLike) -> dict[str, float]:
    """Recall at 1, 5, 10 and mean reciprocal rank; `ranks` of the queries, from 1, infinite where never found."""
    found = np.asarray(ranks, dtype=np.float64)
    if not found.size:
        return dict.fromkeys(("recall_at_1", "recall_at_5", "recall_at_10", "mrr"), 0.0)
    figures = {f"recall_at_{depth}": float(np.mean(found <= depth)) for depth in (1, 5, 10)}
    return {**figures, "mrr": float(np.mean(1.0 / found))}


def detection_figures(scores: ArrayLike, right: ArrayLike, positive: ArrayLike) -> dict[str, float]:
    """How well a score of the top candidate tells duplicates from new issues.

    Shape (issues,) each: the score, whether the top candidate is in the issue's group, whether the issue has an
    earlier member of its group at all.
    """
    values = np.asarray(scores, dtype=np.float64)
    hits, positives = np.asarray(right, dtype=bool), np.asarray(positive, dtype=bool)
    flagged, good = _curve(values, hits)
    recall, precision = good / max(1, positives.sum()), good / np.maximum(1, flagged)
    steps = np.diff(np.concatenate([[0.0], recall]))
    figures = {"auroc": auroc(values, positives), "average_precision": float(np.sum(precision * steps))}
    for least in (0.80, 0.90, 0.95):
        enough = (flagged >= LEAST_FLAGGED) & (precision >= least)
        figures[f"recall_at_precision_{least:.2f}"] = float(recall[enough].max()) if enough.any() else 0.0
    return figures


def auroc(scores: ArrayLike, positive: ArrayLike) -> float:
    """Probability that a positive scores above a negative, ties half; .5 where one kind is missing."""
    values, flags = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    positives, negatives = int(flags.sum()), int((~flags).sum())
    if not positives or not negatives:
        return 0.5
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[flags].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_figures(probabilities: ArrayLike, outcomes: ArrayLike) -> dict[str, float]:
    """Brier score and expected calibration error over ten bins of equal width."""
    values, flags = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if not values.size:
        return {"brier": 0.0, "ece": 0.0}
    error = sum(abs(said - seen) * count for said, seen, count in reliability(values, flags)) / len(values)
    return {"brier": float(np.mean((values - flags) ** 2)), "ece": float(error)}


def reliability(probabilities: ArrayLike, outcomes: ArrayLike) -> list[tuple[float, float, int]]:
    """(mean probability, observed frequency, count) of each bin that is not empty; the points of a reliability plot."""
    values, flags = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    bins = np.minimum((values * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    inside = [bins == number for number in range(CALIBRATION_BINS)]
    return [(float(values[at].mean()), float(flags[at].mean()), int(at.sum())) for at in inside if at.any()]


def precision_recall(scores: ArrayLike, right: ArrayLike, positive: ArrayLike) -> list[tuple[float, float, float]]:
    """(recall, precision, score) at every distinct score from which on at least ten are flagged, from the highest."""
    values, hits = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    flagged, good = _curve(values, hits)
    enough = flagged >= LEAST_FLAGGED
    recall, precision = good / max(1, np.asarray(positive, dtype=bool).sum()), good / np.maximum(1, flagged)
    cuts = np.unique(values)[::-1]
    points = zip(recall[enough].tolist(), precision[enough].tolist(), cuts[enough].tolist(), strict=True)
    return list(points)


def threshold_for(scores: ArrayLike, right: ArrayLike, precision: float, least: int = LEAST_FLAGGED) -> float | None:
    """The lowest score from which on at least `precision` of the flagged are right, or None where there is none."""
    values, hits = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    flagged, good = _curve(values, hits)
    enough = (flagged >= least) & (good >= precision * flagged)
    return float(np.unique(values)[::-1][enough].min()) if enough.any() else None


def clustering_figures(gold: Mapping[int, str], found: Mapping[int, str]) -> dict[str, float]:
    """B-cubed precision, recall and F1, adjusted Rand index and V-measure of cluster names over the same items."""
    items = sorted(gold)
    table = _contingency([gold[item] for item in items], [found[item] for item in items])
    inside, outside = table.sum(axis=0), table.sum(axis=1)
    total = max(1.0, float(table.sum()))
    precision = float((table**2 / np.maximum(1, inside)).sum() / total)
    recall = float((table**2 / np.maximum(1, outside)[:, None]).sum() / total)
    return {
        "bcubed_precision": precision,
        "bcubed_recall": recall,
        "bcubed_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "adjusted_rand": _adjusted_rand(table),
        "v_measure": _v_measure(table),
    }


def assignment_figures(gold: Sequence[str | None], assigned: Sequence[str | None]) -> dict[str, float]:
    """Accuracy, macro F1 over the clusters, and precision and recall of the refusals (None: in no known cluster)."""
    pairs = list(zip(gold, assigned, strict=True))
    names = sorted({name for name in gold if name is not None})
    refused, alone = sum(got is None for _, got in pairs), sum(want is None for want, _ in pairs)
    rightly = sum(want is None and got is None for want, got in pairs)
    return {
        "accuracy": sum(want == got for want, got in pairs) / max(1, len(pairs)),
        "macro_f1": sum(_f1(pairs, name) for name in names) / max(1, len(names)),
        "refusal_precision": rightly / max(1, refused),
        "refusal_recall": rightly / max(1, alone),
    }


def _curve(scores: Floats, hits: Flags) -> tuple[Floats, Floats]:
    """Flagged and rightly flagged issues at each distinct score, from the highest."""
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True) if len(scores) else np.zeros(0, dtype=bool)
    flagged = np.arange(1, len(scores) + 1, dtype=np.float64)
    return flagged[last], np.cumsum(hits[order]).astype(np.float64)[last]


def _f1(pairs: Sequence[tuple[str | None, str | None]], name: str) -> float:
    both = sum(want == name and got == name for want, got in pairs)
    either = sum((want == name) + (got == name) for want, got in pairs)
    return 2 * both / either if either else 0.0


def _contingency(gold: Sequence[str], found: Sequence[str]) -> Floats:
    rows = {name: at for at, name in enumerate(sorted(set(gold)))}
    columns = {name: at for at, name in enumerate(sorted(set(found)))}
    table = np.zeros((len(rows), len(columns)))
    for want, got in zip(gold, found, strict=True):
        table[rows[want], columns[got]] += 1
    return table


def _pairs(counts: Floats) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _adjusted_rand(table: Floats) -> float:
    """Hubert and Arabie, Comparing Partitions (1985)."""
    gold, found = _pairs(table.sum(axis=1)), _pairs(table.sum(axis=0))
    expected = gold * found / max(1.0, _pairs(np.array([table.sum()])))
    most = (gold + found) / 2
    return (_pairs(table) - expected) / (most - expected) if most != expected else 1.0


def _v_measure(table: Floats) -> float:
    """Rosenberg and Hirschberg, V-Measure (2007), with beta 1."""
    total = max(1.0, float(table.sum()))
    gold, found = _entropy(table.sum(axis=1) / total), _entropy(table.sum(axis=0) / total)
    mutual = gold + found - _entropy(table.ravel() / total)
    return 2 * mutual / (gold + found) if gold + found else 1.0


def _entropy(shares: Floats) -> float:
    return -math.fsum(share * math.log(share) for share in shares.tolist() if share > 0)
