"""What two issues match and differ on, in generated words a reporter understands; never a reporter's prose."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from models.decision import Agreement, Evidence
from models.document import Document
from models.fact_words import difference, same
from models.facts import DISCRIMINATING, FACT_NAMES, Rarity, compare
from models.features import FEATURES, shared_weight

Row = NDArray[np.float64]

DENIAL = "denial"
MENTION = "mention"

NEAR = {"title": 0.6, "salient": 0.65, "words_cosine": 0.35}  # from here on a likeness is worth a word
OWN_AGREE, OWN_DIFFER = 0.5, -1.0  # log-odds of a repository's own facts: nothing to fit them on
DENIED = -20.0
# Serial reports by one author look alike and are seldom duplicates: on the development streams a fifth as often as
# others of the same score. The exception is a report sent twice.
SAME_AUTHOR = -4.0
NOBODY = frozenset({"", "ghost"})  # GitHub shows every deleted account as `ghost`
SENT_TWICE = 0.97  # cosine of both title and salient text
_ALWAYS_TOLD = DISCRIMINATING | {"error_message", "exception", "plan"}
_TELLING = 0.2  # log-odds below which a difference that is not always told is left out
_LIKENESS = {
    "title": ("similar title", ("title", "title_words", "title_cosine")),
    "salient": ("similar description", ("salient", "cross", "both")),
    "words_cosine": ("the same unusual words", ("words", "words_cosine")),
}


def evidence(query: Document, other: Document, values: Row, slopes: Row, rarity: Rarity) -> tuple[Evidence, ...]:
    """Facts and likenesses of two issues; `values` and `slopes` belong to FEATURES, shape (features,)."""
    likeness = dict(zip(FEATURES, values.tolist(), strict=True))
    weights = dict(zip(FEATURES, (values * slopes).tolist(), strict=True))
    return (
        *_said(query, other, weights),
        *_fact_evidence(query, other, weights),
        *adjustments(query, other, rarity),
        *_likenesses(likeness, weights),
    )


def is_denied(query: Document, other: Document) -> bool:
    """Whether one of the two says that it is not a duplicate of the other (invariant 11)."""
    return other.number in query.text.denies or query.number in other.text.denies


def adjustments(query: Document, other: Document, rarity: Rarity) -> tuple[Evidence, ...]:
    """What counts beside the fitted features: a repository's own facts, and serial reports by one author."""
    serial = query.author not in NOBODY and query.author == other.author
    if serial and float(np.min(np.sum(query.vectors * other.vectors, axis=1))) < SENT_TWICE:
        said = Evidence("author", Agreement.DIFFER, "both by one author, in other words", SAME_AUTHOR)
        return (said, *own_facts(query, other, rarity))
    return own_facts(query, other, rarity)


def own_facts(query: Document, other: Document, rarity: Rarity) -> tuple[Evidence, ...]:
    """What a repository's own facts, which no model was fitted on, add to the log-odds."""
    found = []
    for name in sorted((query.facts.keys() & other.facts.keys()) - set(FACT_NAMES)):
        mine, theirs = query.facts[name], other.facts[name]
        agreement = compare(name, mine, theirs)
        if agreement is Agreement.AGREE:
            weight = OWN_AGREE * shared_weight(name, mine, theirs, rarity)
            found.append(Evidence(name, agreement, same(name, mine & theirs), weight))
        elif agreement is Agreement.DIFFER:
            found.append(Evidence(name, agreement, difference(name, mine, theirs), OWN_DIFFER))
    return tuple(found)


def _said(query: Document, other: Document, weights: dict[str, float]) -> Iterator[Evidence]:
    if is_denied(query, other):
        yield Evidence(DENIAL, Agreement.DIFFER, "one of the two says that it is not the other", DENIED)
    elif other.number in query.text.mentions:
        yield Evidence(MENTION, Agreement.AGREE, "named in the report", max(0.0, weights[MENTION]))


def _fact_evidence(query: Document, other: Document, weights: dict[str, float]) -> Iterator[Evidence]:
    for name in FACT_NAMES:
        mine, theirs = query.facts.get(name, frozenset()), other.facts.get(name, frozenset())
        agreement = compare(name, mine, theirs)
        if agreement is Agreement.AGREE and weights.get(f"{name}:agree", 0.0) > 0:
            yield Evidence(name, agreement, same(name, mine & theirs), weights[f"{name}:agree"])
        elif agreement is Agreement.DIFFER:
            weight = min(0.0, weights.get(f"{name}:differ", 0.0))
            if name in _ALWAYS_TOLD or weight < -_TELLING:
                yield Evidence(name, agreement, difference(name, mine, theirs), weight)


def _likenesses(likeness: dict[str, float], weights: dict[str, float]) -> Iterator[Evidence]:
    for name, (words, parts) in _LIKENESS.items():
        if likeness[name] >= NEAR[name]:
            yield Evidence(name, Agreement.AGREE, words, max(0.0, sum(weights[part] for part in parts)))
