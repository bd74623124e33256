"""An issue made ready for comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from models.embedder import Vectors
from models.text import Text

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
