"""An issue made ready for comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models.embedder import Embedder, Vectors
from models.facts import FactPattern, extract
from models.issue import Issue
from models.text import Text, normalise, salient, text_hash

Facts = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Document:
    """One issue's text parts, facts and vectors (`vectors`: shape (2, dimension), rows title and salient text)."""

    number: int
    text: Text
    facts: Facts
    vectors: Vectors
    created_at: datetime
    author: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An issue read but not yet embedded; `embed_texts` are what its vectors are made of, row by row."""

    number: int
    text: Text
    facts: Facts
    text_hash: str
    embed_texts: tuple[str, str]
    created_at: datetime
    author: str = ""


def parts(issue: Issue, *, patterns: Sequence[FactPattern] = (), boilerplate: frozenset[str] = frozenset()) -> Prepared:
    """Read an issue; where a vector is stored under the same text hash and ModelId, it need not be embedded again."""
    text = normalise(issue.title, issue.body, boilerplate)
    return Prepared(
        number=issue.number,
        text=text,
        facts=extract(text, patterns),
        text_hash=text_hash(text),
        embed_texts=embed_texts(text),
        created_at=issue.created_at,
        author=issue.author,
    )


def embed_texts(text: Text) -> tuple[str, str]:
    """What an issue's vectors are made of, row by row."""
    return text.title, salient(text)


def assemble(prepared: Prepared, vectors: Vectors) -> Document:
    """Join an issue with its vectors, shape (2, dimension); a part without text gets a vector similar to nothing."""
    said = np.array([[bool(text.strip())] for text in prepared.embed_texts])
    return Document(
        number=prepared.number,
        text=prepared.text,
        facts=prepared.facts,
        vectors=np.where(said, vectors, np.float32(0)),
        created_at=prepared.created_at,
        author=prepared.author,
    )


def prepare(
    issue: Issue,
    embedder: Embedder,
    *,
    patterns: Sequence[FactPattern] = (),
    boilerplate: frozenset[str] = frozenset(),
) -> Document:
    """Read and embed one issue; raises ModelUnavailable."""
    return prepare_all([issue], embedder, patterns=patterns, boilerplate=boilerplate)[0]


def prepare_all(
    issues: Iterable[Issue],
    embedder: Embedder,
    *,
    patterns: Sequence[FactPattern] = (),
    boilerplate: frozenset[str] = frozenset(),
) -> list[Document]:
    """Read and embed issues in one batch; raises ModelUnavailable."""
    prepared = [parts(issue, patterns=patterns, boilerplate=boilerplate) for issue in issues]
    vectors = embedder.embed([text for each in prepared for text in each.embed_texts])
    return [assemble(each, vectors[2 * at : 2 * at + 2]) for at, each in enumerate(prepared)]
