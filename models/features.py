"""What an issue shares with earlier ones, as numbers for the scorer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from models.decision import Agreement
from models.document import Document
from models.facts import Rarity, compare
from models.retrieval import IssueIndex, Rows, Scores

Matrix = NDArray[np.float64]
Column = NDArray[np.floating]

NEIGHBOURS = 10  # how many of the nearest make the background that a similarity is held against
DAY = 86_400.0

SIMILARITIES = (
    *("title", "salient", "cross", "both", "words", "title_words", "words_cosine", "title_cosine", "error_cosine"),
    *("days", "length", "errors_in_both", "mention"),
)
# Operating system and terminal are left out: fitted, they follow the waves of the development set and nothing else.
AGREEING = (
    *("status_code", "error_type", "service_error", "error_message", "exit_code", "exception", "frames"),
    *("version", "plan", "model"),
)
DIFFERING = ("status_code", "error_type", "service_error", "error_message", "exception", "plan", "model")
FEATURES = (
    *SIMILARITIES,
    *(f"{name}:agree" for name in AGREEING),
    *(f"{name}:differ" for name in DIFFERING),
)


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
    }


def _pair_columns(query: Document, documents: Sequence[Document]) -> dict[str, Column]:
    return {
        "days": np.array([_days(query.created_at, document.created_at) for document in documents]),
        "length": np.array([_length(query, document) for document in documents]),
        "errors_in_both": np.array([float(bool(query.text.error and other.text.error)) for other in documents]),
        "mention": np.array([float(document.number in query.text.mentions) for document in documents]),
    }


def _fact_features(query: Document, other: Document, rarity: Rarity) -> list[float]:
    empty: frozenset[str] = frozenset()
    values = {name: (query.facts.get(name, empty), other.facts.get(name, empty)) for name in AGREEING}
    agreement = {name: compare(name, *both) for name, both in values.items()}
    return [
        *(
            shared_weight(name, *values[name], rarity) if agreement[name] is Agreement.AGREE else 0.0
            for name in AGREEING
        ),
        *(float(agreement[name] is Agreement.DIFFER) for name in DIFFERING),
    ]


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
