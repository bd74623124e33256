"""Candidates → calibrated probabilities that they report the query's cause, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artifacts import Artifact, ArtifactError, default_artifact, parse
from models.certainty import in_order
from models.decision import Candidate
from models.document import Document
from models.evidence import adjustments, evidence, is_denied
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex
from models.standing import AROUND, CANDIDATE_FEATURES, candidate_features

Matrix = NDArray[np.float64]

_SIMILARITY = FEATURES.index("both")


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

    def judge(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[Candidate]:
        """The issues as candidates, most probable first; the query itself is never one (invariant 5).

        They depend on the query, the other issue and the whole index, never on which other numbers are asked for.
        Raises KeyError for a number that is not in the index.
        """
        others = [number for number in numbers if number != query.number]
        matrix, probabilities = self._judged(query, index, others)
        slopes, rarity = self.artifact.pairs.slopes, index.rarity()
        candidates = []
        for number, probability, values in zip(others, probabilities.tolist(), matrix[:, : len(FEATURES)], strict=True):
            reasons = evidence(query, index.document(number), values, slopes, rarity)
            candidates.append(Candidate(number, probability, float(values[_SIMILARITY]), reasons))
        return sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.number))

    def scores(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """What `judge` says, without the evidence: (number, probability), most probable first."""
        others = [number for number in numbers if number != query.number]
        return _ranked(others, self._judged(query, index, others)[1])

    def pair_scores(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """The same by the pairs alone, whatever else is like the query: what issues are clustered by."""
        others = [number for number in numbers if number != query.number]
        own, denied = _beside(query, index, others)
        return _ranked(others, self.probabilities(pair_features(query, index, others), own, denied))

    def _judged(self, query: Document, index: IssueIndex, others: Sequence[int]) -> tuple[Matrix, Matrix]:
        """Features, shape (others, len(CANDIDATE_FEATURES)), and probabilities, shape (others,)."""
        around = index.around(query, AROUND)
        whole = list(dict.fromkeys([*others, *around]))
        matrix = candidate_features(query, index, whole)
        own, denied = _beside(query, index, whole)
        slope, intercept = self.artifact.certainty
        pairs = sigmoid(slope * (self.artifact.pairs.logits(matrix[:, : len(FEATURES)]) + own) + intercept)
        candidates = self.artifact.candidates.logits(matrix) + own
        among = np.isin(whole, around) & ~denied
        kept = slice(len(others))
        return matrix[kept], np.where(denied, 0.0, in_order(pairs, candidates, among))[kept]

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


def _ranked(numbers: Sequence[int], probabilities: Matrix) -> list[tuple[int, float]]:
    return sorted(zip(numbers, probabilities.tolist(), strict=True), key=lambda each: (-each[1], each[0]))


def sigmoid(logits: Matrix) -> Matrix:
    """Log-odds → probability, without overflow."""
    result: Matrix = 0.5 * (1 + np.tanh(0.5 * logits))
    return result
