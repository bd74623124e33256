"""How a bot would have done on a history: precision and recall with intervals, a recommended cut, worst mistakes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.share import Share

FOLDS = 5
PRECISION = 0.9  # that the recommended cut's lower bound reaches
LEAST = 10  # flagged issues by which a cut can be judged at all
WORST = 10


@dataclass(frozen=True, slots=True)
class Replayed:
    """One issue as the bot would have met it.

    `named`: the issue that it would have pointed at, with `probability`; `free`: nothing but the cut holds it back;
    `said`: at the cut in force it would have said *duplicate*. `group`: the lowest number of those that people called
    the same problem, 0 where nobody said anything. `positive`: an earlier issue is in that group; `right`: `named` is.
    `least`: the probability that the policy asks for here, whatever the cut is.
    """

    number: int
    named: int | None
    probability: float
    free: bool
    said: bool
    group: int
    positive: bool
    right: bool
    least: float = 0.0


def precision(flagged: Iterable[Replayed]) -> Share:
    """How many of those that the bot would have called duplicates are."""
    found = list(flagged)
    return Share.of(sum(one.right for one in found), len(found))


def recall(flagged: Iterable[Replayed], replayed: Iterable[Replayed]) -> Share:
    """How many of the duplicates it would have called so, and with the right issue."""
    return Share.of(sum(one.right for one in flagged), sum(one.positive for one in replayed))


def at_cut(replayed: Iterable[Replayed], cut: float) -> list[Replayed]:
    """Those that it would call duplicates with this cut."""
    return [one for one in replayed if one.free and one.probability >= max(cut, one.least)]


def lowest_cut(replayed: Sequence[Replayed], target: float = PRECISION) -> float | None:
    """The lowest probability at which the precision's lower bound reaches the target; None where none does."""
    ranked = sorted(at_cut(replayed, 0.0), key=lambda one: -one.probability)
    best, right = None, 0
    for place, one in enumerate(ranked, 1):
        right += one.right
        ends = place == len(ranked) or ranked[place].probability < one.probability
        if ends and place >= LEAST and Share.of(right, place).low >= target:
            best = one.probability
    return best


@dataclass(frozen=True, slots=True)
class Recommended:
    """A cut that was chosen, and how cuts chosen in the same way did on issues that they were not chosen on."""

    cut: float
    precision: Share
    recall: Share


def recommended(replayed: Sequence[Replayed], target: float = PRECISION) -> Recommended | None:
    """Cross-validated: each fold is judged at the cut that the others gave; no group is in two folds. The cut is the
    highest of the folds'. None where a fold finds no cut, or where what was held out stays under the target."""
    folds = [[one for one in replayed if (one.group or one.number) % FOLDS == fold] for fold in range(FOLDS)]
    cuts: list[float] = []
    flagged: list[Replayed] = []
    for held_out in folds:
        cut = lowest_cut([one for fold in folds if fold is not held_out for one in fold], target)
        if cut is None:
            return None
        cuts.append(cut)
        flagged += at_cut(held_out, cut)
    found = precision(flagged)
    if found.low < target:
        return None
    return Recommended(max(cuts), found, recall(flagged, replayed))


def worst(replayed: Iterable[Replayed], most: int = WORST) -> list[Replayed]:
    """What the bot would have said with the most confidence, and wrongly."""
    wrong = [one for one in replayed if one.said and not one.right]
    return sorted(wrong, key=lambda one: (-one.probability, one.number))[:most]
