"""What the scorer needs to know of many pairs of indexed issues at once: their features' measures and adjustments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.bm25 import Rows
from models.document import Document, Facts
from models.evidence import NOBODY, adjustments
from models.facts import FACT_NAMES, Rarity
from models.features import AGREEING, DIFFERING, Measures, compared, said_length
from models.retrieval import RETRIEVING, IssueIndex
from models.term_pairs import TermPairs

Column = NDArray[np.float64]
Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]

_EMPTY: frozenset[str] = frozenset()


class PairMeasures:
    """Some issues of an index, each named by its place among `numbers`, and what is measured on pairs of places.

    All figures are those of the whole index, as `models.features.pair_features` gives them for one issue.
    """

    def __init__(self, index: IssueIndex, numbers: Sequence[int]) -> None:
        self._index = index
        self.numbers = np.array(numbers, dtype=np.int64)
        rows = index.rows(numbers)
        self.vectors = index.vectors(rows)
        self.words = TermPairs(index.words, rows)
        self._title_words = TermPairs(index.title_words, rows)
        self._error_words = TermPairs(index.error_words, rows)
        self._created = np.zeros(len(numbers))
        self._length = np.zeros(len(numbers))
        self._has_error = np.zeros(len(numbers), dtype=bool)
        self._author = np.zeros(len(numbers), dtype=np.int64)  # 0: nobody
        self._has_own_facts = np.zeros(len(numbers), dtype=bool)
        self._facts: list[Facts] = []
        self._read(index.document(number) for number in numbers)
        self._mentioned = self._named(lambda document: document.text.mentions)
        self._denied = self._named(lambda document: document.text.denies)
        self._values = {name: _interned(facts.get(name, _EMPTY) for facts in self._facts) for name in AGREEING}

    def __len__(self) -> int:
        return len(self.numbers)

    def both_ways(self, one: Rows, other: Rows) -> tuple[Measures, Measures]:
        """The measures of `other` as candidates of `one`, and the reverse: shape (pairs,) each."""
        near = np.einsum("pid,pjd->pij", self.vectors[one], self.vectors[other], optimize=True)
        error = self._has_error[one] & self._has_error[other]
        forth = Measures(
            title=near[:, 0, 0],
            salient=near[:, 1, 1],
            cross=np.maximum(near[:, 0, 1], near[:, 1, 0]),
            crossed=near[:, 0, 1] + near[:, 1, 0],
            words=self.words.bm25(one, other),
            title_words=self._title_words.bm25(one, other),
            words_cosine=self.words.cosines(one, other),
            title_cosine=self._title_words.cosines(one, other),
            error_cosine=self._error_words.cosines(one, other),
            seconds=np.abs(self._created[one] - self._created[other]),
            shorter=np.minimum(self._length[one], self._length[other]),
            errors_in_both=error.astype(np.float64),
            mention=self._among(self._mentioned, one, other).astype(np.float64),
            facts=self._compared(one, other),
        )
        back = replace(
            forth,
            words=self.words.bm25(other, one),
            title_words=self._title_words.bm25(other, one),
            mention=self._among(self._mentioned, other, one).astype(np.float64),
        )
        return forth, back

    def denied(self, one: Rows, other: Rows) -> Flags:
        """Whether one of the two says that it is not the other (`models.evidence.is_denied`)."""
        return self._among(self._denied, one, other) | self._among(self._denied, other, one)

    def adjusted(self, one: Rows, other: Rows) -> Column:
        """The log-odds of each pair's `models.evidence.adjustments`; most have none."""
        serial = (self._author[one] > 0) & (self._author[one] == self._author[other])
        some = np.flatnonzero(serial | (self._has_own_facts[one] & self._has_own_facts[other]))
        found, rarity = np.zeros(len(one)), self._index.rarity()
        for at in some.tolist():
            here, there = (self._index.document(int(self.numbers[place])) for place in (one[at], other[at]))
            found[at] = sum(each.weight for each in adjustments(here, there, rarity))
        return found

    def holding(self, most: int) -> Iterator[tuple[Rows, Rows]]:
        """Pairs of issues that share a telling value which at most `most` of them hold."""
        holders: dict[tuple[str, str], list[int]] = {}
        for place, facts in enumerate(self._facts):
            for name in RETRIEVING:
                for value in facts.get(name, ()):
                    holders.setdefault((name, value), []).append(place)
        for places in holders.values():
            if 1 < len(places) <= most:
                one, other = np.triu_indices(len(places), k=1)
                yield np.array(places)[one], np.array(places)[other]

    def _read(self, documents: Iterable[Document]) -> None:
        authors: dict[str, int] = {name: 0 for name in NOBODY}
        for at, document in enumerate(documents):
            self._created[at] = document.created_at.timestamp()
            self._length[at] = said_length(document)
            self._has_error[at] = bool(document.text.error)
            self._author[at] = authors.setdefault(document.author, len(authors))
            self._has_own_facts[at] = not document.facts.keys() <= _BUILT_IN
            self._facts.append(document.facts)

    def _named(self, which: Callable[[Document], frozenset[int]]) -> NDArray[np.int64]:
        """Sorted keys of (place, place of an issue that the first one's text names)."""
        place = {number: at for at, number in enumerate(self.numbers.tolist())}
        found = [
            at * len(place) + place[named]
            for number, at in place.items()
            for named in which(self._index.document(number))
            if named in place
        ]
        return np.array(sorted(found), dtype=np.int64)

    def _among(self, keys: NDArray[np.int64], one: Rows, other: Rows) -> Flags:
        return np.isin(one.astype(np.int64) * len(self) + other, keys)

    def _compared(self, one: Rows, other: Rows) -> Matrix:
        rarity = self._index.rarity()
        found = {name: _compared_sets(name, *self._values[name], one, other, rarity) for name in AGREEING}
        return np.column_stack([*(found[name][0] for name in AGREEING), *(found[name][1] for name in DIFFERING)])


_BUILT_IN = frozenset(FACT_NAMES)


def _interned(sets: Iterable[frozenset[str]]) -> tuple[NDArray[np.int64], list[frozenset[str]]]:
    """The id of each issue's set of values, and the sets by id; 0 is the empty one."""
    ids: dict[frozenset[str], int] = {_EMPTY: 0}
    found = np.array([ids.setdefault(values, len(ids)) for values in sets], dtype=np.int64)
    return found, list(ids)


def _compared_sets(
    name: str, ids: NDArray[np.int64], sets: Sequence[frozenset[str]], one: Rows, other: Rows, rarity: Rarity
) -> tuple[Column, Column]:
    """`models.features.compared` for each pair; where a value is missing there is nothing to compare."""
    weights, differs = np.zeros(len(one)), np.zeros(len(one))
    stated = np.flatnonzero((ids[one] > 0) & (ids[other] > 0))
    keys, which = np.unique(ids[one[stated]] * len(sets) + ids[other[stated]], return_inverse=True)
    found = [compared(name, sets[key // len(sets)], sets[key % len(sets)], rarity) for key in keys.tolist()]
    if found:
        weights[stated], differs[stated] = np.array(found)[which].T
    return weights, differs
