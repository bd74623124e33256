"""A small world for each test, fresh or with its history read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.small_world import CONFIG, World, small_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A repository that the bot has never seen."""
    with small_world(tmp_path) as made:
        yield made


@pytest.fixture
def known(world: World) -> World:
    """A repository whose history was read; #5 is a report of the known cluster that stands open."""
    world.fake.config = CONFIG
    world.report()
    world.learn()
    return world
