"""Average linkage on cosines: the clusters of the baseline that `evaluate` measures beside ours.

Sokal, Michener: A Statistical Method for Evaluating Systematic Relationships (1958).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped] # it ships no types

Distances = NDArray[np.float64]


def cosine_distances(vectors: NDArray[np.float32]) -> Distances:
    """1 − cosine of each pair of unit vectors, condensed."""
    rows, columns = np.triu_indices(len(vectors), k=1)
    near = (vectors @ vectors.T)[rows, columns].astype(np.float64)
    return np.maximum(0.0, 1 - near)


def average_linkage(numbers: Sequence[int], apart: Distances, cut: float) -> dict[int, str]:
    """Issue → the name of its cluster; clusters are joined while their mean distance is at most `cut`."""
    if len(numbers) < 2:
        return {number: "1" for number in numbers}
    labels = fcluster(linkage(apart, method="average"), cut, criterion="distance")
    return {number: str(label) for number, label in zip(numbers, labels.tolist(), strict=True)}
