"""Weight-free vectors of hashed character n-grams, for fast tests; the product never falls back to it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from models.embedder import ModelId, Vectors
from models.text import TEXT_RECIPE

_GRAM_SIZES = (3, 4, 5)
_MAX_CHARACTERS = 4_000


class HashingEmbedder:
    """Deterministic vectors in which texts that share words and word parts are near each other."""

    def __init__(self, dimension: int = 256) -> None:
        self.model_id = ModelId("hashed-ngrams", "1", TEXT_RECIPE, dimension)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (len(texts), dimension) with rows of length 1."""
        vectors = np.zeros((len(texts), self.model_id.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram in _grams(text):
                code = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
                vectors[row, code % self.model_id.dimension] += 1.0 if code & 0x8000_0000 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


def _grams(text: str) -> Iterator[str]:
    for word in text[:_MAX_CHARACTERS].lower().split():
        padded = f" {word} "
        yield padded
        for size in _GRAM_SIZES:
            for start in range(len(padded) - size + 1):
                yield padded[start : start + size]
