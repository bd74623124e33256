"""From an issue's Markdown to its parts: title, prose, error text and code, with the template taken away."""

from __future__ import annotations

from dataclasses import dataclass

TEXT_RECIPE = "1"


@dataclass(frozen=True, slots=True)
class Text:
    """The parts of one issue that are its reporter's own."""

    title: str
    prose: str = ""
    error: str = ""
    code: str = ""
