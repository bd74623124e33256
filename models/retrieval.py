"""One repository's history in memory: dense, lexical and fingerprint candidates for an issue, fused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.bm25 import TermIndex, grown
from models.document import Document
from models.embedder import Vectors
from models.facts import Rarity
from models.terms import IssueTerms, issue_terms
from models.vector_rows import VectorRows

Scores = NDArray[np.float32]
Rows = NDArray[np.intp]

# Weights of the signals in the fused score, fitted on the development streams (conditional logit) and rounded.
TITLE, SALIENT, CROSS, WORDS, TITLE_IN_WORDS, WORDS_IN_TITLE, ERROR_WORDS = 4.6, 5.7, 5.7, 8.5, 3.1, 2.9, 1.5
FACTS = 1.0
AGE = 0.8  # for each unit of log(1 + months between the two)
MONTH = 30 * 86_400.0
RETRIEVING = ("error_message", "exception", "frames", "error_type", "exit_code")  # facts whose rare values find issues
RARE_VALUE = 200  # a fact's value in more issues than this retrieves nothing by itself


@dataclass(frozen=True, slots=True)
class Signals:
    """How near every row of an index is to one issue; arrays of shape (rows,), 0 where a row is empty."""

    terms: IssueTerms
    title: Scores
    salient: Scores
    cross: Scores  # the better of title with salient text and the reverse
    crossed: Scores  # their sum
    words: Scores
    title_words: Scores
    title_in_words: Scores  # the query's title looked for in whole issues
    words_in_title: Scores  # the whole query looked for in titles
    error_words: Scores
    age: Scores  # log(1 + months between the two)


class IssueIndex:
    """The searchable issues of one repository. Changes cost one issue's work, never a rebuild.

    Not safe to change while another thread reads: one worker handles one repository at a time.
    """

    def __init__(self, dimension: int) -> None:
        self._vectors = VectorRows(dimension)
        self._documents: list[Document | None] = []
        self._numbers = np.zeros(1024, dtype=np.int64)  # by row; 0 where free
        self._created = np.zeros(1024, dtype=np.int64)  # by row: seconds since 1970
        self._rows: dict[int, int] = {}
        self._free: list[int] = []
        self._holders: dict[tuple[str, str], set[int]] = {}  # a fact's name and value → rows
        self._counts: Counter[tuple[str, str]] = Counter()  # the same → how many issues
        self._logins: Counter[str] = Counter()  # in lower case → how many issues
        self.words = TermIndex()
        self.title_words = TermIndex()
        self.error_words = TermIndex()
        self._version = 0
        self._last: tuple[Document, int, Signals] | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, number: object) -> bool:
        return number in self._rows

    def document(self, number: int) -> Document:
        """The issue as it was put; raises KeyError where it is not here."""
        document = self._documents[self._rows[number]]
        assert document is not None  # noqa: S101 - a row that has a number has a document
        # A copy, because the row is cleared and used again when the issue changes.
        return replace(document, vectors=document.vectors.copy())

    def numbers(self) -> list[int]:
        """Those of all issues that are here, ascending."""
        return sorted(self._rows)

    def vectors(self, rows: Rows) -> Vectors:
        """A copy of the vectors in these rows: shape (rows, 2, dimension)."""
        return self._vectors.take(rows)

    def rows(self, numbers: Sequence[int]) -> Rows:
        """Where the issues stand in the arrays of Signals; raises KeyError for one that is not here."""
        return np.array([self._rows[number] for number in numbers], dtype=np.intp)

    def documents(self) -> Iterator[Document]:
        """Every issue, in no order; not to be kept, for the vectors change with the index."""
        return (document for document in self._documents if document is not None)

    def put(self, document: Document) -> None:
        """Add an issue, or take its new state; raises ValueError for vectors of another dimension."""
        self.remove(document.number)
        row = self._free.pop() if self._free else len(self._documents)
        stored = self._vectors.put(row, document.vectors)
        if row == len(self._documents):
            self._documents.append(None)
            self._numbers, self._created = grown(self._numbers, row + 1), grown(self._created, row + 1)
        self._documents[row] = replace(document, vectors=stored)
        self._numbers[row], self._created[row] = document.number, int(document.created_at.timestamp())
        self._rows[document.number] = row
        self._count_facts(row, document, present=True)
        terms = issue_terms(document.text)
        self.words.add(row, terms.whole)
        self.title_words.add(row, terms.title)
        self.error_words.add(row, terms.error)

    def snapshot(self) -> IssueIndex:
        """The index as it is now, for a thread of its own: changes of the one do not show in the other."""
        same = IssueIndex.__new__(IssueIndex)
        same._vectors = self._vectors.copy()
        same._documents = [
            None if document is None else replace(document, vectors=same._vectors.row(row))
            for row, document in enumerate(self._documents)
        ]
        same._numbers, same._created = self._numbers.copy(), self._created.copy()
        same._rows, same._free = dict(self._rows), self._free[:]
        same._holders = {value: set(rows) for value, rows in self._holders.items()}
        same._counts, same._logins = Counter(self._counts), Counter(self._logins)
        same.words, same.title_words = self.words.copy(), self.title_words.copy()
        same.error_words = self.error_words.copy()
        same._version, same._last = self._version, None
        return same

    def titled(self, term: str, limit: int) -> list[Document]:
        """Some of the issues whose title has the term; not to be kept, for the vectors change with the index."""
        found = (self._documents[row] for row in self.title_words.holders(term, limit))
        return [document for document in found if document is not None]

    def put_all(self, documents: Iterable[Document]) -> None:
        """Put each of them."""
        for document in documents:
            self.put(document)

    def remove(self, number: int) -> None:
        """Forget an issue; nothing happens where it is not here."""
        self._version += 1
        row = self._rows.pop(number, None)
        if row is None:
            return
        for index in (self.words, self.title_words, self.error_words):
            index.remove(row)
        document = self._documents[row]
        if document is not None:
            self._count_facts(row, document, present=False)
        self._vectors.clear(row)
        self._documents[row] = None
        self._numbers[row] = 0
        self._free.append(row)

    def retrieve(self, query: Document, limit: int = 100, before: int | None = None) -> list[int]:
        """Numbers of the issues most like it, best first, never its own; with `before`, only lower numbers."""
        numbers = self._numbers[: len(self._documents)]
        allowed = numbers > 0 if before is None else (numbers > 0) & (numbers < before)
        return self._most_like(query, allowed, limit)

    def reported_by(self, query: Document) -> NDArray[np.bool_]:
        """Which rows hold another issue that was there when the query was reported: shape (rows,)."""
        numbers, created = (values[: len(self._documents)] for values in (self._numbers, self._created))
        there: NDArray[np.bool_] = (numbers > 0) & (numbers != query.number) & (created <= query.created_at.timestamp())
        return there

    def around(self, query: Document, limit: int) -> list[int]:
        """Those most like it among the issues that were there when it was reported, best first."""
        return self._most_like(query, self.reported_by(query), limit)

    def _most_like(self, query: Document, allowed: NDArray[np.bool_], limit: int) -> list[int]:
        fused = self.fused(query)
        numbers = self._numbers[: len(fused)]
        rows = np.flatnonzero(allowed & (numbers != query.number))
        if len(rows) > limit:
            least = np.partition(fused[rows], -limit)[-limit]
            rows = rows[fused[rows] >= least]
        # Ties go to the lower number, so that the answer does not depend on the order of arrival.
        order = np.lexsort((numbers[rows], -fused[rows]))[:limit]
        return [int(number) for number in numbers[rows[order]]]

    def nearest(self, query: Document, numbers: Sequence[int], limit: int) -> list[int]:
        """Those of the given issues that are most like it, best first; numbers that are not here are passed over."""
        here = [number for number in numbers if number in self._rows and number != query.number]
        fused = self.fused(query)[self.rows(here)]
        return [here[at] for at in np.argsort(-fused, kind="stable")[:limit]]

    def fused(self, query: Document) -> Scores:
        """The uncalibrated likeness of every row to the issue, shape (rows,)."""
        signals = self.signals(query)
        fused: Scores = TITLE * signals.title + SALIENT * signals.salient + CROSS * signals.cross
        fused += WORDS * signals.words + TITLE_IN_WORDS * signals.title_in_words
        fused += WORDS_IN_TITLE * signals.words_in_title + ERROR_WORDS * signals.error_words - AGE * signals.age
        for rarity, holders in self._shared(query):
            fused[holders] += np.float32(FACTS * rarity)
        return fused

    def signals(self, query: Document) -> Signals:
        """How near every row is to the issue; kept until the index changes, because scoring asks again."""
        if self._last is not None and self._last[0] is query and self._last[1] == self._version:
            return self._last[2]
        size = len(self._documents)
        terms = issue_terms(query.text)
        near = self._vectors.similarities(query.vectors, size)
        signals = Signals(
            terms=terms,
            title=near[:, 0, 0],
            salient=near[:, 1, 1],
            cross=np.maximum(near[:, 0, 1], near[:, 1, 0]),
            crossed=near[:, 0, 1] + near[:, 1, 0],
            words=self.words.bm25(terms.whole, size),
            title_words=self.title_words.bm25(terms.title, size),
            title_in_words=self.words.bm25(terms.title, size),
            words_in_title=self.title_words.bm25(terms.whole, size),
            error_words=self.error_words.bm25(terms.error, size),
            age=np.log1p(np.abs(self._created[:size] - query.created_at.timestamp()) / MONTH).astype(np.float32),
        )
        self._last = (query, self._version, signals)
        return signals

    def rarity(self) -> Rarity:
        """How rare each value of a fact is here; a view that follows the index."""
        return Rarity(self._counts, len(self))

    def authors_of(self, values: Collection[tuple[str, str]]) -> dict[tuple[str, str], frozenset[str]]:
        """Who states each of these values (a fact's name and the value) in an issue that is here."""
        found: dict[tuple[str, str], set[str]] = {value: set() for value in values}
        for document in self.documents() if values else ():
            for name, value in values:
                if value in document.facts.get(name, ()):
                    found[name, value].add(document.author)
        return {value: frozenset(authors) for value, authors in found.items()}

    def _shared(self, query: Document) -> Iterator[tuple[float, list[int]]]:
        """For each telling value of the query that is rare here: how rare (0 to 1), and the rows that share it."""
        rarity = self.rarity()
        for name in RETRIEVING:
            for value in query.facts.get(name, ()):
                holders = self._holders.get((name, value), ())
                if 0 < len(holders) <= RARE_VALUE:
                    yield rarity.weight(name, value), sorted(holders)

    def is_login(self, name: str) -> bool:
        """Whether somebody who reported an issue here is called so; `name` is in lower case."""
        return self._logins[name] > 0

    def _count_facts(self, row: int, document: Document, *, present: bool) -> None:
        self._logins[document.author.casefold()] += 1 if present else -1
        for name, values in document.facts.items():
            for value in values:
                self._counts[name, value] += 1 if present else -1
                if name in RETRIEVING and present:
                    self._holders.setdefault((name, value), set()).add(row)
                elif name in RETRIEVING:
                    self._holders[name, value].discard(row)
