"""From the order of a query's candidates and their probabilities as pairs to what is said of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = 1 - 1e-6  # what follows is less probable, however little: equals would have no order
_SAME = 1e-5  # in log-odds and probability: the same text twice differs by as much, by how a processor adds up


def in_order(probabilities: Floats, candidates: Floats, among: Flags | None = None) -> Floats:
    """No candidate more probable than those before it; the order is that of the log-odds `candidates`.

    Nobody is held down by one that is not `among` the candidates of the query. So the first one is as probable as the
    pair is by itself, and the bot is sure only where both ways of judging agree. Candidates that nothing tells apart
    are equally probable: none of them comes first by chance.
    """
    result = probabilities.astype(np.float64)
    least, before = 1.0, -1
    for at in np.argsort(-candidates, kind="stable"):
        if before >= 0 and _are_same(candidates, before, at) and _are_same(probabilities, before, at):
            result[at] = result[before]
        else:
            result[at] = min(probabilities[at], least * _STEP)
        if among is None or among[at]:
            least, before = result[at], at
    return result


def _are_same(values: Floats, one: int, other: int) -> bool:
    return bool(abs(values[one] - values[other]) <= _SAME)
