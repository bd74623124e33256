"""What people said of the issues that the demo plays: comments, some in the history, some after the bot's answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Said:
    """A comment on an issue; `after`: how long after the issue was filed."""

    number: int
    author: str
    after: timedelta
    body: str


def read_said(lines: Iterable[bytes]) -> tuple[Said, ...]:
    """The bundled comments, one JSON object a line, in their order."""
    found = (json.loads(line) for line in lines)
    return tuple(Said(one["number"], one["author"], timedelta(minutes=one["minutes"]), one["body"]) for one in found)


def by_issue(said: Sequence[Said]) -> Mapping[int, Sequence[Said]]:
    """Issue → what was said of it."""
    found: dict[int, list[Said]] = {}
    for one in said:
        found.setdefault(one.number, []).append(one)
    return found
