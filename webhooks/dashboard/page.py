"""The words of the dashboard: what a page is made from, what it is, and what a table of it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from webhooks.runtime import Runtime

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
"""GitHub's roles, the weakest first."""

MAY_ACT = "triage"
"""The weakest role that may do something (https://docs.github.com/organizations/managing-user-access)."""

MOST_DIGITS = 15  # of a number in an address: more than any issue has, less than a database's integers hold

JOINERS = "\u200c\u200d"  # zero-width, inside emoji and words of some scripts

About = Literal["everything", "repository", "operation"]


class PageMissing(Exception):
    """What the page would show is not there, or not for this viewer: both look the same."""


def may_act(role: str) -> bool:
    """Whether the role may change something."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(MAY_ACT)


def one_line(text: str) -> str:
    """The text without control characters: breaks, tabs and spaces are one space; what joins emoji stays."""
    visible = (char for char in text if char.isspace() or char.isprintable() or char in JOINERS)
    return " ".join("".join(visible).split())


def lines(text: str) -> str:
    """The same for each of its lines; empty ones are left out."""
    return "\n".join(filter(None, map(one_line, text.splitlines())))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `roles`: GitHub's id of a repository → the role there; with `sees_all` they are not looked at."""

    login: str
    kind: Literal["github", "local"]
    is_operator: bool = False
    sees_all: bool = False
    roles: Mapping[int, str] = field(default_factory=dict)

    def role(self, repository_id: int) -> str:
        """The role in a repository, "none" where GitHub shows it to nobody like them."""
        return "admin" if self.sees_all else self.roles.get(repository_id, "none")


@dataclass(frozen=True, slots=True)
class Query:
    """The address's query, with every value bounded and nothing trusted."""

    values: Mapping[str, str]

    def text(self, name: str, default: str = "", longest: int = 200) -> str:
        """A text on one line."""
        return one_line(self.values.get(name, default)[:longest])

    def lines(self, name: str, longest: int) -> str:
        """A text whose line breaks stay."""
        return lines(self.values.get(name, "")[:longest])

    def one_of(self, name: str, allowed: Sequence[str]) -> str:
        """One of these words; the first where none of them was asked for."""
        found = self.values.get(name, "")
        return found if found in allowed else allowed[0]

    def number(self, name: str, default: int, *, least: int = 1, most: int = 2**31 - 1) -> int:
        """A whole number within the bounds; the default where it is none."""
        text = self.values.get(name, "")
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else default
        return min(max(number, least), most)


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a page is made from. `path`: the address's own parts, such as a cluster's id. `kind`: what it becomes,
    html | json | csv, for a file holds the whole list where a page shows a part; `after`: the mark of the part of it
    that was read before (see `Page.mark`)."""

    storage: Storage
    settings: Settings
    runtime: Runtime
    viewer: Viewer
    query: Query
    now: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    about: RepositoryRecord | None = None
    kind: str = "html"
    after: Any = None

    @property
    def repository(self) -> RepositoryRecord:
        """The repository of the address; only for pages about one."""
        if self.about is None:
            raise PageMissing
        return self.about

    def number(self, name: str) -> int:
        """A part of the address as a number; PageMissing where it is none that anything here could have."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
            raise PageMissing
        return int(text)

    @property
    def may_act(self) -> bool:
        """Whether the viewer may change something here; for what is shown, for an act asks GitHub again."""
        return self.about is not None and may_act(self.viewer.role(self.about.id))


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for a spreadsheet; a cell is a text, a number, a moment or nothing."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `read` makes its model (a frozen dataclass) from rows; `template` shows it, `table` exports it.

    `path` is below `/r/OWNER/REPO` for a page about a repository; `{name}` in it becomes `Asked.path["name"]`.
    The model is also the JSON at the same path with `.json`, its table the CSV with `.csv`. A list without a bound is
    read in parts for a file: `rows` names the fields that hold it, `mark` is what the next part comes after, None after
    the last one. A `live` page listens for news, and then fetches its parts anew.
    """

    path: str
    title: str
    template: str
    read: Callable[[Asked], Any]
    about: About = "repository"
    table: Callable[[Any], Table] | None = None
    rows: tuple[str, ...] = ()
    mark: Callable[[Asked, Any], Any] | None = None
    live: bool = False
