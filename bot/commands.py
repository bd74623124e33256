"""What a person may tell the bot in a comment: `/triage different [#N]` and `/triage rerun`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 200  # characters looked at
MAINTAINERS = frozenset({"admin", "maintain", "write", "triage"})
BY_AUTHOR = frozenset({"different"})  # what an issue's author may say of their own issue, whatever their permission

_COMMAND = re.compile(
    r"/triage[ \t]+(?P<verb>different|rerun)\b(?:[ \t]+#(?P<number>[1-9][0-9]{0,9})\b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `verb` is different or rerun; `other` is the issue that it names."""

    verb: str
    other: int | None = None


def parse(body: str) -> Command | None:
    """The command with which the comment begins, or None; a quoted command is none."""
    found = _COMMAND.match(body.lstrip()[:LONGEST])
    if found is None:
        return None
    verb = found["verb"].lower()
    return Command(verb, int(found["number"]) if found["number"] and verb == "different" else None)


def allowed(command: Command, *, is_author: bool, permission: str) -> bool:
    """Whether the commenter may say it; the permission is the live one (INV 42)."""
    return permission in MAINTAINERS or (is_author and command.verb in BY_AUTHOR)
