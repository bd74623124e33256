"""What the protocol ranks with: the scorer, and the baselines it is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.bm25 import TermIndex
from models.document import Document
from models.embedder import Embedder
from models.issue import Issue
from models.retrieval import IssueIndex
from models.scorer import PairScorer
from models.terms import count_terms
from models.vector_rows import VectorRows

Ranked = Sequence[tuple[int, float]]

POOL = 100


class Ranker(Protocol):
    """Something that ranks what it was shown before."""

    def rank(self, issue: Issue) -> Ranked:
        """(number, score) of earlier issues, best first; issues left out count as never found."""
        ...

    def add(self, issue: Issue) -> None:
        """Show an issue; later ones may be ranked against it."""
        ...


class Judged:
    """The product itself: retrieval and the scorer, over documents prepared before."""

    def __init__(self, documents: Mapping[int, Document], scorer: PairScorer, dimension: int) -> None:
        self._documents = documents
        self._scorer = scorer
        self._index = IssueIndex(dimension)

    def rank(self, issue: Issue) -> Ranked:
        """The retrieved candidates by calibrated probability."""
        query = self._documents[issue.number]
        return self._scorer.scores(query, self._index, self._index.retrieve(query, POOL))

    def add(self, issue: Issue) -> None:
        """Index it."""
        self._index.put(self._documents[issue.number])


class RawCosine:
    """The baseline of today's bots: one vector of the raw title and body, compared by cosine."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows = VectorRows(embedder.model_id.dimension, parts=1)
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by cosine."""
        vector = self._embedder.embed([_raw(issue)])
        return _sorted(self._numbers, self._rows.similarities(vector, len(self._numbers))[:, 0, 0])

    def add(self, issue: Issue) -> None:
        """Embed and keep."""
        self._rows.put(len(self._numbers), self._embedder.embed([_raw(issue)]))
        self._numbers.append(issue.number)


class RawWords:
    """The lexical baseline: BM25 of the raw title and body."""

    def __init__(self) -> None:
        self._index = TermIndex()
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by BM25."""
        return _sorted(self._numbers, self._index.bm25(count_terms(_raw(issue)), len(self._numbers)))

    def add(self, issue: Issue) -> None:
        """Count and keep."""
        self._index.add(len(self._numbers), count_terms(_raw(issue)))
        self._numbers.append(issue.number)


def _raw(issue: Issue) -> str:
    return f"{issue.title}\n\n{issue.body}"


def _sorted(numbers: Sequence[int], scores: NDArray[np.float32]) -> Ranked:
    return [(numbers[at], float(scores[at])) for at in np.argsort(-scores, kind="stable")]
