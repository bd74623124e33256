"""What a repository's judged decisions and its history say of the shipped probabilities, and how to correct them.

Platt scaling on the shipped log-odds, held to the shipped curve by pseudo-decisions that turned out as it says. People
judge what the bot showed them, so decisions are judged at high scores only. The score alone chose them, which does not
bias a model of the outcome given the score; below, where nobody judges, the pseudo-decisions keep the curve. Those who
find a decision wrong speak more readily than the others: that bias is left in, because it errs towards silence.

Of a history only the duplicates that people named are known, never the issues that they found to be none. Where both
a duplicate and its first candidate are known, that is right more often than among all issues, so that these are a
ceiling: where it is right less often even there than the curve says, the curve is too high. A history never raises.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
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
Bounds = tuple[tuple[float | None, float | None], tuple[float | None, float | None]]
# Of slope and intercept. A curve may be no flatter or steeper, so that few scores far apart cannot turn it over.
FREE: Bounds = ((1 / 3, 3.0), (None, None))
LOWER: Bounds = ((1.0, 1.0), (None, 0.0))
BOUND = 0.1  # the chance that the precision is lower than its lower bound
RULED_OUT = 0.025  # the chance of a history as bad as that, were the precision as shipped
FLAGGED = 20.0  # decisions that the shipped precision weighs as much as

NOTHING_TAUGHT = "as shipped (this repository taught nothing yet)"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision that people judged: the shipped log-odds of the issue that the bot named, or would have named, whether
    it was right, and its group, so that one wave of reports is never on both sides of a comparison."""

    logit: float
    right: bool
    group: int


@dataclass(frozen=True, slots=True)
class Recalibration:
    """`slope` and `intercept` on the shipped log-odds (1 and 0: as shipped); `duplicate` is the cut on the result.

    `loss_before` and `loss_after`: mean log loss of the judged decisions by the shipped curve, and by curves fitted
    without the decision's fold. `reason` says why it was not adopted, "" where it was. `linked`: duplicates that people
    named in the history, `found` of them first; `lowered` is what they take from the log-odds, within the intercept.
    """

    slope: float
    intercept: float
    duplicate: float
    judged: int
    right: int
    loss_before: float = 0.0
    loss_after: float = 0.0
    reason: str = ""
    linked: int = 0
    found: int = 0
    lowered: float = 0.0

    @property
    def adopted(self) -> bool:
        """Whether the curve is that of the repository's judged decisions."""
        return not self.reason

    def is_shipped(self, duplicate: float) -> bool:
        """Whether neither the curve nor the cut, shipped at `duplicate`, is the repository's own."""
        return not self.adopted and not self.lowered and self.duplicate == duplicate

    def to_data(self) -> dict[str, Any]:
        """For the database and `--json`."""
        return asdict(self)

    def sentence(self) -> str:
        """Which calibration is in force, for the operator."""
        counted = f"{self.judged} judged decisions, {self.right} right"
        if self.adopted:
            gain = f"log loss {self.loss_before:.3f} → {self.loss_after:.3f}"
            curve = f"slope {self.slope:.2f}, intercept {self.intercept:+.2f}"
            told = f"its own ({counted}: {curve}, {gain} held out)"
        else:
            told = f"{'lower than' if self.lowered else 'as'} shipped ({counted}: {self.reason})"
        return f"{told}{self._history()}, duplicate from {self.duplicate:.2f} on"

    def _history(self) -> str:
        if not self.linked:
            return ""
        lowered = f", which takes {-self.lowered:.2f} from the log-odds" if self.lowered else ""
        return f"; of {self.linked} duplicates that people named before it did, {self.found} found first{lowered}"


def from_data(data: Mapping[str, Any]) -> Recalibration | None:
    """What `to_data` wrote; None for what another version of it wrote."""
    return Recalibration(**data) if set(data) == {field.name for field in fields(Recalibration)} else None


def recalibrate(
    judged: Sequence[Judged], duplicate: float, precision: float, linked: Sequence[Judged] = ()
) -> Recalibration:
    """The curve and the cut that the judged decisions call for, held to the history's `linked` duplicates; `duplicate`
    and `precision` are those that shipped.

    A curve is adopted where it lowers the log loss of decisions that it was not fitted on, by more than the standard
    error of that gain; else the shipped one stays. The cut rises with bad news whichever curve is in force, and never
    falls below the shipped one: a lower bound of the precision above it stays where shipping put it.
    """
    own = _by_decisions(judged, duplicate, precision)
    return own if len(linked) < LEAST else _under(linked, own, duplicate, precision)


def _by_decisions(judged: Sequence[Judged], duplicate: float, precision: float) -> Recalibration:
    right = sum(one.right for one in judged)
    if len(judged) < LEAST or min(right, len(judged) - right) < LEAST_OF_EACH:
        reason = f"{LEAST} are needed, with {LEAST_OF_EACH} right and {LEAST_OF_EACH} wrong"
        return Recalibration(*AS_SHIPPED, duplicate, len(judged), right, reason=reason)
    logits, outcomes, groups = _columns(judged)
    before, after = _losses(logits, outcomes, *AS_SHIPPED), _held_out(logits, outcomes, groups)
    slope, intercept = fit(logits, outcomes)
    reason = _objection(before - after, groups)
    if reason:
        slope, intercept = AS_SHIPPED
    cut = cut_for(expit(slope * logits + intercept), outcomes, duplicate, precision)
    lost, loses = round(float(before.mean()), 4), round(float(after.mean()), 4)
    return Recalibration(round(slope, 4), round(intercept, 4), cut, len(judged), right, lost, loses, reason)


def _under(linked: Sequence[Judged], own: Recalibration, duplicate: float, precision: float) -> Recalibration:
    """The same under the ceiling of the history: lowered, where that does better on what it was not fitted on."""
    logits, outcomes, groups = _columns(linked)
    said = own.slope * logits + own.intercept
    gains = _losses(said, outcomes, *AS_SHIPPED) - _held_out(said, outcomes, groups, LOWER)
    lowered = 0.0 if _objection(gains, groups) else round(fit(said, outcomes, LOWER)[1], 4)
    cut = _cut_under(expit(said + lowered), outcomes, duplicate, precision)
    return replace(
        own,
        intercept=round(own.intercept + lowered, 4),
        duplicate=max(own.duplicate, cut),
        linked=len(linked),
        found=int(outcomes.sum()),
        lowered=lowered,
    )


def _columns(judged: Sequence[Judged]) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Log-odds, outcomes and groups."""
    return (
        np.array([one.logit for one in judged]),
        np.array([float(one.right) for one in judged]),
        np.array([one.group for one in judged]),
    )


def fit(logits: Floats, outcomes: Floats, bounds: Bounds = FREE) -> tuple[float, float]:
    """Slope and intercept of the outcomes on the log-odds, with the pseudo-decisions: logistic regression, convex."""
    weights = np.append(np.ones(len(logits)), np.full(len(PSEUDO_AT), PSEUDO / len(PSEUDO_AT)))
    rows = np.column_stack((np.append(logits, PSEUDO_AT), np.ones(len(weights))))
    wanted = np.append(outcomes, expit(PSEUDO_AT))

    def loss(curve: Floats) -> tuple[float, Floats]:
        said = rows @ curve
        value = -weights @ (wanted * log_expit(said) + (1 - wanted) * log_expit(-said))
        return float(value), rows.T @ (weights * (expit(said) - wanted))

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
    return _above(probabilities)


def _cut_under(probabilities: Floats, outcomes: Floats, shipped: float, precision: float) -> float:
    """The lowest cut, from the shipped one on, above which the history does not rule that precision out (the upper
    bound of Clopper and Pearson, 1934)."""
    for cut in (shipped, *np.unique(probabilities[probabilities >= shipped])):
        own = outcomes[probabilities >= cut]
        wrong = len(own) - own.sum()
        if not wrong or float(betaincinv(own.sum() + 1, wrong, 1 - RULED_OUT)) >= precision:
            return math.ceil(float(cut) * 1e4) / 1e4
    return _above(probabilities)


def _above(probabilities: Floats) -> float:
    """A cut that none of these reaches."""
    return min(1.0, math.ceil((float(probabilities.max()) + 1e-9) * 1e4) / 1e4)


def _held_out(logits: Floats, outcomes: Floats, groups: NDArray[np.int64], bounds: Bounds = FREE) -> Floats:
    """Each decision's loss by a curve that saw nothing of its fold."""
    folds = np.array([zlib.crc32(str(group).encode()) % FOLDS for group in groups])
    losses = np.zeros(len(logits))
    for fold in np.unique(folds):
        out = folds == fold
        losses[out] = _losses(logits[out], outcomes[out], *fit(logits[~out], outcomes[~out], bounds))
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
