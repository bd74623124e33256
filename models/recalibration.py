"""What a repository's own judged decisions say of the shipped probabilities, and whether they are to be corrected.

Platt scaling on the shipped log-odds, held to the shipped curve by pseudo-decisions that turned out as it says. People
judge what the bot showed them, so decisions are judged at high scores only. The score alone chose them, which does not
bias a model of the outcome given the score; below, where nobody judges, the pseudo-decisions keep the curve. Those who
find a decision wrong speak more readily than the others: that bias is left in, because it errs towards silence.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped] # it ships no types
from scipy.special import betaincinv, expit, log_expit  # type: ignore[import-untyped] # it ships no types

LEAST = 30  # judged decisions
LEAST_OF_EACH = 5  # right ones, and wrong ones
FOLDS = 10
PSEUDO = 20.0  # decisions that the shipped curve weighs as much as
PSEUDO_AT = np.linspace(-4.0, 4.0, 17)  # log-odds over which they are spread
AS_SHIPPED = (1.0, 0.0)
SLOPES = (1 / 3, 3.0)  # a curve may be no flatter or steeper, so that few scores far apart cannot turn it over
BOUND = 0.1  # the chance that the precision is lower than its lower bound
FLAGGED = 20.0  # decisions that the shipped precision weighs as much as

NOTHING_TAUGHT = "as shipped (this repository taught nothing yet)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision that people judged: the shipped log-odds of the issue that the bot named, whether that was right, and
    its group, so that one wave of reports is never on both sides of a comparison."""

    logit: float
    right: bool
    group: int


@dataclass(frozen=True, slots=True)
class Recalibration:
    """`slope` and `intercept` on the shipped log-odds (1 and 0: as shipped); `duplicate` is the cut on the result.

    `loss_before` and `loss_after`: mean log loss of the judged decisions by the shipped curve, and by curves fitted
    without the decision's fold. `reason` says why it was not adopted, "" where it was.
    """

    slope: float
    intercept: float
    duplicate: float
    judged: int
    right: int
    loss_before: float = 0.0
    loss_after: float = 0.0
    reason: str = ""

    @property
    def adopted(self) -> bool:
        """Whether the curve is the repository's own."""
        return not self.reason

    def is_shipped(self, duplicate: float) -> bool:
        """Whether neither the curve nor the cut, shipped at `duplicate`, is the repository's own."""
        return not self.adopted and self.duplicate == duplicate

    def to_data(self) -> dict[str, Any]:
        """For the database and `--json`."""
        return asdict(self)

    def sentence(self) -> str:
        """Which calibration is in force, for the operator."""
        counted = f"{self.judged} judged decisions, {self.right} right"
        if not self.adopted:
            return f"as shipped ({counted}: {self.reason}), duplicate from {self.duplicate:.2f} on"
        gain = f"log loss {self.loss_before:.3f} → {self.loss_after:.3f}"
        curve = f"slope {self.slope:.2f}, intercept {self.intercept:+.2f}"
        return f"its own ({counted}: {curve}, {gain} held out), duplicate from {self.duplicate:.2f} on"


def from_data(data: Mapping[str, Any]) -> Recalibration | None:
    """What `to_data` wrote; None for what another version of it wrote."""
    return Recalibration(**data) if set(data) == {field.name for field in fields(Recalibration)} else None


def recalibrate(judged: Sequence[Judged], duplicate: float, precision: float) -> Recalibration:
    """The curve and the cut that the judged decisions call for; `duplicate` and `precision` are those that shipped.

    A curve is adopted where it lowers the log loss of decisions that it was not fitted on, by more than the standard
    error of that gain; else the shipped one stays. The cut rises with bad news whichever curve is in force, and never
    falls below the shipped one: a lower bound of the precision above it stays where shipping put it.
    """
    right = sum(one.right for one in judged)
    if len(judged) < LEAST or min(right, len(judged) - right) < LEAST_OF_EACH:
        reason = f"{LEAST} are needed, with {LEAST_OF_EACH} right and {LEAST_OF_EACH} wrong"
        return Recalibration(*AS_SHIPPED, duplicate, len(judged), right, reason=reason)
    logits, outcomes = np.array([one.logit for one in judged]), np.array([float(one.right) for one in judged])
    groups = np.array([one.group for one in judged])
    before, after = _losses(logits, outcomes, *AS_SHIPPED), _held_out(logits, outcomes, groups)
    slope, intercept = fit(logits, outcomes)
    reason = _objection(before - after, groups)
    if reason:
        slope, intercept = AS_SHIPPED
    cut = cut_for(expit(slope * logits + intercept), outcomes, duplicate, precision)
    lost, loses = round(float(before.mean()), 4), round(float(after.mean()), 4)
    return Recalibration(round(slope, 4), round(intercept, 4), cut, len(judged), right, lost, loses, reason)


def fit(logits: Floats, outcomes: Floats) -> tuple[float, float]:
    """Slope and intercept of the outcomes on the log-odds, with the pseudo-decisions: logistic regression, convex."""
    weights = np.append(np.ones(len(logits)), np.full(len(PSEUDO_AT), PSEUDO / len(PSEUDO_AT)))
    rows = np.column_stack((np.append(logits, PSEUDO_AT), np.ones(len(weights))))
    wanted = np.append(outcomes, expit(PSEUDO_AT))

    def loss(curve: Floats) -> tuple[float, Floats]:
        said = rows @ curve
        value = -weights @ (wanted * log_expit(said) + (1 - wanted) * log_expit(-said))
        return float(value), rows.T @ (weights * (expit(said) - wanted))

    bounds = (SLOPES, (None, None))
    slope, intercept = minimize(loss, AS_SHIPPED, jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(slope), float(intercept)


def cut_for(probabilities: Floats, outcomes: Floats, shipped: float, precision: float) -> float:
    """The lowest cut, from the shipped one on, above which the precision's lower bound stays where it was shipped.

    Beta-binomial: FLAGGED pseudo-decisions of the shipped precision, and the own decisions above the cut.
    """
    right, wrong = 1 + FLAGGED * precision, 1 + FLAGGED * (1 - precision)
    floor = float(betaincinv(right, wrong, BOUND))
    for cut in (shipped, *np.unique(probabilities[probabilities >= shipped])):
        own = outcomes[probabilities >= cut]
        if float(betaincinv(right + own.sum(), wrong + len(own) - own.sum(), BOUND)) >= floor:
            return math.ceil(float(cut) * 1e4) / 1e4
    return min(1.0, math.ceil((float(probabilities.max()) + 1e-9) * 1e4) / 1e4)


def _held_out(logits: Floats, outcomes: Floats, groups: NDArray[np.int64]) -> Floats:
    """Each decision's loss by a curve that saw nothing of its fold."""
    folds = np.array([zlib.crc32(str(group).encode()) % FOLDS for group in groups])
    losses = np.zeros(len(logits))
    for fold in np.unique(folds):
        out = folds == fold
        losses[out] = _losses(logits[out], outcomes[out], *fit(logits[~out], outcomes[~out]))
    return losses


def _losses(logits: Floats, outcomes: Floats, slope: float, intercept: float) -> Floats:
    said = slope * logits + intercept
    result: Floats = -(outcomes * log_expit(said) + (1 - outcomes) * log_expit(-said))
    return result


def _objection(gains: Floats, groups: NDArray[np.int64]) -> str:
    """Why the curve is not to be adopted, or nothing; the gains of one group count as one observation."""
    _, places = np.unique(groups, return_inverse=True)
    each = np.bincount(places, weights=gains)
    if len(each) < 2:
        return "all are about one problem"
    error = math.sqrt(len(each)) * float(each.std(ddof=1))
    return "" if each.sum() > error else "a curve of its own would not do better on decisions that it has not seen"
