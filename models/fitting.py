"""Fits the scorer's coefficients on labelled issues: deterministic, and held out by cluster."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped] # it ships no types

from models.artifacts import Company, Logistic
from models.company import company, firsts
from models.document import Document
from models.features import FEATURES
from models.labelled import Labelled, groups
from models.retrieval import IssueIndex
from models.standing import candidate_features

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
Loss = Callable[[Matrix], tuple[float, Matrix]]

POOL = 100
FOLDS = 5
PAIR_PENALTY = 100.0  # ridge on the standardised weights; several hundred queries stand against it
CLUSTER_PENALTY = 3.0
MOST_COMPANY = 3.0  # nobody's company counts for more, however few have taught it
DIGITS = 6


class NothingToFit(ValueError):
    """No query has its duplicate among the candidates."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One issue's candidates as they were when it arrived: which of them are in its group, their groups.

    `features` has the shape (candidates, len(CANDIDATE_FEATURES)).
    """

    number: int
    group: int
    is_query: bool
    features: Matrix
    right: Flags
    groups: NDArray[np.int64]


def collect(
    items: Sequence[Labelled],
    documents: Sequence[Document],
    *,
    only_queries: bool = False,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Pool]:
    """The pool of every issue but the first, or of the queries alone, in the order of their arrival."""
    group = groups(items)
    index = IssueIndex(documents[0].vectors.shape[1])
    seen: set[int] = set()
    for document in documents:
        own = group[document.number]
        if len(index) and (own in seen or not only_queries):
            numbers = index.retrieve(document, POOL)
            found = np.array([group[number] for number in numbers], dtype=np.int64)
            features = candidate_features(document, index, numbers)
            yield Pool(document.number, own, own in seen, features, found == own, found)
        seen.add(own)
        index.put(document)
        tick()


def fold_of(group: int, seed: int = 0) -> int:
    """The fold of a group, the same on every machine, so that no cluster is in both halves."""
    return zlib.crc32(f"{seed}:{group}".encode()) % FOLDS


def fit_pairs(
    sets: Sequence[Sequence[Pool]], names: Sequence[str] = FEATURES, *, without: int | None = None, seed: int = 0
) -> Logistic:
    """Weights by which the right candidates of each query stand out in its pool (conditional logit, McFadden 1974).

    `names` are all features or the first ones. Only comparisons inside one pool count, so that a set with many
    duplicates does not teach that its habits mean "duplicate". A set weighs as the square root of its queries.
    `without` leaves one fold of groups out.
    """
    features, right, starts, weights, size = [], [], [], [], 0
    for pools in sets:
        parts = [part for pool in pools if (part := _training_part(pool, len(names), without, seed)) is not None]
        for part in parts:
            starts.append(size)
            size += len(part[1])
            features.append(part[0])
            right.append(part[1])
        weights += [1 / math.sqrt(len(parts))] * len(parts) if parts else []
    if not features:
        raise NothingToFit("too few duplicates to fit on")
    matrix, mean, scale = _standardised(np.vstack(features))
    shares = np.array(weights) * len(weights) / sum(weights)
    loss = _conditional(matrix, np.concatenate(right), np.array(starts), shares, PAIR_PENALTY)
    found = _minimised(loss, matrix.shape[1], [_bounds(name) for name in names])
    return Logistic(tuple(names), _rounded(mean), _rounded(scale), _rounded(found), 0.0)


def _bounds(name: str) -> tuple[float | None, float | None]:
    """To agree in a fact never speaks against a pair, to differ never for it, whatever a few hundred queries say."""
    return (0.0 if name.endswith(":agree") else None, 0.0 if name.endswith(":differ") else None)


def fit_logistic(names: Sequence[str], features: Matrix, right: Flags, penalty: float) -> Logistic:
    """A plain logistic regression with a ridge on all but the intercept."""
    matrix, mean, scale = _standardised(features)
    signs = np.where(right, 1.0, -1.0)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margin = signs * (matrix @ weights[:-1] + weights[-1])
        slope = -signs / (1 + np.exp(np.clip(margin, -500, 500)))
        ridge = penalty * np.append(weights[:-1], 0.0)
        gradient = np.append(slope @ matrix, slope.sum()) + ridge
        return float(np.logaddexp(0, -margin).sum() + ridge @ weights / 2), gradient

    found = _minimised(loss, matrix.shape[1] + 1)
    *weights, intercept = _rounded(found)
    return Logistic(tuple(names), _rounded(mean), _rounded(scale), tuple(weights), intercept)


def fit_choice(
    names: Sequence[str],
    features: Matrix,
    right: Flags,
    starts: NDArray[np.int64],
    penalty: float,
    rising: Collection[str] = (),
) -> Logistic:
    """Weights of a choice among alternatives and none of them, whose log-odds are 0; `starts` begin the choices.

    The weights of features that are `rising` are not negative.
    """
    matrix, mean, scale = _standardised(features)
    pool = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(right))))

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = matrix @ weights[:-1] + weights[-1]
        highest = np.maximum(np.maximum.reduceat(scores, starts), 0.0)
        odds = np.exp(scores - highest[pool])
        whole = np.add.reduceat(odds, starts) + np.exp(-highest)
        ridge = penalty * np.append(weights[:-1], 0.0)
        value = float((np.log(whole) + highest).sum() - scores[right].sum()) + float(ridge @ weights) / 2
        slope = odds / whole[pool] - right
        return value, np.append(slope @ matrix, slope.sum()) + ridge

    bounds = [(0.0 if name in rising else None, None) for name in (*names, "")]
    *weights, intercept = _rounded(_minimised(loss, matrix.shape[1] + 1, bounds))
    return Logistic(tuple(names), _rounded(mean), _rounded(scale), tuple(weights), intercept)


def fit_calibration(logits: Sequence[float], right: Sequence[bool]) -> tuple[float, float]:
    """Slope and intercept that make the log-odds of top candidates true at natural prevalence (Platt 1999)."""
    fitted = fit_logistic(["logit"], np.array(logits)[:, None], np.array(right), 0.0)
    slope = fitted.weights[0] / fitted.scale[0]
    return round(slope, DIGITS), round(fitted.intercept - slope * fitted.mean[0], DIGITS)


def fit_certainty(pools: Sequence[Pool], pairs: Sequence[Matrix], candidates: Sequence[Matrix]) -> tuple[float, float]:
    """Slope and intercept on the held-out log-odds, as pairs, of each pool's first candidate; raises NothingToFit."""
    right = tops_right(pools, candidates)
    if len(set(right)) < 2:
        raise NothingToFit("too few duplicates to calibrate on")
    return fit_calibration([float(p[s.argmax()]) for p, s in zip(pairs, candidates, strict=True)], right)


def fit_company(
    pools: Sequence[Pool], pairs: Sequence[Matrix], candidates: Sequence[Matrix], certainty: tuple[float, float]
) -> Company:
    """What known groups add, on held-out log-odds: as if people had told all groups before the next issue came.

    The order is a choice among groups, each by its most probable member; the certainty is that of the first then.
    """
    chance = fit_calibration(np.concatenate(candidates).tolist(), np.concatenate([p.right for p in pools]).tolist())
    added = [company(chance[0] * s + chance[1], pool.groups) for pool, s in zip(pools, candidates, strict=True)]
    order = _worth_in_order(pools, candidates, added)
    first = [int((s + order * more).argmax()) for s, more in zip(candidates, added, strict=True)]
    right = np.array([pool.right[at] for pool, at in zip(pools, first, strict=True)])
    own, known = (np.array([x[at] for x, at in zip(part, first, strict=True)]) for part in (pairs, added))
    return Company(chance, order, _worth_in_certainty(own, known, right, certainty))


def _worth_in_order(pools: Sequence[Pool], candidates: Sequence[Matrix], added: Sequence[Matrix]) -> float:
    choices = [choice for each in zip(pools, candidates, added, strict=True) if (choice := _choice_of(*each))]
    scores, more, right = (np.concatenate(part) for part in zip(*choices, strict=True))
    starts = np.cumsum([0, *(len(choice[0]) for choice in choices)])[:-1]
    loss = _conditional(np.column_stack([scores, more]), right, starts, np.ones(len(starts)), 0.0)
    steep, worth = _minimised(loss, 2, [(1e-3, None), (0.0, None)])
    return _rounded(np.array([min(worth / steep, MOST_COMPANY)]))[0]


def _worth_in_certainty(own: Matrix, known: Matrix, right: Flags, certainty: tuple[float, float]) -> float:
    """Of what is `known`, beside each pair's `own` log-odds, on the curve that holds where nothing is."""
    signs, (steep, intercept) = np.where(right, 1.0, -1.0), certainty

    def loss(weight: Matrix) -> tuple[float, Matrix]:
        margin = signs * (steep * (own + weight[0] * known) + intercept)
        slope = -signs * steep * known / (1 + np.exp(np.clip(margin, -500, 500)))
        return float(np.logaddexp(0, -margin).sum()), np.array([slope.sum()])

    return _rounded(_minimised(loss, 1, [(0.0, MOST_COMPANY)]))[0]


def _choice_of(pool: Pool, candidates: Matrix, added: Matrix) -> tuple[Matrix, Matrix, Flags] | None:
    """The most probable member of each group: log-odds, what is added, whether right; None where none is right."""
    order = np.argsort(-candidates, kind="stable")
    kept = order[firsts(pool.groups[order])]
    return (candidates[kept], added[kept], pool.right[kept]) if pool.right.any() else None


def tops_right(pools: Sequence[Pool], logits: Sequence[Matrix]) -> list[bool]:
    """Whether each pool's first candidate is in the group."""
    return [bool(pool.right[int(scores.argmax())]) for pool, scores in zip(pools, logits, strict=True)]


def logits_of(model: Logistic, pool: Pool) -> Matrix:
    """Log-odds of a pool's candidates by a model of all features, or of the first ones."""
    return model.logits(pool.features[:, : len(model.features)])


def held_out_logits(
    pools: Sequence[Pool], others: Sequence[Sequence[Pool]], names: Sequence[str] = FEATURES, seed: int = 0
) -> list[Matrix]:
    """Log-odds of every pool by a model that saw neither its group nor any other group of its fold."""
    models = [fit_pairs([pools, *others], names, without=fold, seed=seed) for fold in range(FOLDS)]
    return [logits_of(models[fold_of(pool.group, seed)], pool) for pool in pools]


def _training_part(pool: Pool, width: int, without: int | None, seed: int) -> tuple[Matrix, Flags] | None:
    """A query's first features and its labels, without what belongs to the fold; None where it teaches nothing."""
    features = pool.features[:, :width]
    if without is None:
        return (features, pool.right) if pool.right.any() else None
    if fold_of(pool.group, seed) == without:
        return None
    kept = np.array([fold_of(int(group), seed) != without for group in pool.groups])
    return (features[kept], pool.right[kept]) if pool.right[kept].any() else None


def _conditional(matrix: Matrix, right: Flags, starts: NDArray[np.int64], shares: Matrix, penalty: float) -> Loss:
    sizes = np.diff(np.append(starts, len(right)))
    pool = np.repeat(np.arange(len(starts)), sizes)

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = matrix @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[pool])
        all_odds, right_odds = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts)
        value = float(shares @ np.log(all_odds / right_odds)) + penalty * float(weights @ weights) / 2
        slope = (odds / all_odds[pool] - odds * right / right_odds[pool]) * shares[pool]
        return value, slope @ matrix + penalty * weights

    return loss


def _standardised(features: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale[scale < 1e-6] = 1.0
    return (features - mean) / scale, mean, scale


def _minimised(loss: Loss, size: int, bounds: Sequence[tuple[float | None, float | None]] | None = None) -> Matrix:
    options = {"maxiter": 1000}
    found: Matrix = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    return found


def _rounded(values: Matrix) -> tuple[float, ...]:
    return tuple(float(round(value, DIGITS)) for value in values)
