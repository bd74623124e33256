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

AROUND = 100  # issues like the query, with which a candidate is compared
# On a logarithmic scale, the nearer_* count how many of these are nearer to the candidate than the query is: whoever is
# near to everyone is near to the query by chance (Radovanović et al.: Hubs in Space, 2010). The before_* count how many
# are nearer to the query than the candidate is: to be the nearest says more than to be near.
STANDING = (
    *("title_in_words", "words_in_title", "error_words", "rarest_shared"),
    *("nearer_in_text", "nearer_in_title", "nearer_in_words"),
    *("before_in_text", "before_in_title", "before_in_words"),
)
CANDIDATE_FEATURES = (*FEATURES, *STANDING)
_NEARER = 1e-5  # a smaller difference of cosines is how a processor adds up
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
    found: tuple[NDArray[np.floating], ...] = (
        signals.title_in_words[rows],
        signals.words_in_title[rows],
        signals.error_words[rows],
        index.words.rarest_shared(signals.terms.whole, rows),
        *_counts(query, index, rows, pairs[:, _WORDS]),
    )
    return np.column_stack([pairs, *found])


def _counts(query: Document, index: IssueIndex, rows: Rows, by_words: Matrix) -> tuple[Matrix, ...]:
    """The nearer_* and the before_* of each row."""
    around = index.rows(index.around(query, AROUND))
    itself = rows[:, None] == around
    signals, here, there = index.signals(query), index.vectors(rows), index.vectors(around)
    title, text = (here[:, part] @ there[:, part].T for part in (0, 1))
    own_text, own_title = signals.salient[rows], signals.title[rows]
    words = index.words.cosines(signals.terms.whole, around)
    return (
        _counted(text, own_text, itself),
        _counted(title, own_title, itself),
        _counted(_word_cosines(index.words, rows, around), by_words, itself),
        _counted(signals.salient[None, around], own_text, itself),
        _counted(signals.title[None, around], own_title, itself),
        _counted(words[None, :], by_words, itself),
    )


def _counted(among: NDArray[np.floating], own: NDArray[np.floating], itself: NDArray[np.bool_]) -> Matrix:
    counted: Matrix = np.log1p(((among > own[:, None] + _NEARER) & ~itself).sum(axis=1))
    return counted


def _word_cosines(words: TermIndex, rows: Rows, around: Rows) -> NDArray[np.floating]:
    product: NDArray[np.floating] = (tf_idf(words, rows) @ tf_idf(words, around).T).toarray()
    return product
