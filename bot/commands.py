"""What a person may tell the bot in a comment: `/triage different`, `rerun`, `duplicate of`, `undo`, `pause`, `resume`;
and what people tell each other that it should hear: "Duplicate of #N". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.markdown import Kind, bounded, lines_of, plain_characters, without_comments

MAINTAINERS = frozenset({"admin", "maintain", "write", "triage"})
BY_AUTHOR = frozenset({"different"})  # what an issue's author may say of their own issue, whatever their permission
MOST = 10  # commands of one comment; what follows is not looked at

NOT_A_NUMBER = "it names no issue: write the number as #12"
ELSEWHERE = "the issue that it names is in another repository"

_COMMAND = re.compile(
    r" {0,3}/triage[ \t]+(?P<verb>different|duplicate|rerun|undo|pause|resume)(?![\w-])(?P<rest>.*)", re.IGNORECASE
)
_ADDRESS = (
    r"(?:https?://[^\s/]{1,100}/)?(?P<home>[\w.-]{1,39}/[\w.-]{1,100})(?:#|/issues/)"  # an end for each, else slow
)
_ISSUE = rf"(?:#|{_ADDRESS})"
_NAMES = re.compile(
    rf"[ \t:,]*(?:(?:of|from)[ \t:]+)?(?P<sign>#[ \t]*|{_ADDRESS})(?P<number>[1-9][0-9]{{0,9}}(?![\w]))?", re.IGNORECASE
)
_CLAIM = re.compile(rf" {{0,3}}duplicate[ \t]+of[ \t]+{_ISSUE}(?P<number>[1-9][0-9]{{0,9}})(?![\w])", re.IGNORECASE)
_PAST_CLAIM = re.compile(
    r" {0,3}(?:(?:i am |i'm )?clos(?:ed|ing)(?: (?:this|it|issue|out|as|since|because|it's|it is|this is))*[,:]?[ \t]+"
    r"|(?:this|it)(?: issue)?(?: is|'s| looks like| seems(?: to be)?)[ \t]+)?"
    r"(?:(?:an?|the|exact)[ \t]+)*dup(?:e|licate[sd]?)?[ \t]+(?:of|with)[ \t:]+"
    rf"{_ISSUE}(?P<number>[1-9][0-9]{{0,9}})(?![\w])",
    re.IGNORECASE,
)
_MENTION = re.compile(rf"(?<![\w/#]){_ISSUE}(?P<number>[1-9][0-9]{{0,9}})(?![\w])")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its verb, the issue that it names, and where it cannot be obeyed as it stands, why."""

    verb: str
    other: int | None = None
    problem: str | None = None


def parse(body: str, repository: str) -> tuple[Command, ...]:
    """The commands of a comment in owner/repo, each on a line that it opens; quotes, code and hidden text command
    nothing."""
    found = (_COMMAND.match(line) for line in _plain_lines(body))
    return tuple(_command(one["verb"].lower(), one["rest"], repository) for one in found if one is not None)[:MOST]


def duplicate_claim(body: str, repository: str) -> int | None:
    """The issue of this repository of which a person says, in GitHub's own words and by number or address, that this
    one is a duplicate; the first line counts."""
    first = next(iter(_plain_lines(body)), "")
    found = _CLAIM.match(first)
    return int(found["number"]) if found is not None and _is_at_home(found, repository) else None


def past_claim(body: str, repository: str) -> int | None:
    """The issue of this repository of which somebody said that this one is a duplicate, in the words of people who knew
    of no bot: a line that says just that, or the one that closes it with these words. Quotes and denials are none."""
    found = (_PAST_CLAIM.match(line) for line in _plain_lines(body))
    return next((int(one["number"]) for one in found if one is not None and _is_at_home(one, repository)), None)


def mentioned(body: str, repository: str) -> frozenset[int]:
    """The issues of this repository that a comment names, by number or by address."""
    found = (one for line in _plain_lines(body) for one in _MENTION.finditer(line))
    return frozenset(int(one["number"]) for one in found if _is_at_home(one, repository))


def _is_at_home(found: re.Match[str], repository: str) -> bool:
    return found["home"] is None or found["home"].casefold() == repository.casefold()


def is_for_us(body: str, repository: str) -> bool:
    """Whether a comment has something to be heard."""
    claims = "duplicate" in body.lower() and duplicate_claim(body, repository) is not None
    return claims or bool(parse(body, repository))


def allowed(command: Command, *, is_author: bool, permission: str) -> bool:
    """Whether the commenter may say it; the permission is the live one (INV 42)."""
    return permission in MAINTAINERS or (is_author and command.verb in BY_AUTHOR)


def _plain_lines(body: str) -> Iterator[str]:
    text = without_comments(plain_characters(bounded(body)))
    return (line.text for line in lines_of(text) if line.kind is Kind.TEXT)


def _command(verb: str, rest: str, repository: str) -> Command:
    if verb not in {"different", "duplicate"}:
        return Command(verb)
    named = _NAMES.match(rest)
    if named is not None and not _is_at_home(named, repository):
        return Command(verb, problem=ELSEWHERE)
    if named is not None and named["number"] is not None:
        return Command(verb, int(named["number"]))
    names_none = named is not None or verb == "duplicate"  # "different" alone is an objection to whatever was said
    return Command(verb, problem=NOT_A_NUMBER if names_none else None)
