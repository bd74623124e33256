"""What the bot says of an act that a maintainer did in the dashboard."""

from __future__ import annotations

from typing import Any

import pytest

from bot.activities.follow import follow
from bot.storage.dashboard_records import ActRecord
from bot.storage.records import ConfigRecord
from tests.fakes.small_world import CONFIG, World

RECORDED = "it is only recorded"


def done(world: World, kind: str, *, number: int | None = None, undoes: int | None = None, **details: Any) -> ActRecord:
    """The act after it was followed."""
    storage, repository = world.storage, world.repository
    asked = ActRecord(None, repository.id, world.clock(), "ada", kind, "extra", number, details, undoes=undoes)
    made = storage.save_act(asked)
    kept = storage.act(made)
    assert kept is not None
    followed = follow(world.services, repository, kept)
    storage.finish_act(made, followed.state, followed.outcome, followed.details)
    found = storage.act(made)
    assert found is not None
    return found


def in_mode(world: World, mode: str) -> None:
    text = f"{CONFIG.decode()}\nmode: {mode}\n"
    world.storage.save_config(world.repository.id, ConfigRecord(valid_text=text))


@pytest.mark.parametrize("kind", ["broadcast", "label"])
def test_inv_26_in_shadow_mode_an_act_says_that_it_is_only_recorded(known: World, kind: str) -> None:
    in_mode(known, "comment")
    spoken = done(known, kind, value="wait for 2.0")
    assert RECORDED not in (spoken.outcome or "")
    in_mode(known, "shadow")
    told = done(known, kind, value="wait for 2.1")
    assert (told.outcome or "").endswith("; it is only recorded: the mode is shadow")
    taken = done(known, "undo", undoes=told.id)
    assert (taken.state, RECORDED in (taken.outcome or "")) == ("done", True)


def test_while_it_is_paused_an_act_says_that_it_is_only_recorded(known: World) -> None:
    in_mode(known, "comment")
    assert RECORDED not in (done(known, "pause").outcome or "")
    told = done(known, "broadcast", value="wait for 2.0")
    assert (told.outcome or "").endswith("; it is only recorded: the bot is paused here")
    assert RECORDED not in (done(known, "rename", value="Another title").outcome or "")
    assert RECORDED not in (done(known, "resume").outcome or "")
    assert RECORDED not in (done(known, "broadcast", value="wait for 2.2").outcome or "")


def test_undoing_a_name_below_a_newer_one_says_that_the_newer_one_stands(known: World) -> None:
    first, second = (done(known, "rename", value=f"Title {letter}") for letter in "AB")
    taken = done(known, "undo", undoes=first.id)
    assert "a newer one by ada stands, so that nothing changes" in (taken.outcome or "")
    last = done(known, "undo", undoes=second.id)
    assert "newer" not in (last.outcome or "")
