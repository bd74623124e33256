"""Candidates → calibrated probabilities that they report the query's cause, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.artifacts import Artifact, ArtifactError, default_artifact, parse
from models.certainty import in_order
from models.company import Groups, company, groups_of
from models.decision import Agreement, Candidate, Evidence
from models.document import Document
from models.evidence import adjustments, evidence, is_denied
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex
from models.standing import AROUND, CANDIDATE_FEATURES, candidate_features

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

COMPANY = "company"
_SIMILARITY = FEATURES.index("both")
_ADJUSTED = 0.35  # what an adjustment, in log-odds as a pair, is worth in the order: about what the curve makes of it
_TOLD = 0.2  # log-odds from which on a candidate's company is worth a word


class WeighedIssue(NamedTuple):
    """One of them: its log-odds as a candidate, and whether one of the two denies the other."""

    number: int
    candidate: float
    denied: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """An issue's candidates, and those most like it, as the fit judges them before anything is known of their groups.

    Shape (numbers,) each: the log-odds as pairs and as candidates, whether it is among the candidates, whether one of
    the two denies the other. `asked` of them, the first, are those that were asked for.
    """

    numbers: tuple[int, ...]
    asked: int
    pairs: Matrix
    candidates: Matrix
    among: Flags
    denied: Flags

    def asked_for(self) -> list[WeighedIssue]:
        """Those that were asked for, one by one."""
        each = zip(self.numbers, self.candidates.tolist(), self.denied.tolist(), strict=True)
        return [WeighedIssue(*one) for one in each][: self.asked]


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A fitted model of "these two issues are duplicates".

    `judge` and `scores` hold an issue against what it retrieves; `pair_scores` know of the two issues alone.
    """

    artifact: Artifact

    @classmethod
    def load(cls, path: Path | None = None) -> PairScorer:
        """The one that ships, or another; raises ArtifactError where it was fitted for other features, and OSError."""
        artifact = parse(path.read_text(encoding="utf-8")) if path else default_artifact()
        if (artifact.pairs.features, artifact.candidates.features) != (FEATURES, CANDIDATE_FEATURES):
            raise ArtifactError("the artifact was fitted for other features; run `python -m models.train` again")
        return cls(artifact)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Recommended cuts: `duplicate` (nine in ten flagged are right), `related` (worth a link)."""
        return self.artifact.thresholds

    def with_calibration(self, slope: float, intercept: float, thresholds: Mapping[str, float]) -> PairScorer:
        """The same with its probabilities corrected: a slope and an intercept on their log-odds, and other cuts."""
        first, then = self.artifact.certainty
        certainty = (slope * first, slope * then + intercept)
        return PairScorer(replace(self.artifact, certainty=certainty, thresholds={**self.thresholds, **thresholds}))

    def judge(
        self, query: Document, index: IssueIndex, numbers: Sequence[int], groups: Groups | None = None
    ) -> list[Candidate]:
        """The issues as candidates, most probable first; the query itself is never one (invariant 5).

        They depend on the query, the other issue, the whole index and what people know of its `groups`, never on which
        other numbers are asked for. Raises KeyError for a number that is not in the index.
        """
        matrix, weighed = self._held_against(query, index, numbers)
        probabilities, added = self._believed(weighed, groups)
        slopes, rarity = self.artifact.pairs.slopes, index.rarity()
        candidates = []
        for at, number in enumerate(weighed.numbers[: weighed.asked]):
            values, known = matrix[at, : len(FEATURES)], _known(added[at])
            reasons = (*evidence(query, index.document(number), values, slopes, rarity), *known)
            candidates.append(Candidate(number, float(probabilities[at]), float(values[_SIMILARITY]), reasons))
        return sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.number))

    def scores(
        self, query: Document, index: IssueIndex, numbers: Sequence[int], groups: Groups | None = None
    ) -> list[tuple[int, float]]:
        """What `judge` says, without the evidence: (number, probability), most probable first."""
        return self.ranked(self.weigh(query, index, numbers), groups)

    def weigh(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> Weighed:
        """All of the work but the last step; raises KeyError as `judge` does."""
        return self._held_against(query, index, numbers)[1]

    def ranked(self, weighed: Weighed, groups: Groups | None = None) -> list[tuple[int, float]]:
        """The last step: what `scores` says of issues that were weighed before."""
        return _ranked(weighed.numbers[: weighed.asked], self._believed(weighed, groups)[0])

    def pair_scores(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """The same by the pairs alone, whatever else is like the query: what issues are clustered by."""
        others = [number for number in numbers if number != query.number]
        own, denied = _beside(query, index, others)
        return _ranked(others, self.probabilities(pair_features(query, index, others), own, denied))

    def _held_against(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> tuple[Matrix, Weighed]:
        """The features, shape (numbers, len(CANDIDATE_FEATURES)), and what the fit makes of them."""
        others = [number for number in numbers if number != query.number]
        around = index.around(query, AROUND)
        whole = list(dict.fromkeys([*others, *around]))
        matrix = candidate_features(query, index, whole)
        own, denied = _beside(query, index, whole)
        pairs = self.artifact.pairs.logits(matrix[:, : len(FEATURES)]) + own
        candidates = self.artifact.candidates.logits(matrix) + _ADJUSTED * own
        among = np.isin(whole, around) & ~denied
        return matrix, Weighed(tuple(whole), len(others), pairs, candidates, among, denied)

    def _believed(self, weighed: Weighed, groups: Groups | None) -> tuple[Matrix, Matrix]:
        """Probabilities of those asked for, and the log-odds that their company adds: shape (asked,) each."""
        (slope, intercept), known = self.artifact.certainty, self.artifact.company
        chance = known.chance[0] * weighed.candidates + known.chance[1]
        added = company(chance, groups_of(weighed.numbers, groups), weighed.among)
        pairs = sigmoid(slope * (weighed.pairs + known.certainty * added) + intercept)
        ordered = in_order(pairs, weighed.candidates + known.order * added, weighed.among)
        kept = slice(weighed.asked)
        return np.where(weighed.denied, 0.0, ordered)[kept], known.certainty * added[kept]

    def probabilities(self, matrix: Matrix, own: Matrix, denied: NDArray[np.bool_]) -> Matrix:
        """Of pairs, shape (pairs,), by their features, the log-odds of their `adjustments`, and whether one denies it.

        `matrix` has the shape (pairs, len(FEATURES)).
        """
        slope, intercept = self.artifact.calibration
        result = sigmoid(slope * (self.artifact.pairs.logits(matrix) + own) + intercept)
        return np.where(denied, 0.0, result)


def _beside(query: Document, index: IssueIndex, others: Sequence[int]) -> tuple[Matrix, NDArray[np.bool_]]:
    """The log-odds of each pair's adjustments, and whether one of the two denies the other."""
    documents, rarity = [index.document(number) for number in others], index.rarity()
    own = np.array([sum(each.weight for each in adjustments(query, other, rarity)) for other in documents])
    return own, np.array([is_denied(query, other) for other in documents], dtype=bool)


def _known(added: float) -> tuple[Evidence, ...]:
    """A word on a candidate's company, where it counts."""
    said = Evidence(COMPANY, Agreement.AGREE, "other reports of the same problem are similar too", float(added))
    return (said,) if added >= _TOLD else ()


def _ranked(numbers: Sequence[int], probabilities: Matrix) -> list[tuple[int, float]]:
    return sorted(zip(numbers, probabilities.tolist(), strict=True), key=lambda each: (-each[1], each[0]))


def sigmoid(logits: Matrix) -> Matrix:
    """Log-odds → probability, without overflow."""
    result: Matrix = 0.5 * (1 + np.tanh(0.5 * logits))
    return result
