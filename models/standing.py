"""How a candidate stands among the issues most like the query: what the pair alone does not show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.bm25 import TermIndex
from models.document import Document
from models.features import FEATURES, pair_features
from models.retrieval import IssueIndex, Rows
from models.term_pairs import tf_idf

Matrix = NDArray[np.float64]

AROUND = 100  # issues like the query, whose nearness to the candidate is compared with the query's
# The nearer_* count how many of these are nearer to the candidate than the query is, on a logarithmic scale: whoever is
# near to everyone is near to the query by chance (Radovanović et al.: Hubs in Space, 2010).
STANDING = (
    *("title_in_words", "words_in_title", "error_words", "rarest_shared"),
    *("nearer_in_text", "nearer_in_title", "nearer_in_words"),
)
CANDIDATE_FEATURES = (*FEATURES, *STANDING)
_WORDS = FEATURES.index("words_cosine")


def candidate_features(query: Document, index: IssueIndex, numbers: Sequence[int]) -> Matrix:
    """The features of each pair, and how the other stands: shape (len(numbers), len(CANDIDATE_FEATURES)).

    They depend on the query, the other issue and the whole index, never on which other numbers are asked for. Raises
    KeyError for a number that is not in the index.
    """
    if not numbers:
        return np.zeros((0, len(CANDIDATE_FEATURES)))
    pairs, rows = pair_features(query, index, numbers), index.rows(numbers)
    signals = index.signals(query)
    found = (
        signals.title_in_words[rows],
        signals.words_in_title[rows],
        signals.error_words[rows],
        index.words.rarest_shared(signals.terms.whole, rows),
        *_nearer(query, index, rows, pairs[:, _WORDS]),
    )
    return np.column_stack([pairs, *found])


def _nearer(query: Document, index: IssueIndex, rows: Rows, by_words: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    around = index.rows(index.around(query, AROUND))
    itself = rows[:, None] == around
    signals, here, there = index.signals(query), index.vectors(rows), index.vectors(around)
    title, text = (here[:, part] @ there[:, part].T for part in (0, 1))
    return (
        _counted(text, signals.salient[rows], itself),
        _counted(title, signals.title[rows], itself),
        _counted(_word_cosines(index.words, rows, around), by_words, itself),
    )


def _counted(among: NDArray[np.floating], own: NDArray[np.floating], itself: NDArray[np.bool_]) -> Matrix:
    counted: Matrix = np.log1p(((among > own[:, None]) & ~itself).sum(axis=1))
    return counted


def _word_cosines(words: TermIndex, rows: Rows, around: Rows) -> NDArray[np.floating]:
    product: NDArray[np.floating] = (tf_idf(words, rows) @ tf_idf(words, around).T).toarray()
    return product
