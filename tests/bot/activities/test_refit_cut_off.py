"""Attempts to refit whose process is no more: each ends in words, and none for which somebody may still be at work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.refit import (
    BY_COMMAND,
    BY_HAND,
    CUT_OFF,
    IMPORT,
    INTERRUPTED,
    NIGHTLY,
    ROLLBACK,
    begun,
    refit,
    refit_at_once,
)
from bot.errors import StorageError
from bot.storage.records import RefitRecord
from tests.fakes.small_world import World, small_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as made:
        read_history(made.services, made.repository)
        embed_missing(made.services, made.repository.id)
        yield made


def attempts(world: World) -> dict[int, tuple[str | None, str | None]]:
    return {one.id: (one.outcome, one.reason) for one in world.storage.refits(world.repository.id)}


def by_command(world: World) -> RefitRecord:
    return refit_at_once(world.services, world.repository, world.config)


@pytest.mark.parametrize("origin", [BY_COMMAND, ROLLBACK])
def test_what_a_killed_command_began_is_ended_in_words_by_the_next_refit(world: World, origin: str) -> None:
    killed = begun(world.services, world.repository, origin)
    assert attempts(world)[killed] == (None, None)
    ended = by_command(world)
    assert attempts(world) == {ended.id: ("published", None), killed: ("failed", CUT_OFF)}
    kept = world.storage.refit(killed)
    assert kept is not None
    assert kept.finished_at is not None


@pytest.mark.parametrize("origin", [NIGHTLY, BY_HAND])
def test_a_worker_ends_what_was_left_in_the_place_of_the_repositorys_refits(world: World, origin: str) -> None:
    left = begun(world.services, world.repository, origin)
    refit(world.services, world.repository, world.config, begun(world.services, world.repository, NIGHTLY))
    assert attempts(world)[left] == ("failed", CUT_OFF)


@pytest.mark.parametrize("origin", [IMPORT, NIGHTLY, BY_HAND])
def test_what_a_worker_may_still_be_making_is_left_to_it_by_a_command(world: World, origin: str) -> None:
    alive = begun(world.services, world.repository, origin)
    by_command(world)
    assert attempts(world)[alive] == (None, None)
    assert refit(world.services, world.repository, world.config, alive).outcome == "published"


def test_an_attempt_that_was_taken_for_cut_off_and_comes_again_is_made(world: World) -> None:
    waits = begun(world.services, world.repository, NIGHTLY)
    refit(world.services, world.repository, world.config, begun(world.services, world.repository, NIGHTLY))
    assert refit(world.services, world.repository, world.config, waits).outcome == "published"
    assert attempts(world)[waits] == ("published", None)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (KeyboardInterrupt(), INTERRUPTED),
        (StorageError("the disk is full"), "the disk is full"),
        (ZeroDivisionError("a reporter's words"), "ZeroDivisionError at test_refit_cut_off.py:"),
    ],
)
def test_a_command_that_fails_ends_its_attempt_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch, failure: BaseException, words: str
) -> None:
    def breaks(*_: Any) -> None:
        raise failure

    monkeypatch.setattr("bot.activities.refit.judged", breaks)
    with pytest.raises(type(failure)):
        by_command(world)
    ((outcome, reason),) = attempts(world).values()
    assert outcome == "failed"
    assert str(reason).startswith(words)
    assert "reporter" not in str(reason)
