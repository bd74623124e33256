"""From the order of a query's candidates and their probabilities as pairs to what is said of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_STEP = 1 - 1e-6  # what follows is less probable, however little: equals would have no order


def in_order(probabilities: Floats, candidates: Floats, among: Flags | None = None) -> Floats:
    """No candidate more probable than those before it; the order is that of the log-odds `candidates`.

    Nobody is held down by one that is not `among` the candidates of the query. So the first one is as probable as the
    pair is by itself, and the bot is sure only where both ways of judging agree.
    """
    result = probabilities.astype(np.float64)
    least = 1.0
    for at in np.argsort(-candidates, kind="stable"):
        result[at] = min(probabilities[at], least * _STEP)
        if among is None or among[at]:
            least = result[at]
    return result
