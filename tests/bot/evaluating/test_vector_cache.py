import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.errors import TriageError
from bot.evaluating.vector_cache import NAME, cached
from models.embedder import ModelId, Vectors
from models.hashing_embedder import HashingEmbedder


class Counting(HashingEmbedder):
    """Remembers which texts it was really asked for."""

    def __init__(self, dimension: int = 16, revision: str = "1") -> None:
        super().__init__(dimension)
        self.model_id = ModelId("hashed", revision, "r", dimension)
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().embed(texts)


def test_a_text_is_embedded_once_and_every_vector_is_in_its_place(tmp_path: Path) -> None:
    texts = ["one text", "", "half \ud800 pair", "one text", "zwölf"]
    for run in range(2):
        real = Counting()
        with cached(real, tmp_path / "new" / "folder") as embedder:
            vectors = embedder.embed(texts)
            assert embedder.model_id == real.model_id
        assert np.array_equal(vectors, HashingEmbedder(16).embed(texts))
        assert vectors.dtype == np.float32
        assert sorted(real.asked) == ([] if run else sorted(set(texts)))


def test_more_texts_than_a_query_takes(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1201)]
    with cached(Counting(), tmp_path) as embedder:
        first = embedder.embed(texts)
        assert np.array_equal(embedder.embed(texts[::-1]), first[::-1])


def test_another_model_or_revision_never_gets_these_vectors(tmp_path: Path) -> None:
    for embedder in (Counting(), Counting(revision="2"), Counting(dimension=8)):
        with cached(embedder, tmp_path) as kept:
            assert kept.embed(["the same"]).shape == (1, embedder.model_id.dimension)
        assert embedder.asked == ["the same"]


def test_no_text_is_kept(tmp_path: Path) -> None:
    with cached(Counting(), tmp_path) as embedder:
        embedder.embed(["an unmistakable sentence"])
    assert all(b"unmistakable" not in file.read_bytes() for file in tmp_path.iterdir())


def test_nothing_is_asked_for_no_texts(tmp_path: Path) -> None:
    with cached(Counting(), tmp_path) as embedder:
        assert embedder.embed([]).shape == (0, 16)


def test_a_damaged_vector_is_made_again(tmp_path: Path) -> None:
    with cached(Counting(), tmp_path) as embedder:
        whole = embedder.embed(["a text"])
    with sqlite3.connect(tmp_path / NAME) as database:
        database.execute("UPDATE vectors SET vector = x'00000000'")
    database.close()
    with cached(Counting(), tmp_path) as embedder:
        assert np.array_equal(embedder.embed(["a text"]), whole)


def test_a_cache_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("not a database, and longer than the header of one would be " * 20)
    with pytest.raises(TriageError, match=r"vectors\.db cannot be used.*delete it"), cached(Counting(), tmp_path):
        pass
    with pytest.raises(TriageError, match="cannot be made"), cached(Counting(), tmp_path / NAME):
        pass
