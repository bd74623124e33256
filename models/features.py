"""What an issue shares with earlier ones, as numbers for the scorer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from models.decision import Agreement
from models.document import Document
from models.facts import FACT_NAMES, Rarity, compare
from models.retrieval import IssueIndex, Rows, Scores

Matrix = NDArray[np.float64]
Column = NDArray[np.floating]

NEIGHBOURS = 10  # how many of the nearest make the background that a similarity is held against
DAY = 86_400.0

SIMILARITIES = (
    *("title", "salient", "cross", "both", "words", "title_words", "words_cosine", "title_cosine", "error_cosine"),
    *("title_gap", "salient_gap", "words_gap", "days", "length", "errors_in_both", "mention"),
)
FEATURES = (*SIMILARITIES, *(f"{name}:{side}" for name in FACT_NAMES for side in ("agree", "differ")))


def pair_features(query: Document, index: IssueIndex, numbers: Sequence[int]) -> Matrix:
    """Features of the query with each of the issues: shape (len(numbers), len(FEATURES)).

    They depend on the query, the other issue and the whole index, never on which other numbers are asked for. Raises
    KeyError for a number that is not in the index.
    """
    if not numbers:
        return np.zeros((0, len(FEATURES)))
    documents = [index.document(number) for number in numbers]
    columns = _text_columns(query, index, index.rows(numbers)) | _pair_columns(query, documents)
    similar = np.column_stack([columns[name] for name in SIMILARITIES])
    rarity = index.rarity()
    facts = np.array([_fact_features(query, document, rarity) for document in documents])
    return np.hstack([similar, facts]).astype(np.float64)


def shared_weight(name: str, one: frozenset[str], other: frozenset[str], rarity: Rarity) -> float:
    """How rare the rarest value is that both have: 0 (half the tracker has it) to 1 (no other issue has it)."""
    return max((rarity.weight(name, value) for value in one & other), default=0.0)


def _text_columns(query: Document, index: IssueIndex, rows: Rows) -> dict[str, Column]:
    signals = index.signals(query)
    own = index.own_row(query.number)
    terms = signals.terms
    return {
        "title": signals.title[rows],
        "salient": signals.salient[rows],
        "cross": signals.cross[rows],
        "both": (signals.title[rows] + signals.salient[rows] + signals.crossed[rows]) / 4,
        "words": signals.words[rows],
        "title_words": signals.title_words[rows],
        "words_cosine": index.words.cosines(terms.whole, rows),
        "title_cosine": index.title_words.cosines(terms.title, rows),
        "error_cosine": index.error_words.cosines(terms.error, rows),
        "title_gap": signals.title[rows] - background(signals.title, own),
        "salient_gap": signals.salient[rows] - background(signals.salient, own),
        "words_gap": signals.words[rows] - background(signals.words, own),
    }


def _pair_columns(query: Document, documents: Sequence[Document]) -> dict[str, Column]:
    return {
        "days": np.array([_days(query.created_at, document.created_at) for document in documents]),
        "length": np.array([_length(query, document) for document in documents]),
        "errors_in_both": np.array([float(bool(query.text.error and other.text.error)) for other in documents]),
        "mention": np.array([float(document.number in query.text.mentions) for document in documents]),
    }


def _fact_features(query: Document, other: Document, rarity: Rarity) -> list[float]:
    features = []
    for name in FACT_NAMES:
        mine, theirs = query.facts.get(name, frozenset()), other.facts.get(name, frozenset())
        agreement = compare(name, mine, theirs)
        features.append(shared_weight(name, mine, theirs, rarity) if agreement is Agreement.AGREE else 0.0)
        features.append(float(agreement is Agreement.DIFFER))
    return features


def background(similarities: Scores, own: int | None = None) -> float:
    """The mean of the nearest ten but the best: how crowded it is around the query, whatever it repeats."""
    if own is not None:
        similarities = np.delete(similarities, own)
    if len(similarities) < 2:
        return 0.0
    count = min(NEIGHBOURS + 1, len(similarities))
    nearest = np.partition(similarities, -count)[-count:]
    return float((nearest.sum() - nearest.max()) / (count - 1))


def _days(one: datetime, other: datetime) -> float:
    return math.log1p(abs((one - other).total_seconds()) / DAY)


def _length(query: Document, other: Document) -> float:
    """How much the shorter of the two says, on a logarithmic scale."""
    sizes = (len(document.text.prose) + len(document.text.error) for document in (query, other))
    return math.log1p(min(sizes)) / 10
