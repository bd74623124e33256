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
from models.choices import Choices, Loss, conditional
from models.company import company, firsts
from models.document import Document
from models.features import FEATURES
from models.labelled import Labelled, groups
from models.retrieval import IssueIndex
from models.standing import candidate_features

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

POOL = 100
FOLDS = 5
PENALTY = 100.0  # ridge on the standardised weights; several hundred queries stand against it
REFUSING_PENALTY = 30.0  # the same where issues without a duplicate teach too
MOST_ALONE = 1_000  # issues of a stream that nobody called a duplicate, which is little proof that they are none
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
    most_alone: int | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[Pool]:
    """The pool of every issue but the first, in the order of arrival.

    Of those that are no queries, about `most_alone` are taken, by their numbers, where it is given.
    """
    group = groups(items)
    alone = max(1, len(items) - len(group.keys() - set(group.values())))
    share = 1.0 if most_alone is None else most_alone / alone
    index = IssueIndex(documents[0].vectors.shape[1])
    seen: set[int] = set()
    for document in documents:
        own = group[document.number]
        if len(index) and (own in seen or _draw(document.number) < share):
            numbers = index.retrieve(document, POOL)
            found = np.array([group[number] for number in numbers], dtype=np.int64)
            features = candidate_features(document, index, numbers)
            yield Pool(document.number, own, own in seen, features, found == own, found)
        seen.add(own)
        index.put(document)
        tick()


def _draw(number: int) -> float:
    """A number from 0 to 1, the same on every machine."""
    return zlib.crc32(f"alone:{number}".encode()) / 2**32


def fold_of(group: int, seed: int = 0) -> int:
    """The fold of a group, the same on every machine, so that no cluster is in both halves."""
    return zlib.crc32(f"{seed}:{group}".encode()) % FOLDS


def fit_pairs(
    sets: Sequence[Sequence[Pool]],
    names: Sequence[str] = FEATURES,
    *,
    without: int | None = None,
    seed: int = 0,
    refusing: bool = False,
) -> Logistic:
    """Weights by which the right candidates of each query stand out in its pool (conditional logit, McFadden 1974).

    `names` are all features or the first ones. Only comparisons inside one pool count, so that a set with many
    duplicates does not teach that its habits mean "duplicate". A set weighs as the square root of the pools that teach.
    `without` leaves one fold of groups out. With `refusing`, issues that are nobody's duplicate teach too: "none of
    these" is one more alternative in every pool of a set that has such issues, as probable as is usual in that set.
    """
    kept = [_teaching(pools, len(names), without, seed, refusing) for pools in sets]
    sizes, flat = [len(pools) for pools in kept], [pool for pools in kept for pool in pools]
    if not any(right.any() for _, right in flat):
        raise NothingToFit("too few duplicates to fit on")
    matrix, mean, scale = _standardised(np.vstack([features for features, _ in flat]))
    starts = np.cumsum([0, *(len(right) for _, right in flat)])[:-1]
    choices = Choices(matrix, np.concatenate([right for _, right in flat]), starts).or_none(sizes)
    shares = np.repeat([1 / math.sqrt(max(1, size)) for size in sizes], sizes)
    free = choices.matrix.shape[1] - len(names)  # what is usual in each set
    penalties = np.array([REFUSING_PENALTY if refusing else PENALTY] * len(names) + [0.0] * free)
    bounds = [*(_bounds(name) for name in names), *[(None, None)] * free]
    loss = conditional(choices, shares * len(shares) / shares.sum(), penalties)
    found = _minimised(loss, len(penalties), bounds)[: len(names)]
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
    loss = conditional(Choices(np.column_stack([scores, more]), right, starts), np.ones(len(starts)), np.zeros(2))
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
    pools: Sequence[Pool],
    others: Sequence[Sequence[Pool]],
    names: Sequence[str] = FEATURES,
    seed: int = 0,
    *,
    refusing: bool = False,
) -> list[Matrix]:
    """Log-odds of every pool by a model that saw neither its group nor any other group of its fold."""
    sets = [pools, *others]
    models = [fit_pairs(sets, names, without=fold, seed=seed, refusing=refusing) for fold in range(FOLDS)]
    return [logits_of(models[fold_of(pool.group, seed)], pool) for pool in pools]


def _teaching(
    pools: Sequence[Pool], width: int, without: int | None, seed: int, refusing: bool
) -> list[tuple[Matrix, Flags]]:
    """The first features and the labels of each pool that teaches, without what belongs to the fold.

    A query whose duplicate was not found, or belongs to the fold, is no sign that there is none.
    """
    found = []
    for pool in pools:
        if without is None or fold_of(pool.group, seed) != without:
            kept = np.array(
                [without is None or fold_of(int(group), seed) != without for group in pool.groups], dtype=bool
            )
            alone = refusing and kept.any() and not pool.is_query
            if alone or pool.right[kept].any():
                found.append((pool.features[kept, :width], pool.right[kept]))
    return found


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
