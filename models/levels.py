"""Probabilities of pairs → chances of one problem: how much likelier than what else is like its issues.

A scorer that judges a repository it never saw is too sure there, or not sure enough, of all pairs alike: its fit
compares the candidates of one query, and nothing holds the level of one repository against another's. Half of each
issue's odds is therefore measured against its own background (decision 0008 has the figures).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Chances = NDArray[np.float32]
Logits = NDArray[np.float64]
Places = NDArray[np.intp] | NDArray[np.int32]

DEEPEST, SHALLOWEST = 20, 3  # an issue's background is its twentieth neighbour; in a short history a nearer one
SHARE = 10  # of a short history, one issue in so many is nearer than the background
TYPICAL = -1.1  # log-odds of the background in the reports that the probabilities were calibrated on
LOWEST = -3.0  # no background is lower: beyond it there is nothing to compare with
OWN = 0.5  # share of the background that is the issues' own; the rest is the typical one
SLOPE, MIDDLE = 1.3, -1.0  # chance = sigmoid(SLOPE · log-odds above the background + MIDDLE)
_SUREST = 1e-4  # no probability counts as surer


def depth(issues: int) -> int:
    """Which of an issue's most probable neighbours is its background, in a history of so many issues."""
    return min(DEEPEST, max(SHALLOWEST, issues // SHARE))


def log_odds(probabilities: Chances | Logits) -> Logits:
    """Bounded, shape as given."""
    bounded = np.clip(np.asarray(probabilities, dtype=np.float64), _SUREST, 1 - _SUREST)
    return np.log(bounded) - np.log1p(-bounded)


def backgrounds(left: Places, right: Places, probabilities: Chances, issues: int) -> Logits:
    """The log-odds of each issue's background, shape (issues,); the typical one where too few pairs were judged.

    `left` and `right` are the places of the judged pairs' issues, shape (pairs,).
    """
    issue, chance = np.append(left, right), np.append(probabilities, probabilities)
    order = np.lexsort((-chance, issue))
    counts = np.bincount(issue, minlength=issues)
    last = np.cumsum(counts) - counts + depth(issues) - 1
    found, enough = np.full(issues, TYPICAL), counts >= depth(issues)
    found[enough] = np.maximum(LOWEST, log_odds(chance[order[last[enough]]]))
    return found


def chances(probabilities: Chances | Logits, one: Logits | float, other: Logits | float) -> Chances:
    """What pairs' probabilities say against their issues' backgrounds; 0, a denial, stays 0."""
    background = OWN * (np.asarray(one) + np.asarray(other)) / 2 + (1 - OWN) * TYPICAL
    judged = np.asarray(probabilities, dtype=np.float64)
    above = SLOPE * (log_odds(judged) - background) + MIDDLE
    return np.where(judged > 0, 0.5 * (1 + np.tanh(0.5 * above)), 0.0).astype(np.float32)


def chances_of_one(probabilities: Mapping[int, float], issues: int) -> dict[int, float]:
    """The same for one issue of a history of so many, whose candidates' backgrounds are taken to be like its own."""
    ranked = sorted(probabilities.values(), reverse=True)
    at = depth(issues) - 1
    own = max(LOWEST, float(log_odds(np.array([ranked[at]]))[0])) if at < len(ranked) else TYPICAL
    found = chances(np.array(list(probabilities.values())), own, own)
    return dict(zip(probabilities, found.tolist(), strict=True))
