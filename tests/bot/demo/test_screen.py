"""What a demo shows stays inside the terminal's width, and is plain text where there is no terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from bot.demo.figures import Measure
from bot.demo.screen import Screen, _grid, shown_title
from bot.demo.track import Row

LONG = Row(
    123456,
    "a title that is much longer than any column that a terminal could have for it, and then some more of it",
    "done",
    verdict="possible-regression",
    cluster="a-slug-that-is-longer-than-most-of-them-are-in-practice",
    canonical=123455,
    links=(123455, 123454, 123453),
    labels=("possible-regression", "billing: a label of many words"),
    milliseconds=12345.6,
    failures=("add-label failed: 403",),
)
MEASURED = {name: Measure(7, 9, 21) for name in ("duplicate", "naming", "cluster")}


@pytest.mark.parametrize("width", [60, 80, 100, 123, 124, 160, 240])
def test_a_line_of_the_list_fits_and_its_columns_stand(width):
    console = Console(file=io.StringIO(), width=width)
    for word in ("x", "longer than any column could ever be made to be" * 3):
        console.print(_grid([Text(word)] * 9, width))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert all(len(line) <= width for line in lines)


def test_without_a_terminal_there_are_no_control_codes_and_every_row_is_one_line(capsys):
    screen = Screen()
    with screen.progress("delivering", 1) as advance:
        screen.header()
        screen.row(LONG, "wrong")
        advance("delivering", 1, 1)
    screen.table(MEASURED)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\r" not in said
    lines = said.splitlines()
    assert lines[0].split() == ["issue", "verdict", "canonical", "also", "cluster", "labels", "ms"]
    assert lines[1].startswith("#123456")
    assert "#123455" in lines[1]
    assert "add-label failed: 403" in lines[2]
    assert max(map(len, lines)) <= 100


def test_the_summary_says_what_counts(capsys):
    Screen().table(MEASURED)
    said = " ".join(capsys.readouterr().out.split())
    assert "0.78 7 of 9 0.33 7 of 21" in said
    assert "right where the canonical issue is in the delivered issue's group" in said
    assert "whose group has an earlier member, in the history or among the deliveries" in said


def test_the_picture_is_an_svg_of_the_same_lines(tmp_path):
    path = tmp_path / "demo.svg"
    screen = Screen(picture=path)
    screen.header()
    screen.row(LONG, "right")
    screen.draw()
    assert path.read_text(encoding="utf-8").startswith("<svg")
    assert "#123456" in path.read_text(encoding="utf-8")


def test_json_keeps_standard_output_for_itself(capsys):
    screen = Screen(to_stderr=True)
    screen.row(LONG, "")
    assert capsys.readouterr().out == ""


@given(st.text(max_size=200))
def test_a_shown_title_is_one_line_without_control_characters(title):
    shown = shown_title(title)
    assert shown.isprintable() or not any(ord(char) < 32 or 0x202A <= ord(char) <= 0x202E for char in shown)
    assert "\n" not in shown


def test_a_shown_title_is_redacted():
    assert "ghp_" not in shown_title("token ghp_0123456789abcdefghijklmnopqrstuvwxyz on the screen")
