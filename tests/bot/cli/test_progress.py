"""How far a long command is, where no terminal can draw it."""

from __future__ import annotations

import pytest
from rich.progress import Progress

from bot.cli import progress
from tests.bot.cli.conftest import Run
from tests.fakes.played import HISTORY, Played
from tests.fakes.small_world import NAME


def shown(said: list[str], *moments: float) -> progress.Shown:
    times = iter((0.0, *moments))
    return progress.Shown(Progress(disable=True), said.append, lambda: next(times))


def test_a_line_is_said_from_time_to_time_and_not_for_each_step() -> None:
    said: list[str] = []
    lines = shown(said, 1.0, 14.0, 16.0, 16.0, 20.0, 40.0, 40.0)
    for done in range(1, 6):
        lines.step("pairs", done, 9)
    assert said == ["pairs: 3 of 9", "pairs: 5 of 9"]


def test_what_has_no_known_end_or_one_step_alone_is_said_without_it() -> None:
    said: list[str] = []
    lines = shown(said, 20.0, 20.0, 40.0, 40.0)
    lines.reading(30)
    lines.step("names", 0, 1)
    assert said == ["reading what changed: 30", "names"]


def test_inv_13_a_command_that_embeds_everything_says_how_far_it_is_without_a_terminal(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SAID_EACH", 0.0)
    ran = triage("refit", NAME)
    assert ran.code == 0
    assert f"embedding what is new: {len(HISTORY)} of {len(HISTORY)}\n" in ran.err
    assert "embedding" not in ran.out


def test_what_is_read_by_a_program_says_nothing_on_the_way(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SAID_EACH", 0.0)
    assert triage("refit", NAME, "--json").err == ""
