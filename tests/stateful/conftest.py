"""A history that a test tells itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stateful.histories import Histories


@pytest.fixture
def history() -> Iterator[Histories]:
    """A history that a test tells itself; its end is not looked at."""
    told = Histories()
    try:
        told.first_report()
        yield told
    finally:
        told.leave()
