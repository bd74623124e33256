"""What is kept of a GitHub issue, and how one is named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

IssueState = Literal["open", "closed"]

_REF = re.compile(r"(?P<repository>[A-Za-z0-9-]+/[A-Za-z0-9._-]+)#(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True, order=True)
class IssueRef:
    """One issue of one repository, written `owner/name#12`."""

    repository: str
    number: int

    @classmethod
    def parse(cls, text: str) -> IssueRef:
        """Read `owner/name#12`; raises ValueError for anything else."""
        found = _REF.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is not an issue reference like owner/name#12")
        return cls(found["repository"], int(found["number"]))

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue as GitHub showed it, its title and body already redacted (see `models.redact`)."""

    number: int
    title: str
    body: str
    created_at: datetime
    updated_at: datetime
    state: IssueState = "open"
    state_reason: str | None = None  # completed | not_planned | duplicate | reopened, GitHub's words
    closed_at: datetime | None = None
    locked: bool = False
    labels: tuple[str, ...] = ()
    author: str = ""
    author_is_bot: bool = False
    is_pull_request: bool = False
    reactions: int = 0  # people's, of every kind, on the issue itself
    milestone: str | None = None  # its title
