"""A seeded dashboard, and somebody who is signed in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.fakes.dashboard import DashboardRuntime, browser, dashboard, signed_in


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[FastAPI, DashboardRuntime]]:
    """The application and its runtime."""
    with dashboard(tmp_path) as made:
        yield made


@pytest.fixture
async def visitor(world: tuple[FastAPI, DashboardRuntime]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this machine that is not signed in."""
    async with browser(world[0]) as http:
        yield http


@pytest.fixture
async def maintainer(visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    """The same, signed in."""
    return await signed_in(visitor)
