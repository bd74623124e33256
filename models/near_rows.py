"""The nearest vectors of every vector: exactly for a short history, by cells of like vectors for a long one.

The cells are those of an inverted file (Jégou, Douze, Schmid: Product Quantization for Nearest Neighbor Search, 2011),
with centres by Lloyd's algorithm and a bounded number of members, so that the work grows with the number of vectors.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.bm25 import Rows
from models.embedder import Vectors

PROBED = 12_288  # vectors that each is compared with; a history of no more is compared exactly
CELL = 512  # members of a cell at most
_SAMPLE = 48  # vectors for each centre that the centres are learned from
_ROUNDS = 6
_BLOCK = 4096


def nearest(asking: Vectors, said: Vectors, limit: int) -> Iterator[tuple[Rows, Rows]]:
    """(row, other row) of the `limit` largest products asking[row] · said[other], never with itself; block by block.

    Shapes (rows, dimension). Deterministic; of equals at the border any may be left out.
    """
    cells = _cells(said)
    for members, probed in _visits(cells, said):
        products = asking[members] @ said[probed].T
        products[probed[None, :] == members[:, None]] = -np.inf
        count = min(limit, len(probed) - 1)
        if count < 1:
            continue
        best = np.argpartition(products, len(probed) - count, axis=1)[:, -count:]
        yield np.repeat(members, count), probed[best].ravel()


def _visits(cells: list[Rows], said: Vectors) -> Iterator[tuple[Rows, Rows]]:
    """Each cell with all members of the cells next to it."""
    everything = np.arange(len(said))
    if len(said) <= PROBED:
        yield from ((members, everything) for members in cells)
        return
    centres = np.stack([said[members].mean(axis=0) for members in cells])
    sizes = np.array([len(members) for members in cells])
    for members, centre in zip(cells, centres, strict=True):
        order = np.argsort(-(centres @ centre), kind="stable")
        enough = int(np.searchsorted(np.cumsum(sizes[order]), PROBED)) + 1
        yield members, np.sort(np.concatenate([cells[at] for at in order[:enough]]))


def _cells(vectors: Vectors) -> list[Rows]:
    rows = np.arange(len(vectors))
    if len(vectors) <= PROBED:
        return [rows[start : start + CELL] for start in range(0, len(rows), CELL)]
    centre = _assigned(vectors, _centres(vectors, 2 * len(vectors) // CELL))
    order = np.argsort(centre, kind="stable")
    borders = np.flatnonzero(np.diff(centre[order])) + 1
    return [
        members[start : start + CELL]
        for members in np.split(order, borders)
        for start in range(0, len(members), CELL)  # one report sent a thousand times fills many cells
    ]


def _centres(vectors: Vectors, count: int) -> Vectors:
    sample = vectors[:: max(1, len(vectors) // (count * _SAMPLE))]
    centres = sample[:: max(1, len(sample) // count)][:count].copy()
    for _ in range(_ROUNDS):
        nearest_centre = _assigned(sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest_centre, sample)
        held = np.bincount(nearest_centre, minlength=len(centres))
        centres[held > 0] = sums[held > 0] / held[held > 0, None].astype(np.float32)
    return centres


def _assigned(vectors: Vectors, centres: Vectors) -> NDArray[np.intp]:
    """The nearest centre of each, by Euclid's distance."""
    lengths = 0.5 * np.sum(centres * centres, axis=1)
    blocks = (vectors[start : start + _BLOCK] for start in range(0, len(vectors), _BLOCK))
    return np.concatenate([np.argmax(block @ centres.T - lengths, axis=1) for block in blocks])
