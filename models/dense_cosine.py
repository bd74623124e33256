"""What the vectors alone find, without words, facts and scorer: how embedders are held against each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from models.document import Document, assemble, parts
from models.embedder import Vectors
from models.issue import Issue
from models.labelled import Labelled
from models.metrics import retrieval_figures
from models.outcomes import replay
from models.rankers import Ranked
from models.retrieval import CROSS, SALIENT, TITLE
from models.vector_rows import VectorRows


class DenseCosine:
    """Ranks by the weighted cosines of titles and salient texts, as retrieval weighs them."""

    def __init__(self, documents: Mapping[int, Document], dimension: int) -> None:
        self._documents = documents
        self._rows = VectorRows(dimension)
        self._numbers: list[int] = []

    def rank(self, issue: Issue) -> Ranked:
        """Every earlier issue."""
        near = self._rows.similarities(self._documents[issue.number].vectors, len(self._numbers))
        scores = TITLE * near[:, 0, 0] + SALIENT * near[:, 1, 1] + CROSS * np.maximum(near[:, 0, 1], near[:, 1, 0])
        order = np.argsort(-scores, kind="stable")
        return Ranked(np.array(self._numbers, dtype=np.int64)[order], scores[order].astype(np.float64))

    def add(self, issue: Issue) -> None:
        """Keep its vectors."""
        self._rows.put(len(self._numbers), self._documents[issue.number].vectors)
        self._numbers.append(issue.number)


def retrieval_by_cosine(items: Sequence[Labelled], embed: Callable[[Sequence[str]], Vectors]) -> dict[str, float]:
    """Recall of the protocol over labelled issues in the order of their arrival."""
    ready = [parts(item.issue) for item in items]
    vectors = embed([text for each in ready for text in each.embed_texts])
    documents = {each.number: assemble(each, vectors[2 * at : 2 * at + 2]) for at, each in enumerate(ready)}
    outcomes = replay(items, DenseCosine(documents, vectors.shape[1]))
    return retrieval_figures([outcome.rank for outcome in outcomes if outcome.is_query])
