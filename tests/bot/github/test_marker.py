"""The bot's own comment is known by its marker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.github.marker import MARKER, marked, with_marker


def test_the_marker_is_hidden_in_markdown():
    assert MARKER.startswith("<!--")
    assert MARKER.endswith("-->")


def test_a_text_without_the_marker_is_not_ours():
    assert not marked("This looks like #1.")


@given(st.text())
def test_the_marker_is_the_last_line_and_is_put_there_once(text: str):
    once = with_marker(text)
    assert marked(once)
    assert with_marker(once) == once
    assert marked(text) or once.splitlines()[-1] == MARKER
