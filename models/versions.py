"""Versions as reports and milestones write them: which is newer, and in which an issue was fixed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from models.issue import Issue

NUMBERS = 4  # that are compared; a shorter version counts as followed by zeros
MOST = 0.8  # of the reports that name versions, so many name one of the program itself
FIRST_YEAR = 1900  # a version that begins so is a date, which no other kind of version is compared with

_VERSION = (
    r"[vV]?(?P<numbers>\d{1,4}(?:\.\d{1,6}){1,3})"
    r"(?:[-.]?(?P<pre>alpha|beta|rc|dev|preview|nightly|canary|pre)[-.]?(?P<serial>\d{0,8}))?"
)
_WHOLE = re.compile(_VERSION, re.IGNORECASE)
_WITHIN = re.compile(rf"(?<![\w.+-]){_VERSION}(?![\w+]|\.\w|-\w)", re.IGNORECASE)
_FIXED = r"(?:fixed|resolved|released|shipped)\b[\s:/_-]*(?:(?:in|with|by)\b)?[\s:/_-]*"
_FIXED_LABEL = re.compile(rf"{_FIXED}(?P<version>{_VERSION})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version by what orders it; a pre-release (`1.2.0-rc1`) comes before its release."""

    numbers: tuple[int, ...]
    release: bool
    pre: str
    serial: int

    @property
    def is_date(self) -> bool:
        """Whether it counts years, such as 2025.11."""
        return self.numbers[0] >= FIRST_YEAR


def parse(text: str) -> Version | None:
    """`1.2.3`, `v2.0`, `1.2.0-rc1`; None for anything else, a single number included."""
    found = _WHOLE.fullmatch(text.strip())
    if found is None:
        return None
    numbers = [int(one) for one in found["numbers"].split(".")]
    pre = (found["pre"] or "").lower()
    return Version((*numbers, *[0] * (NUMBERS - len(numbers))), not pre, pre, int(found["serial"] or 0))


def has_fix(version: str, fix: str) -> bool | None:
    """Whether a version is the one of the fix or newer; None where the two cannot be compared."""
    one, other = parse(version), parse(fix)
    if one is None or other is None or one.is_date != other.is_date:
        return None
    return one >= other


def newest(versions: Iterable[str]) -> str | None:
    """The newest of those that can be read; of equal ones the one that is written first in the alphabet."""
    known = [(parsed, text) for text in sorted(versions) if (parsed := parse(text)) is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def span(stated: Iterable[Iterable[str]]) -> tuple[str, str] | None:
    """The oldest and the newest version of the program that reports are about; each is given by the versions it names.

    Reports name versions of other programs, too. The program's own are those that begin with the number with which most
    of them name one; None where no number is that common, for then nobody knows which are its own.
    """
    reports = [{text: parsed for text in named if (parsed := parse(text)) is not None} for named in stated]
    reports = [one for one in reports if one]
    begin = Counter(first for one in reports for first in {version.numbers[0] for version in one.values()})
    first, most = max(begin.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
    if not reports or most < MOST * len(reports):
        return None
    own = sorted((version, text) for one in reports for text, version in one.items() if version.numbers[0] == first)
    return own[0][1], own[-1][1]


def begin_alike(one: str, other: str) -> bool:
    """Whether two versions may be of one program: they begin with the same number."""
    first, second = parse(one), parse(other)
    return first is not None and second is not None and first.numbers[0] == second.numbers[0]


def fixed_in(issue: Issue) -> str | None:
    """The version in which an issue was fixed, where its repository says so; None where it does not.

    Read from a label such as `fixed in 1.2.3` (of several the newest, so that nothing is called fixed too early), or
    else from the milestone of an issue that was closed as completed, where its title holds one version.
    """
    labels = [found["version"] for label in issue.labels if (found := _FIXED_LABEL.fullmatch(label.strip()))]
    if labels:
        return _bare(newest(labels))
    if issue.milestone is None or issue.state != "closed" or issue.state_reason not in {"completed", None}:
        return None
    named = [found[0] for found in _WITHIN.finditer(issue.milestone)]
    return _bare(named[0]) if len(named) == 1 else None


def _bare(version: str | None) -> str | None:
    return None if version is None else version.lstrip("vV")
