"""Candidates → calibrated probabilities that they report the query's cause, with the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.artifacts import Artifact, ArtifactError, default_artifact, parse
from models.decision import Candidate
from models.document import Document
from models.evidence import adjustments, evidence, is_denied
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex

_SIMILARITY = FEATURES.index("both")


@dataclass(frozen=True, slots=True)
class PairScorer:
    """A fitted model of "these two issues are duplicates"."""

    artifact: Artifact

    @classmethod
    def load(cls, path: Path | None = None) -> PairScorer:
        """The one that ships, or another; raises ArtifactError where it was fitted for other features, and OSError."""
        artifact = parse(path.read_text(encoding="utf-8")) if path else default_artifact()
        if artifact.pairs.features != FEATURES:
            raise ArtifactError("the artifact was fitted for other features; run `python -m models.train` again")
        return cls(artifact)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Recommended cuts: `duplicate` (nine in ten flagged are right), `related` (worth a link)."""
        return self.artifact.thresholds

    def with_calibration(self, slope: float, intercept: float, thresholds: Mapping[str, float]) -> PairScorer:
        """The same with its probabilities corrected: a slope and an intercept on their log-odds, and other cuts."""
        first, then = self.artifact.calibration
        calibration = (slope * first, slope * then + intercept)
        return PairScorer(replace(self.artifact, calibration=calibration, thresholds={**self.thresholds, **thresholds}))

    def judge(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[Candidate]:
        """The issues as candidates, most probable first; the query itself is never one (invariant 5).

        Raises KeyError for a number that is not in the index.
        """
        others = [number for number in numbers if number != query.number]
        matrix = pair_features(query, index, others)
        slopes, rarity = self.artifact.pairs.slopes, index.rarity()
        probabilities = self._probabilities(query, index, others, matrix)
        candidates = []
        for number, probability, values in zip(others, probabilities.tolist(), matrix, strict=True):
            reasons = evidence(query, index.document(number), values, slopes, rarity)
            candidates.append(Candidate(number, probability, float(values[_SIMILARITY]), reasons))
        return sorted(candidates, key=lambda candidate: (-candidate.probability, candidate.number))

    def scores(self, query: Document, index: IssueIndex, numbers: Sequence[int]) -> list[tuple[int, float]]:
        """What `judge` says, without the evidence: (number, probability), most probable first."""
        others = [number for number in numbers if number != query.number]
        probabilities = self._probabilities(query, index, others, pair_features(query, index, others))
        ranked = zip(others, probabilities.tolist(), strict=True)
        return sorted(ranked, key=lambda each: (-each[1], each[0]))

    def _probabilities(
        self, query: Document, index: IssueIndex, others: Sequence[int], matrix: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        documents, rarity = [index.document(number) for number in others], index.rarity()
        own = np.array([sum(each.weight for each in adjustments(query, other, rarity)) for other in documents])
        denied = np.array([is_denied(query, other) for other in documents], dtype=bool)
        return self.probabilities(matrix, own, denied)

    def probabilities(
        self, matrix: NDArray[np.float64], own: NDArray[np.float64], denied: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Of pairs, shape (pairs,), by their features, the log-odds of their `adjustments`, and whether one denies it.

        `matrix` has the shape (pairs, len(FEATURES)).
        """
        slope, intercept = self.artifact.calibration
        result = sigmoid(slope * (self.artifact.pairs.logits(matrix) + own) + intercept)
        return np.where(denied, 0.0, result)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds → probability, without overflow."""
    result: NDArray[np.float64] = 0.5 * (1 + np.tanh(0.5 * logits))
    return result
