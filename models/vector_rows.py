"""Vectors by row number in blocks that never move, so that adding one copies nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.embedder import Vectors

_BLOCK = 1024


class VectorRows:
    """Rows of `parts` vectors each, compared by one matrix product a block."""

    def __init__(self, dimension: int, parts: int = 2) -> None:
        self._shape = (_BLOCK, parts, dimension)
        self._blocks: list[Vectors] = []

    def put(self, row: int, vectors: Vectors) -> Vectors:
        """Store a row, shape (parts, dimension), and return the stored copy; raises ValueError for another shape."""
        if vectors.shape != self._shape[1:]:
            raise ValueError(f"vectors of shape {vectors.shape} where the index holds {self._shape[1:]}")
        while row >= len(self._blocks) * _BLOCK:
            self._blocks.append(np.zeros(self._shape, dtype=np.float32))
        stored: Vectors = self._blocks[row // _BLOCK][row % _BLOCK]
        stored[:] = vectors
        return stored

    def copy(self) -> VectorRows:
        """The same rows, to be changed by themselves."""
        same = VectorRows(self._shape[2], self._shape[1])
        same._blocks = [block.copy() for block in self._blocks]
        return same

    def row(self, row: int) -> Vectors:
        """What a row holds, as it stands there: shape (parts, dimension)."""
        held: Vectors = self._blocks[row // _BLOCK][row % _BLOCK]
        return held

    def clear(self, row: int) -> None:
        """Make a row similar to nothing."""
        self._blocks[row // _BLOCK][row % _BLOCK] = 0

    def take(self, rows: NDArray[np.intp]) -> Vectors:
        """A copy of what these rows hold: shape (len(rows), parts, dimension)."""
        taken = np.empty((len(rows), *self._shape[1:]), dtype=np.float32)
        for at, row in enumerate(rows.tolist()):
            taken[at] = self._blocks[row // _BLOCK][row % _BLOCK]
        return taken

    def similarities(self, vectors: Vectors, size: int) -> Vectors:
        """Products of each part of the rows below `size` with each given vector: shape (size, parts, len(vectors))."""
        rows, parts, dimension = self._shape
        if not self._blocks:
            return np.zeros((size, parts, len(vectors)), dtype=np.float32)
        products = [block.reshape(rows * parts, dimension) @ vectors.T for block in self._blocks]
        result: Vectors = np.concatenate(products).reshape(-1, parts, len(vectors))[:size]
        return result
