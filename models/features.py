"""What an issue shares with earlier ones, as numbers for the scorer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.decision import Agreement
from models.document import Document
from models.facts import Rarity, compare
from models.retrieval import MONTH, IssueIndex

Matrix = NDArray[np.float64]
Column = NDArray[np.floating]

SIMILARITIES = (
    *("title", "salient", "cross", "both", "words", "title_words", "words_cosine", "title_cosine", "error_cosine"),
    *("months", "length", "errors_in_both", "mention"),
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


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured on pairs of a query and another issue: arrays of shape (pairs,), from which features are made.

    The first block is as in `Signals`; `seconds` lie between the two reports, `shorter` is the length of the one that
    says less, in characters; `facts` are `compared` values, shape (pairs, len(AGREEING) + len(DIFFERING)).
    """

    title: Column
    salient: Column
    cross: Column
    crossed: Column
    words: Column
    title_words: Column
    words_cosine: Column
    title_cosine: Column
    error_cosine: Column
    seconds: Column
    shorter: Column
    errors_in_both: Column
    mention: Column
    facts: Matrix


def features_of(measures: Measures) -> Matrix:
    """The features of each pair: shape (pairs, len(FEATURES)). One issue or a whole history, they are made here."""
    columns = {
        **{name: getattr(measures, name) for name in SIMILARITIES if hasattr(measures, name)},
        "both": (measures.title + measures.salient + measures.crossed) / 4,
        "months": np.log1p(measures.seconds / MONTH),
        "length": np.log1p(measures.shorter) / 10,
    }
    similar = np.column_stack([columns[name] for name in SIMILARITIES])
    return np.hstack([similar, measures.facts]).astype(np.float64)


def pair_features(query: Document, index: IssueIndex, numbers: Sequence[int]) -> Matrix:
    """Features of the query with each of the issues: shape (len(numbers), len(FEATURES)).

    They depend on the query, the other issue and the whole index, never on which other numbers are asked for. Raises
    KeyError for a number that is not in the index.
    """
    if not numbers:
        return np.zeros((0, len(FEATURES)))
    return features_of(_measures(query, index, numbers))


def shared_weight(name: str, one: frozenset[str], other: frozenset[str], rarity: Rarity) -> float:
    """How rare the rarest value is that both have: 0 (half the tracker has it) to 1 (no other issue has it)."""
    return max((rarity.weight(name, value) for value in one & other), default=0.0)


def compared(name: str, one: frozenset[str], other: frozenset[str], rarity: Rarity) -> tuple[float, float]:
    """How weightily two issues agree in a fact, and 1 where they differ in it."""
    agreement = compare(name, one, other)
    weight = shared_weight(name, one, other, rarity) if agreement is Agreement.AGREE else 0.0
    return weight, float(agreement is Agreement.DIFFER)


def said_length(document: Document) -> int:
    """Characters of what an issue says beyond its title and code."""
    return len(document.text.prose) + len(document.text.error)


def _measures(query: Document, index: IssueIndex, numbers: Sequence[int]) -> Measures:
    documents, rows = [index.document(number) for number in numbers], index.rows(numbers)
    signals, rarity = index.signals(query), index.rarity()
    terms = signals.terms
    return Measures(
        title=signals.title[rows],
        salient=signals.salient[rows],
        cross=signals.cross[rows],
        crossed=signals.crossed[rows],
        words=signals.words[rows],
        title_words=signals.title_words[rows],
        words_cosine=index.words.cosines(terms.whole, rows),
        title_cosine=index.title_words.cosines(terms.title, rows),
        error_cosine=index.error_words.cosines(terms.error, rows),
        seconds=np.array([abs((query.created_at - each.created_at).total_seconds()) for each in documents]),
        shorter=np.array([min(said_length(query), said_length(each)) for each in documents]),
        errors_in_both=np.array([float(bool(query.text.error and each.text.error)) for each in documents]),
        mention=np.array([float(each.number in query.text.mentions) for each in documents]),
        facts=np.array([_fact_features(query, document, rarity) for document in documents]),
    )


def _fact_features(query: Document, other: Document, rarity: Rarity) -> list[float]:
    empty: frozenset[str] = frozenset()
    found = {
        name: compared(name, query.facts.get(name, empty), other.facts.get(name, empty), rarity) for name in AGREEING
    }
    return [*(found[name][0] for name in AGREEING), *(found[name][1] for name in DIFFERING)]
