"""Issues in two dimensions, those of like meaning side by side; the picture changes as little as its issues do.

t-SNE (van der Maaten, Hinton 2008) on the graph of nearest neighbours with equal weights, begun at the principal
components with the step of Belkina et al. (2019), or, where there is an earlier picture, at the places that it gave.
Nothing in it is random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.embedder import Vectors
from models.near_rows import nearest
from models.repulsion import Points, Repulsion

__all__ = ["Points", "layout"]

NEIGHBOURS = 15
PER_NEIGHBOUR = 5  # issues of a short history for each of its neighbours: with more, all are beside all
EXAGGERATION = 12.0  # of what attracts, while a picture without a predecessor finds its shape
PER_EXAGGERATION = 50  # issues of a short history for each 1 of it: with more, all are drawn into one heap
ROUGH, FINE, AGAIN = 250, 500, 100  # rounds: exaggerated, as it is, and of a picture that has a predecessor
LONG = 20_000  # issues: a longer history gets fewer rounds, down to FEWEST of them
FEWEST = 0.5
SMALL = 1e-4  # spread of the beginning
APART = 1e-2  # how far identical issues are put from each other at the beginning, of the spread
HEAP = 0.05  # how far they are put apart at the end, where neighbours are about 1 from each other
GOLDEN = np.pi * (3 - np.sqrt(5))  # the angle by which neighbours in a row of points never meet
MOST = 5.0  # how far a point may go in one round

Rows = NDArray[np.intp]
Tick = Callable[[int, int], None]  # rounds done, rounds to do


def nobody(_done: int, _rounds: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class _Springs:
    """Pairs of near issues, each once, and how much each attracts; all pairs in both directions together weigh 1."""

    left: Rows
    right: Rows
    weight: NDArray[np.float32]


def layout(vectors: Vectors, before: Points | None = None, *, tick: Tick = nobody) -> Points:
    """A place for each row of `vectors` (unit length, shape (n, dimension)): shape (n, 2), about the origin.

    `before`, shape (n, 2), has the places of an earlier picture, NaN for issues that were not in it. The new one is
    turned and shifted onto it. Whatever `tick` raises ends the work.
    """
    count = len(vectors)
    if count <= 3:
        return _ring(np.arange(count), 1.0)
    springs = _springs(vectors)
    known = np.zeros(count, dtype=np.bool_) if before is None else _placed(before)
    if before is None or 2 * known.sum() < count:
        places = _settled(springs, _principal(vectors), first=True, tick=tick)
    else:
        places = _settled(springs, _beside(springs, before, known), first=False, tick=tick)
    return _centred(_parted(places), before, known)


def _parted(places: Points) -> Points:
    """Identical issues, which nothing drives from one place, a little beside each other."""
    _, which, often = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    heaped = np.flatnonzero(often[which.ravel()] > 1)
    parted = places.copy()
    parted[heaped] += _ring(heaped, HEAP)
    return parted


def _placed(before: Points) -> NDArray[np.bool_]:
    known: NDArray[np.bool_] = np.isfinite(before[:, 0]) & np.isfinite(before[:, 1])
    return known


def _springs(vectors: Vectors) -> _Springs:
    count = len(vectors)
    found = [np.zeros(0, dtype=np.int64)]
    for rows, others in nearest(vectors, vectors, min(NEIGHBOURS, max(2, count // PER_NEIGHBOUR))):
        found.append(np.minimum(rows, others).astype(np.int64) * count + np.maximum(rows, others))
    keys, often = np.unique(np.concatenate(found), return_counts=True)
    weight = (often / (2 * often.sum())).astype(np.float32)
    return _Springs((keys // count).astype(np.intp), (keys % count).astype(np.intp), weight)


def _principal(vectors: Vectors) -> Points:
    """The two first principal components, of one sign whatever the machine, with identical issues put apart."""
    centred = vectors - vectors.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, [-1, -2]]
    axes = axes * np.sign(axes[np.argmax(np.abs(axes), axis=0), [0, 1]])
    places: Points = (centred @ axes).astype(np.float32)
    spread = float(places[:, 0].std()) or 1.0
    return (places / spread + _ring(np.arange(len(places)), APART)).astype(np.float32) * np.float32(SMALL)


def _beside(springs: _Springs, before: Points, known: NDArray[np.bool_]) -> Points:
    """The earlier places; a new issue's is amid those of its neighbours, or in the middle where all are new."""
    count = len(before)
    places = np.where(known[:, None], before, 0).astype(np.float32)
    ends = [(springs.left, springs.right), (springs.right, springs.left)]
    weight = sum(np.bincount(one, springs.weight * known[other], count) for one, other in ends)
    for axis in range(2):
        pull = sum(np.bincount(one, springs.weight * places[other, axis], count) for one, other in ends)
        places[:, axis] = np.where(known, before[:, axis], pull / np.maximum(weight, 1e-12))
    new = np.flatnonzero(~known)
    places[new] += _ring(new, 0.5)
    return places


def _settled(springs: _Springs, places: Points, *, first: bool, tick: Tick) -> Points:
    """Gradient descent with momentum and a step for each coordinate (Jacobs 1988), for a fixed number of rounds."""
    count = len(places)
    share = max(FEWEST, min(1.0, LONG / count))
    rough = int(ROUGH * share) if first else 0
    rounds = rough + int((FINE if first else AGAIN) * share)
    repulsion, speed, gains = Repulsion(), np.zeros_like(places), np.ones_like(places)
    rate = np.float32(count / EXAGGERATION)  # a larger step throws the few issues of a short history far apart
    exaggeration = min(EXAGGERATION, max(1.0, count / PER_EXAGGERATION))
    for done in range(rounds):
        pull = _attraction(springs, places)
        push, total = repulsion.forces(places)
        gradient = 4 * ((exaggeration if done < rough else 1.0) * pull - push / np.float32(total))
        gains = np.maximum(np.where(np.sign(gradient) != np.sign(speed), gains + 0.2, gains * 0.8), 0.01)
        momentum = 0.5 if done < rough else 0.8
        speed = np.clip(momentum * speed - rate * gains * gradient, -MOST, MOST).astype(np.float32)
        places = places + speed
        tick(done + 1, rounds)
    return places


def _attraction(springs: _Springs, places: Points) -> Points:
    """Σ_j w_ij (y_i − y_j) / (1 + d²) for each point."""
    apart = places[springs.left] - places[springs.right]
    scale = springs.weight / (1 + np.einsum("ij,ij->i", apart, apart))
    count = len(places)
    return np.stack(
        [
            np.bincount(springs.left, scale * apart[:, axis], count)
            - np.bincount(springs.right, scale * apart[:, axis], count)
            for axis in range(2)
        ],
        axis=1,
    ).astype(np.float32)


def _centred(places: Points, before: Points | None, known: NDArray[np.bool_]) -> Points:
    """About the origin; turned (and mirrored) and shifted onto the earlier picture where there is one (Procrustes)."""
    places = places - places.mean(axis=0)
    if before is None or known.sum() < 2:
        return places
    own, old = places[known], before[known]
    u, _, v = np.linalg.svd((own - own.mean(axis=0)).T @ (old - old.mean(axis=0)))
    turned: Points = ((places - own.mean(axis=0)) @ (u @ v) + old.mean(axis=0)).astype(np.float32)
    return turned


def _ring(rows: Rows, radius: float) -> Points:
    """Places around the origin, no two the same."""
    angle = rows * GOLDEN
    return (radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.float32)
