"""Vectors kept on disk by the content of their text and the model that made them, so that none is made twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from bot.errors import TriageError
from models.embedder import Embedder, ModelId, Vectors

NAME = "vectors.db"
_ASKED_AT_ONCE = 500  # SQLite takes no endless list of parameters


class VectorCache:
    """An embedder that asks the disk first. Only hashes of texts and vectors are kept, never a text."""

    def __init__(self, embedder: Embedder, database: sqlite3.Connection) -> None:
        self._embedder = embedder
        self._database = database

    @property
    def model_id(self) -> ModelId:
        """The real embedder's; may load the model, raises ModelUnavailable."""
        return self._embedder.model_id

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Float32 array of shape (len(texts), dimension); raises ModelUnavailable, TriageError."""
        wanted = {_key(self.model_id, text): text for text in texts}
        found = self._stored(list(wanted))
        missing = [key for key in wanted if key not in found]
        if missing:
            made = self._embedder.embed([wanted[key] for key in missing])
            found |= dict(zip(missing, made, strict=True))
            self._keep({key: found[key] for key in missing})
        if not texts:
            return np.zeros((0, self.model_id.dimension), dtype=np.float32)
        result: Vectors = np.stack([found[_key(self.model_id, text)] for text in texts])
        return result

    def _stored(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            some = keys[start : start + _ASKED_AT_ONCE]
            marks = ", ".join("?" * len(some))
            rows = self._database.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)  # noqa: S608 - question marks only
            found |= {key: np.frombuffer(vector, dtype="<f4").astype(np.float32) for key, vector in rows}
        return {key: vector for key, vector in found.items() if len(vector) == self.model_id.dimension}

    def _keep(self, vectors: Mapping[bytes, Vectors]) -> None:
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in vectors.items()]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)


@contextmanager
def cached(embedder: Embedder, folder: Path) -> Iterator[VectorCache]:
    """The embedder over a cache in a folder, which is made; raises TriageError where it cannot be used."""
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise TriageError(f"the cache {folder} cannot be made ({error.strerror}): name another --cache") from error
    try:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
            yield VectorCache(embedder, database)
    except sqlite3.Error as error:
        raise TriageError(f"the cache {path} cannot be used ({error}): delete it, or name another --cache") from error


def _key(model: ModelId, text: str) -> bytes:
    """By what the model reads: how an issue became this text does not matter."""
    made_by = f"{model.name}@{model.revision}/{model.dimension}"
    return hashlib.sha256(f"{made_by}\0{text}".encode("utf-8", "surrogatepass")).digest()
