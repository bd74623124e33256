"""What lists on the dashboard are asked for, and their rows, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from models.issue import Issue

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows of a list, and how many it has in all."""

    rows: Sequence[Row]
    total: int


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """Which issues. `words`: each must be in the title or in a stated fact, folded. `verdict`: that of the last
    decision; "none" where there was none. `cluster`: an id in the generation in force, "none" for those in no one.
    Sorted by probability, only those are listed that were decided. `after`: only what comes after this row."""

    words: Sequence[str] = ()
    number: int | None = None
    state: str | None = None
    verdict: str | None = None
    cluster: str | None = None
    sort: Literal["number", "updated", "probability"] = "number"
    descending: bool = True
    limit: int = 50
    offset: int = 0
    after: IssueRow | None = None


@dataclass(frozen=True, slots=True)
class IssueRow:
    """An issue in a list, with its last decision and its cluster where it has them."""

    number: int
    title: str
    state: str
    state_reason: str | None
    created_at: datetime
    updated_at: datetime
    author: str
    verdict: str | None = None
    canonical: int | None = None
    probability: float | None = None
    decided_at: datetime | None = None
    cluster: str | None = None
    cluster_title: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterQuery:
    """Which clusters. `words`: each is in the title, id or label, ignoring case. `held`: over-cap, incoherent, or any
    of them; `labelled`: with a label, or without."""

    words: Sequence[str] = ()
    held: str | None = None
    labelled: bool | None = None
    sort: Literal["size", "last", "first", "title", "recent"] = "size"
    descending: bool = True
    recent_since: datetime | None = None  # from when on a report is recent
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A cluster in a list. `reported`: when its reports since `ClusterQuery.recent_since` were opened, in order."""

    id: str
    title: str
    title_by: str
    slug: str | None
    label: str | None
    canonical: int | None
    held: str | None
    coherence: float
    reports: int
    first_seen: datetime | None
    last_seen: datetime | None
    recent: int = 0
    reported: Sequence[datetime] = ()
    wave: bool = False


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member of a cluster: the issue without its body, and its facts."""

    issue: Issue
    facts: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Something that a person should say yes or no to: is `number` the same problem as `other`?

    `kind`: objection (a person said that it is not), missed (people linked the pair, the bot had not), near (the score
    is near the threshold). `body` is the last decision's; `why` an enumerated cause.
    """

    kind: str
    number: int
    other: int | None
    at: datetime
    title: str = ""
    state: str = "open"
    other_title: str | None = None
    other_state: str | None = None
    probability: float | None = None
    actor: str | None = None
    why: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
