"""What the protocol ranks with: the scorer, and the baselines it is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.bm25 import TermIndex
from models.company import firsts, groups_of
from models.document import Document
from models.embedder import Vectors
from models.issue import Issue
from models.labelled import KnownSoFar, Labelled
from models.retrieval import IssueIndex
from models.scorer import PairScorer, Weighed
from models.terms import count_terms
from models.vector_rows import VectorRows

Scorers = Callable[[int], PairScorer]  # the number of the issue that is judged → the scorer that may judge it

POOL = 100


@dataclass(frozen=True, slots=True)
class Ranked:
    """Earlier issues and their scores, best first, shape (ranked,) each; issues left out count as never found."""

    numbers: NDArray[np.int64]
    scores: NDArray[np.float64]

    def best(self, count: int = POOL) -> Ranked:
        """Only the first."""
        return Ranked(self.numbers[:count].copy(), self.scores[:count].copy())


class Ranker(Protocol):
    """Something that ranks what it was shown before."""

    def rank(self, issue: Issue) -> Ranked:
        """Earlier issues, best first."""
        ...

    def add(self, issue: Issue) -> None:
        """Show an issue; later ones may be ranked against it."""
        ...


class Judged:
    """The product itself: retrieval and the scorer, over documents prepared before; nobody told it anything."""

    def __init__(self, documents: Mapping[int, Document], scorers: Scorers, dimension: int) -> None:
        self._documents = documents
        self._scorers = scorers
        self._index = IssueIndex(dimension)
        self.weighed: dict[int, Weighed] = {}  # what was found of each issue, for whoever judges it once more

    def rank(self, issue: Issue) -> Ranked:
        """The retrieved candidates by calibrated probability."""
        query, scorer = self._documents[issue.number], self._scorers(issue.number)
        weighed = scorer.weigh(query, self._index, self._index.retrieve(query, POOL))
        self.weighed[issue.number] = weighed
        return _by_probability(scorer.ranked(weighed))

    def add(self, issue: Issue) -> None:
        """Index it."""
        self._index.put(self._documents[issue.number])


class Told:
    """The same where people have told of all earlier issues which are one problem, as they do in a tended tracker.

    Each problem is named once, by its most probable report, as a comment does it.
    """

    def __init__(self, items: Sequence[Labelled], weighed: Mapping[int, Weighed], scorers: Scorers) -> None:
        self._items = {item.issue.number: item for item in items}
        self._weighed = weighed
        self._scorers = scorers
        self._known = KnownSoFar()

    def rank(self, issue: Issue) -> Ranked:
        """The problems among the candidates, most probable first."""
        known = self._known.group
        found = self._scorers(issue.number).ranked(self._weighed[issue.number], known)
        kept = firsts(groups_of([number for number, _ in found], known))
        return _by_probability([found[at] for at in kept])

    def add(self, issue: Issue) -> None:
        """From now on its group is known."""
        self._known.add(self._items[issue.number])


class RawCosine:
    """The baseline of today's bots: one vector of the raw title and body, shape (1, dimension), compared by cosine."""

    def __init__(self, vectors: Mapping[int, Vectors], dimension: int) -> None:
        self._vectors = vectors
        self._rows = VectorRows(dimension, parts=1)
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by cosine."""
        near = self._rows.similarities(self._vectors[issue.number], len(self._numbers))
        return _sorted(self._numbers, near[:, 0, 0])

    def add(self, issue: Issue) -> None:
        """Keep its vector."""
        self._rows.put(len(self._numbers), self._vectors[issue.number])
        self._numbers.append(issue.number)


class RawWords:
    """The lexical baseline: BM25 of the raw title and body, every term of it."""

    def __init__(self) -> None:
        self._index = TermIndex(every_term=True)
        self._numbers: list[int] = []
        self._terms: tuple[Issue, Mapping[str, int]] | None = None  # ranked first, then added

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue by BM25."""
        return _sorted(self._numbers, self._index.bm25(self._counted(issue), len(self._numbers)))

    def add(self, issue: Issue) -> None:
        """Count and keep."""
        self._index.add(len(self._numbers), self._counted(issue))
        self._numbers.append(issue.number)

    def _counted(self, issue: Issue) -> Mapping[str, int]:
        if self._terms is None or self._terms[0] is not issue:
            self._terms = (issue, count_terms(raw_text(issue)))
        return self._terms[1]


def raw_text(issue: Issue) -> str:
    """The title and the body as they were written."""
    return f"{issue.title}\n\n{issue.body}"


def _by_probability(found: Sequence[tuple[int, float]]) -> Ranked:
    return Ranked(np.array([each[0] for each in found], np.int64), np.array([each[1] for each in found]))


def _sorted(numbers: Sequence[int], scores: NDArray[np.float32]) -> Ranked:
    order = np.argsort(-scores, kind="stable")
    return Ranked(np.array(numbers, dtype=np.int64)[order], scores[order].astype(np.float64))
