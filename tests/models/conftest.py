"""Issues and documents made of a few words, with the weight-free embedder."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.document import Document, prepare
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue

DIMENSION = 64
SAMPLE = Path(__file__).parents[2] / "bot" / "sample" / "issues.jsonl"


def make_issue(number: int, title: str, body: str = "") -> Issue:
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
    return Issue(number, title, body, created_at=moment, updated_at=moment)


@pytest.fixture
def embedder() -> HashingEmbedder:
    return HashingEmbedder(DIMENSION)


@pytest.fixture
def issue() -> Callable[..., Issue]:
    return make_issue


@pytest.fixture
def document(embedder: HashingEmbedder) -> Callable[..., Document]:
    return lambda number, title, body="": prepare(make_issue(number, title, body), embedder)
