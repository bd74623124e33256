"""Pairs the groups of a new fit with the clusters that people know, by the issues that they share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import coo_array  # type: ignore[import-untyped] # it ships no types
from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # type: ignore[import-untyped]


def best_pairs(weights: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Row → column so that the sum of the weights is largest; no row and no column twice.

    `weights`: positive, of (row, column). Each row may also stay alone, as a column of its own without weight.
    Jonker, Volgenant: A shortest augmenting path algorithm for dense and sparse linear assignment problems (1987).
    """
    if not weights:
        return {}
    rows = sorted({row for row, _ in weights})
    columns = sorted({column for _, column in weights})
    place = {row: at for at, row in enumerate(rows)}, {column: at for at, column in enumerate(columns)}
    most = max(weights.values()) + 1
    edges = [(place[0][row], place[1][column], most - weight) for (row, column), weight in sorted(weights.items())]
    alone = [(at, len(columns) + at, most) for at in range(len(rows))]
    across, down, cost = np.array([*edges, *alone], dtype=np.int64).T
    costs = coo_array((cost.astype(np.float64), (across, down)), shape=(len(rows), len(columns) + len(rows)))
    chosen = zip(*min_weight_full_bipartite_matching(costs.tocsr()), strict=True)
    return {rows[int(row)]: columns[int(column)] for row, column in chosen if column < len(columns)}
