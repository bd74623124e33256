"""What a person may tell the bot in a comment: `/triage different`, `rerun`, `duplicate of`, `undo`, `pause`, `resume`;
and what people tell each other that it should hear: "Duplicate of #N". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.denials import denied_issues
from models.markdown import Kind, bounded, lines_of, plain_characters, without_comments

MAINTAINERS = frozenset({"admin", "maintain", "write", "triage"})
BY_AUTHOR = frozenset({"different"})  # what an issue's author may say of their own issue, whatever their permission
MOST = 10  # commands of one comment; what follows is not looked at

NOT_A_NUMBER = "it names no issue: write the number as #12"
SEVERAL = "it names more than one issue: write a line for each"
UNCLEAR = "write the number right after the command, as #12"
ELSEWHERE = "the issue that it names is in another repository"

_COMMAND = re.compile(
    r" {0,3}/triage[ \t]+(?P<verb>different|duplicate|rerun|undo|pause|resume)(?![\w-])(?P<rest>.*)", re.IGNORECASE
)
_ADDRESS = (
    r"(?:https?://[^\s/]{1,100}/)?(?P<home>[\w.-]{1,39}/[\w.-]{1,100})(?:#|/issues/)"  # an end for each, else slow
)
_ISSUE = rf"(?:#|{_ADDRESS})"
_NUMBER = r"(?P<number>[1-9][0-9]{0,9})(?!\w|[-/]\w|\.[0-9])"  # "#2.5" and "#2-x" are no numbers of issues
_OF = r"(?:of|from)"
_NOT = r"(?:(?:is[ \t]+)?not(?:[ \t]+(?:the[ \t]+same[ \t]+as|an?[ \t]+duplicate[ \t]+of))?|of|from|than|to|as|with)"
_NAMES = {
    verb: re.compile(
        rf"[ \t:,]*(?:{before}[ \t:]+)?(?P<sign>#[ \t]*|{_ADDRESS})(?:{_NUMBER})?",
        re.IGNORECASE,
    )
    for verb, before in (("duplicate", _OF), ("different", _NOT))
}
_LIKE = re.compile(r"\b(?:same|dup(?:e|licates?)?|identical|like)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"#[ \t]*[0-9]|/issues/")
_CLAIM = re.compile(
    r" {0,3}(?:(?:this|it)(?: issue)?(?: is|'s)[ \t]+)?(?:(?:an?|the|exact)[ \t]+)*"
    rf"dup(?:e|licate)?[ \t]+of[ \t]+{_ISSUE}{_NUMBER}(?P<rest>.*)",
    re.IGNORECASE,
)
_PAST_CLAIM = re.compile(
    r" {0,3}(?:(?:i am |i'm )?clos(?:ed|ing)(?: (?:this|it|issue|out|as|since|because|it's|it is|this is))*[,:]?[ \t]+"
    r"|(?:this|it)(?: issue)?(?: is|'s| looks like| seems(?: to be)?)[ \t]+)?"
    r"(?:(?:an?|the|exact)[ \t]+)*dup(?:e|licate[sd]?)?[ \t]+(?:of|with)[ \t:]+"
    rf"{_ISSUE}{_NUMBER}(?P<rest>.*)",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"[?\U0001f44e\u274c\U0001f914]|n['\u2019]t\b"
    r"|\b(?:not?|nope|never|cannot|nor|or|but|although|though|however|unless|except|if|whether|doubt\w*|unsure|uncertain"
    r"|maybe|perhaps|might|could|thought|seemed|wrong\w*|incorrect\w*|mist(?:ake\w*|ook)|false|ruled|turns|turned"
    r"|different\w*|differs?|distinct|separate|unlike|unrelated|instead|reopen\w*|was|is what)\b",
    re.IGNORECASE,
)
_ONE_MORE = re.compile(rf"[ \t]*(?:[,&+/]|and\b)[ \t]*(?:and[ \t]+)?{_ISSUE}[0-9]", re.IGNORECASE)
_EMPHASIS = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}")
_MENTION = re.compile(rf"(?<![\w/#]){_ISSUE}{_NUMBER}")


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
    """The issue of this repository of which a person says, in GitHub's own words or nearly so and by number or address,
    that this one is a duplicate; the first line counts, and only where neither the rest of it nor another line takes
    that back."""
    found = _claimed(_CLAIM, next(iter(_plain_lines(body, bold=True)), ""), repository)
    return None if found is None or _claims(body, repository) != {found} else found


def past_claim(body: str, repository: str) -> int | None:
    """The issue of this repository of which somebody said that this one is a duplicate, in the words of people who knew
    of no bot: a line that says just that, or the one that closes it with these words. Quotes and denials are none, nor
    are lines that name several."""
    found = _claims(body, repository)
    return next(iter(found)) if len(found) == 1 else None


def _claims(body: str, repository: str) -> set[int]:
    """All that the lines of a comment claim and none denies."""
    lines = list(_plain_lines(body, bold=True))
    found = {_claimed(pattern, line, repository) for line in lines for pattern in (_CLAIM, _PAST_CLAIM)}
    return {one for one in found if one is not None} - denied(body)


def claimed(body: str, repository: str) -> int | None:
    """The issue that a comment calls the one that this is a duplicate of, in either of these ways."""
    return duplicate_claim(body, repository) or past_claim(body, repository)


def _claimed(pattern: re.Pattern[str], line: str, repository: str) -> int | None:
    found = pattern.match(_EMPHASIS.sub("", line))
    if found is None or not _is_at_home(found, repository):
        return None
    in_doubt = _DOUBT.search(found["rest"]) or _ONE_MORE.match(found["rest"])
    return None if in_doubt else int(found["number"])


def mentioned(body: str, repository: str) -> frozenset[int]:
    """The issues of this repository that a comment names, by number or by address."""
    found = (one for line in _plain_lines(body, bold=True) for one in _MENTION.finditer(line))
    return frozenset(int(one["number"]) for one in found if _is_at_home(one, repository))


def denied(body: str) -> frozenset[int]:
    """The issues of which a comment says that this one is no duplicate."""
    return denied_issues("\n".join(_plain_lines(body, bold=True)))


def _is_at_home(found: re.Match[str], repository: str) -> bool:
    return found["home"] is None or found["home"].casefold() == repository.casefold()


def is_for_us(body: str, repository: str) -> bool:
    """Whether a comment has something to be heard."""
    claims = "dup" in body.lower() and duplicate_claim(body, repository) is not None
    return claims or bool(parse(body, repository))


def allowed(command: Command, *, is_author: bool, permission: str) -> bool:
    """Whether the commenter may say it; the permission is the live one (INV 42)."""
    return permission in MAINTAINERS or (is_author and command.verb in BY_AUTHOR)


def _plain_lines(body: str, *, bold: bool = False) -> Iterator[str]:
    """The lines that a person writes in their own words; `bold`: those that are bold from end to end as well."""
    text = without_comments(plain_characters(bounded(body)))
    return (one.text for one in lines_of(text) if one.kind is Kind.TEXT or (bold and one.language == "bold"))


def _command(verb: str, rest: str, repository: str) -> Command:
    if verb not in {"different", "duplicate"}:
        return Command(verb)
    named = _NAMES[verb].match(rest)
    if named is not None and not _is_at_home(named, repository):
        return Command(verb, problem=ELSEWHERE)
    numbers = {int(one["number"]) for one in _MENTION.finditer(rest) if _is_at_home(one, repository)}
    if named is not None and named["number"] is not None:
        numbers.add(int(named["number"]))
    elif named is not None or verb == "duplicate":
        return Command(verb, problem=NOT_A_NUMBER)
    elif _NUMBERED.search(rest) and (
        not numbers or _LIKE.search(rest)
    ):  # "different, the same as #2" is not told of #2
        return Command(verb, problem=UNCLEAR)
    if len(numbers) > 1:
        return Command(verb, problem=SEVERAL)
    return Command(verb, next(iter(numbers), None))  # "different" alone is an objection to whatever was said
