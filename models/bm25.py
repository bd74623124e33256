"""An inverted index that takes and gives up one text at a time, with Okapi BM25 over it.

Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]
Rows = NDArray[np.intp]
T = TypeVar("T", np.float32, np.int32, np.int64)

K1 = 1.2
B = 0.75
QUERY_TERMS = 64  # the rarest ones decide; the rest costs time
COMMON_SHARE = 0.15  # a term in more of the texts than this is not looked up in a large index
COMMON_FROM = 2_000
_COUNT_BITS = 6
_MAX_COUNT = (1 << _COUNT_BITS) - 1


@dataclass(frozen=True, slots=True)
class Entries:
    """The terms of many texts, one text after the other; text i has those from `starts[i]` up to `starts[i + 1]`."""

    starts: NDArray[np.int64]
    ids: NDArray[np.int64]
    counts: NDArray[np.float64]
    lengths: NDArray[np.float64]  # of each text, in terms


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a TermIndex knows of its terms: arrays by term id, and the numbers that BM25 needs."""

    seen: NDArray[np.int32]  # in how many texts
    idf: NDArray[np.float64]
    average_length: float
    too_common: float  # a term in more texts than this is not looked up
    most_terms: int | None  # of a query that are looked up


class TermIndex:
    """Terms of texts that are named by a row number; rows may be reused after `remove`.

    Memory: about 8 bytes for each distinct term of a text. Not safe to change while another thread reads.
    `every_term` looks up common terms and the less rare ones too: textbook BM25, and slow.
    """

    def __init__(self, *, every_term: bool = False) -> None:
        self._most_terms = None if every_term else QUERY_TERMS
        self._common_share = 1.0 if every_term else COMMON_SHARE
        self._ids: dict[str, int] = {}
        self._postings: list[array[int]] = []  # by term id: row << 6 | count, ascending
        self._seen = np.zeros(1024, dtype=np.int32)  # by term id: in how many texts
        self._terms: dict[int, array[int]] = {}  # by row: term id << 6 | count
        self._lengths = np.zeros(1024, dtype=np.float32)
        self._total = 0

    def __len__(self) -> int:
        return len(self._terms)

    def add(self, row: int, terms: Mapping[str, int]) -> None:
        """Index one text; the row must be free."""
        packed = array("I")
        for term, occurrences in terms.items():
            term_id = self._id(term)
            count = min(occurrences, _MAX_COUNT)
            packed.append(term_id << _COUNT_BITS | count)
            _insert(self._postings[term_id], row << _COUNT_BITS | count)
            self._seen[term_id] += 1
        self._lengths = grown(self._lengths, row + 1)
        self._lengths[row] = sum(terms.values())
        self._terms[row] = packed
        self._total += sum(terms.values())

    def copy(self) -> TermIndex:
        """The same texts, to be changed by themselves; a text's own terms are never changed, and are shared."""
        same = copy(self)
        same._ids, same._terms = dict(self._ids), dict(self._terms)
        same._postings = [postings[:] for postings in self._postings]
        same._seen, same._lengths = self._seen.copy(), self._lengths.copy()
        return same

    def remove(self, row: int) -> None:
        """Take one text out; scores are then as if it had never been there."""
        for entry in self._terms.pop(row):
            term_id = entry >> _COUNT_BITS
            postings = self._postings[term_id]
            del postings[bisect_left(postings, row << _COUNT_BITS)]
            self._seen[term_id] -= 1
        self._total -= int(self._lengths[row])
        self._lengths[row] = 0

    def idf(self, term: str) -> float:
        """Inverse document frequency of a term, in nats; the highest for one never seen."""
        seen = self._seen[self._ids[term]] if term in self._ids else 0
        return math.log1p((len(self) - seen + 0.5) / (seen + 0.5))

    def holders(self, term: str, limit: int) -> list[int]:
        """The first rows, `limit` at most, whose text has the term."""
        postings = self._postings[self._ids[term]] if term in self._ids else ()
        return [entry >> _COUNT_BITS for entry in postings[:limit]]

    def bm25(self, terms: Mapping[str, int], size: int) -> Scores:
        """BM25 of every row below `size`, as a share of what the text would score itself: shape (size,)."""
        norms = grown(self._lengths, size)[:size] * np.float32(K1 * B / self._average) + np.float32(K1 * (1 - B))
        own_norm = K1 * (1 - B + B * sum(terms.values()) / self._average)
        scores = np.zeros(size, dtype=np.float32)
        own = 0.0
        for term_id, count, idf in self._rarest(terms):
            own += idf * count * (K1 + 1) / (count + own_norm)
            if term_id >= 0 and self._seen[term_id] <= self._too_common:
                entries = np.frombuffer(self._postings[term_id], dtype=np.uint32)
                rows, counts = entries >> _COUNT_BITS, (entries & _MAX_COUNT).astype(np.float32)
                scores[rows] += np.float32(idf * (K1 + 1)) * counts / (counts + norms[rows])
        return scores / np.float32(own) if own else scores

    def cosines(self, terms: Mapping[str, int], rows: Rows) -> Scores:
        """Cosine between the tf-idf weights of a text and of each text in `rows`: shape (len(rows),)."""
        if not len(rows):
            return np.zeros(0, dtype=np.float32)
        weights, length = self._query_weights(terms)
        packed = [np.frombuffer(self._terms[int(row)], dtype=np.uint32) for row in rows]
        sizes = np.array([len(entries) for entries in packed])
        entries = np.concatenate(packed)
        ids = entries >> _COUNT_BITS
        own = (1 + np.log(entries & _MAX_COUNT)) * self._idf(self._seen[ids])
        owner = np.repeat(np.arange(len(rows)), sizes)
        shared = np.bincount(owner, own * weights[ids], minlength=len(rows))
        norms = np.sqrt(np.bincount(owner, own * own, minlength=len(rows))) * length
        return np.divide(shared, norms, out=np.zeros(len(rows)), where=norms > 0).astype(np.float32)

    def rarest_shared(self, terms: Mapping[str, int], rows: Rows) -> Scores:
        """The highest inverse document frequency of a term that a text shares with each text in `rows`, in nats."""
        weights = np.zeros(max(1, len(self._postings)))
        known = np.array([self._ids[term] for term in terms if term in self._ids], dtype=np.int64)
        weights[known] = self._idf(self._seen[known])
        entries = self.entries(rows)
        filled = np.append(weights[entries.ids], 0.0)  # a text without terms begins where the next one does
        found = np.maximum.reduceat(filled, entries.starts[:-1]) if len(rows) else np.zeros(0)
        return np.where(np.diff(entries.starts) > 0, found, 0.0).astype(np.float32)

    @property
    def distinct(self) -> int:
        """How many terms were ever seen."""
        return len(self._postings)

    def idfs(self, ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Inverse document frequency of the terms with these ids, in nats."""
        return self._idf(self._seen[ids])

    def rarity(self, terms: Mapping[str, int]) -> float:
        """The sum of the terms' inverse document frequencies, in nats: how much there is to compare."""
        return sum(idf for _, _, idf in self._rarest(terms))

    def entries(self, rows: Rows) -> Entries:
        """The terms of the texts in these rows, each of which must be taken."""
        packed = [np.frombuffer(self._terms[int(row)], dtype=np.uint32) for row in rows]
        starts = np.cumsum([0, *map(len, packed)], dtype=np.int64)
        every = np.concatenate(packed).astype(np.int64) if packed else np.zeros(0, dtype=np.int64)
        counts = (every & _MAX_COUNT).astype(np.float64)
        return Entries(starts, every >> _COUNT_BITS, counts, self._lengths[rows].astype(np.float64))

    def vocabulary(self) -> Vocabulary:
        """What is known of every term now."""
        seen = self._seen[: max(1, len(self._postings))].copy()
        return Vocabulary(seen, self._idf(seen), self._average, self._too_common, self._most_terms)

    @property
    def _average(self) -> float:
        return max(1.0, self._total / max(1, len(self)))

    @property
    def _too_common(self) -> float:
        return self._common_share * max(COMMON_FROM, len(self))

    def _id(self, term: str) -> int:
        term_id = self._ids.setdefault(term, len(self._ids))
        if term_id == len(self._postings):
            self._postings.append(array("I"))
            self._seen = grown(self._seen, term_id + 1)
        return term_id

    def _idf(self, seen: NDArray[np.int32]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = np.log1p((len(self) - seen + 0.5) / (seen + 0.5))
        return result

    def _rarest(self, terms: Mapping[str, int]) -> list[tuple[int, int, float]]:
        """(term id or -1, count, idf) of the terms that decide, in a fixed order."""
        found = [(self._ids.get(term, -1), min(count, _MAX_COUNT)) for term, count in terms.items()]
        seen = np.array([self._seen[term_id] if term_id >= 0 else 0 for term_id, _ in found], dtype=np.int32)
        idf = self._idf(seen)
        order = np.argsort(-idf, kind="stable")[: self._most_terms]
        return [(*found[at], float(idf[at])) for at in order]

    def _query_weights(self, terms: Mapping[str, int]) -> tuple[NDArray[np.float64], float]:
        """Tf-idf weights by term id, and their length, terms never seen included."""
        weights = np.zeros(max(1, len(self._postings)))
        squares = 0.0
        for term, count in terms.items():
            weight = (1 + math.log(min(count, _MAX_COUNT))) * self.idf(term)
            squares += weight * weight
            if term in self._ids:
                weights[self._ids[term]] = weight
        return weights, math.sqrt(squares)


def _insert(postings: array[int], entry: int) -> None:
    if not postings or postings[-1] < entry:
        postings.append(entry)
    else:
        insort(postings, entry)


def grown(values: NDArray[T], size: int) -> NDArray[T]:
    """The array itself, or a copy with room to spare."""
    if size <= len(values):
        return values
    return np.concatenate([values, np.zeros(max(size - len(values), len(values)), dtype=values.dtype)])
