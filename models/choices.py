"""Choices among alternatives, and the loss by which the weights of their features are fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
Loss = Callable[[Matrix], tuple[float, Matrix]]  # weights → the loss and its gradient


@dataclass(frozen=True, slots=True)
class Choices:
    """Alternatives, shape (alternatives, features), which of them are right, and where each choice begins."""

    matrix: Matrix
    right: Flags
    starts: NDArray[np.int64]

    def or_none(self, sizes: Sequence[int]) -> Choices:
        """The same with "none of these" before the alternatives of each choice; `sizes` are the choices of each set.

        It comes in those sets alone in which some choice has no right alternative, and has a column for each of them:
        how usual it is there.
        """
        nothing = ~np.logical_or.reduceat(self.right, self.starts)
        owner = np.repeat(np.arange(len(sizes)), sizes)
        refusing = np.unique(owner[nothing])
        asked = np.isin(owner, refusing)
        where, width = self.starts[asked], self.matrix.shape[1]
        none = np.hstack([np.zeros((len(where), width)), owner[asked][:, None] == refusing])
        wider = np.hstack([self.matrix, np.zeros((len(self.right), len(refusing)))])
        return Choices(
            np.insert(wider, where, none, axis=0),
            np.insert(self.right, where, nothing[asked]),
            self.starts + np.cumsum(asked) - asked,
        )


def conditional(choices: Choices, shares: Matrix, penalties: Matrix) -> Loss:
    """How improbable the right alternatives are, together, in each choice (conditional logit, McFadden 1974).

    `shares`, shape (choices,), weigh the choices; `penalties`, shape (features,), the squares of the weights.
    """
    matrix, right, starts = choices.matrix, choices.right, choices.starts
    choice = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(right))))

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        scores = matrix @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[choice])
        all_odds, right_odds = np.add.reduceat(odds, starts), np.add.reduceat(odds * right, starts)
        value = float(shares @ np.log(all_odds / right_odds)) + float(penalties @ weights**2) / 2
        slope = (odds / all_odds[choice] - odds * right / right_odds[choice]) * shares[choice]
        return value, slope @ matrix + penalties * weights

    return loss
