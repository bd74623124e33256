"""BM25 and cosines of many pairs of indexed texts at once, and the pairs that share rare terms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array  # type: ignore[import-untyped] # it ships no types

from models.bm25 import K1, B, Entries, Rows, TermIndex, Vocabulary

Column = NDArray[np.float64]

_CHUNK = 1024  # texts compared with all others at once


class TermPairs:
    """The texts in some rows of a TermIndex as sparse matrices; a text is named by its place among these rows.

    Memory: about 24 bytes for each distinct term of a text.
    """

    def __init__(self, index: TermIndex, rows: Rows) -> None:
        entries, known = index.entries(rows), index.vocabulary()
        owner = np.repeat(np.arange(len(rows)), np.diff(entries.starts))
        norms = K1 * (1 - B + B * entries.lengths / known.average_length)
        saturated = (K1 + 1) * entries.counts / (entries.counts + norms[owner])
        asked = _asked(entries, known, owner)
        own = np.bincount(owner[asked], (known.idf[entries.ids] * saturated)[asked], minlength=len(rows))
        weights = np.divide(known.idf[entries.ids], own[owner], out=np.zeros(len(owner)), where=own[owner] > 0)
        looked_up = asked & (known.seen[entries.ids] <= known.too_common)
        tf_idf = (1 + np.log(entries.counts)) * known.idf[entries.ids]
        lengths = np.sqrt(np.bincount(owner, tf_idf * tf_idf, minlength=len(rows)))
        normalised = np.divide(tf_idf, lengths[owner], out=np.zeros(len(owner)), where=lengths[owner] > 0)
        every = np.ones(len(owner), dtype=bool)
        shape = (len(rows), len(known.seen))
        self._seen = known.seen
        self._asks = _matrix(weights, entries, owner, looked_up, shape)
        self._says = _matrix(saturated, entries, owner, every, shape)
        self._normalised = _matrix(normalised, entries, owner, every, shape)

    def bm25(self, asking: Rows, said: Rows) -> Column:
        """What `TermIndex.bm25` says of the texts `said` for the texts `asking`: shape (pairs,)."""
        return _products(self._asks, asking, self._says, said)

    def cosines(self, one: Rows, other: Rows) -> Column:
        """What `TermIndex.cosines` says of the pairs: shape (pairs,)."""
        return _products(self._normalised, one, self._normalised, other)

    def sharing(self, most_texts: int, least: float, limit: int) -> Iterator[tuple[Rows, Rows]]:
        """(asking, said) of pairs that share terms of at most `most_texts` texts, the best `limit` of each asking text.

        `least` is the share of its own score that a text must reach by such terms.
        """
        rare = (self._seen <= most_texts).astype(np.float32)
        said = (self._says * rare[None, :]).tocsr()
        said.eliminate_zeros()
        said = said.T.tocsr()
        for start in range(0, self._asks.shape[0], _CHUNK):
            found = (self._asks[start : start + _CHUNK] @ said).tocoo()
            asking, others = found.coords[0].astype(np.intp) + start, found.coords[1].astype(np.intp)
            enough = (found.data >= least) & (asking != others)
            yield _best(asking[enough], others[enough], found.data[enough], limit)


def tf_idf(index: TermIndex, rows: Rows) -> csr_array:
    """The tf-idf weights of the texts in these rows, each of length 1: shape (rows, terms)."""
    entries = index.entries(rows)
    weights = (1 + np.log(entries.counts)) * index.idfs(entries.ids)
    owner = np.repeat(np.arange(len(rows)), np.diff(entries.starts))
    lengths = np.sqrt(np.bincount(owner, weights * weights, minlength=len(rows)))
    weights = np.divide(weights, lengths[owner], out=np.zeros(len(owner)), where=lengths[owner] > 0)
    return csr_array((weights.astype(np.float32), entries.ids, entries.starts), shape=(len(rows), index.distinct))


def _asked(entries: Entries, known: Vocabulary, owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which entries are among the rarest of their text, as `TermIndex.bm25` chooses them."""
    if known.most_terms is None:
        return np.ones(len(owner), dtype=bool)
    order = np.lexsort((-known.idf[entries.ids], owner))  # stable: of equal terms the first of the text
    asked = np.zeros(len(owner), dtype=bool)
    asked[order[np.arange(len(owner)) - entries.starts[owner] < known.most_terms]] = True
    return asked


def _matrix(
    values: Column,
    entries: Entries,
    owner: NDArray[np.int64],
    kept: NDArray[np.bool_],
    shape: tuple[int, int],
) -> csr_array:
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner[kept], minlength=shape[0]))])
    made = csr_array((values[kept].astype(np.float32), entries.ids[kept].astype(np.int32), starts), shape=shape)
    made.sort_indices()
    return made


def _products(left: csr_array, one: Rows, right: csr_array, other: Rows) -> Column:
    result: Column = np.asarray((left[one] * right[other]).sum(axis=1), dtype=np.float64)
    return result


def _best(asking: Rows, others: Rows, scores: NDArray[np.float32], limit: int) -> tuple[Rows, Rows]:
    """The best `limit` of each asking text; of equals the one with the lower place."""
    order = np.lexsort((others, -scores, asking))
    asking, others = asking[order], others[order]
    starts = np.flatnonzero(np.diff(asking, prepend=-1))
    place = np.arange(len(asking)) - np.repeat(starts, np.diff(np.append(starts, len(asking))))
    return asking[place < limit], others[place < limit]
