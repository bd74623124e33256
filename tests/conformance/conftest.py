"""A seeded double on a real socket whose every exchange is kept, beside GitHub's own description."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.npm_packages import package
from tests.fakes.openapi import Description, description
from tests.fakes.recorded import Recorded, recorded_github


@pytest.fixture
def github() -> Iterator[Recorded]:
    """A seeded double with its recorder."""
    with recorded_github() as github:
        yield github


@pytest.fixture(scope="session")
def openapi() -> Description:
    """GitHub's published description."""
    return description(package("@octokit/openapi"))
