"""The hidden line by which the bot knows its own comment again."""

from __future__ import annotations

MARKER = "<!-- triage:comment -->"


def marked(text: str) -> bool:
    """Whether the text carries the bot's marker."""
    return MARKER in text


def without_marker(text: str) -> str:
    """What `with_marker` made the text from."""
    return text.replace(MARKER, "").rstrip()


def with_marker(text: str) -> str:
    """The text with the marker as its last line; unchanged where it is marked already."""
    return text if marked(text) else f"{text.rstrip()}\n\n{MARKER}"
