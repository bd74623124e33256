"""A seeded double on a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.recorded import Recorded, recorded_github


@pytest.fixture
def github() -> Iterator[Recorded]:
    """`acme/app` with six issues, and an empty `acme/other`, both of one installation."""
    with recorded_github() as github:
        yield github
