"""What the double remembers: frozen values inside repositories that change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class User:
    """An account. `type`: User | Bot | Organization."""

    id: int
    login: str
    type: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a repository; `color` is six hex digits without '#'."""

    id: int
    name: str
    color: str = "ededed"
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue or, with `is_pull_request`, a pull request; people are named by login, the rest by name."""

    id: int
    number: int
    title: str
    body: str | None
    user: str
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    state_reason: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    locked: bool = False
    lock_reason: str | None = None
    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    is_pull_request: bool = False
    by_app: bool = False
    milestone: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the issue `number`."""

    id: int
    number: int
    body: str
    user: str
    created_at: datetime
    updated_at: datetime
    by_app: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an issue; `data` are the keys that only this kind of event has."""

    id: int
    event: str
    actor: str
    created_at: datetime
    by_app: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reaction:
    """One person's reaction to an issue or a comment."""

    id: int
    user: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """The App on one account. `repository_ids` None means all repositories of the account."""

    id: int
    account: str
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    single_files: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    repository_ids: frozenset[int] = frozenset()
    all_repositories: bool = False
    suspended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token without its value. `login` is set for a person's token, `installation_id` for the App's."""

    expires_at: datetime
    permissions: Mapping[str, str] = field(default_factory=dict)
    installation_id: int | None = None
    repository_ids: frozenset[int] | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person agreed to, under a code that is worth a token once; `challenge` is PKCE's, empty without it."""

    login: str
    redirect_uri: str
    challenge: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to hand a webhook over; `guid` is what X-GitHub-Delivery says."""

    id: int
    guid: str
    event: str
    action: str | None
    delivered_at: datetime
    headers: Mapping[str, str]
    body: str
    status: str = "OK"
    status_code: int = 0
    duration: float = 0.0
    redelivery: bool = False
    installation_id: int | None = None
    repository_id: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_body: str = ""


@dataclass(slots=True)
class Repository:
    """A repository with everything in it; `version` counts its changes, `gone` says where issues went."""

    id: int
    full_name: str
    created_at: datetime
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    description: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    comment_ids: dict[int, list[int]] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    events: dict[int, list[Event]] = field(default_factory=dict)
    reactions: dict[tuple[str, int], list[Reaction]] = field(default_factory=dict)
    collaborators: dict[str, str] = field(default_factory=dict)
    gone: dict[int, tuple[int, int] | None] = field(default_factory=dict)
    open_issues: int = 0
    last_number: int = 0
    version: int = 0
    listings: dict[tuple[Any, ...], tuple[int, list[Issue]]] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """The account's login."""
        return self.full_name.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The name without the owner."""
        return self.full_name.split("/", 1)[1]

    def put(self, issue: Issue) -> Issue:
        """Store the issue in place of its earlier self."""
        before = self.issues.get(issue.number)
        self.open_issues += (issue.state == "open") - (before is not None and before.state == "open")
        self.issues[issue.number] = issue
        self.last_number = max(self.last_number, issue.number)
        self.version += 1
        return issue

    def comments_of(self, number: int) -> list[Comment]:
        """The issue's comments, oldest first."""
        return [self.comments[key] for key in self.comment_ids.get(number, ())]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `repository_ids` None means everything that the installation covers."""

    kind: Literal["app", "installation", "user", "anonymous"]
    login: str = ""
    installation_id: int | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    repository_ids: frozenset[int] | None = None

    @property
    def bucket(self) -> str:
        """Whose rate limit the request counts against."""
        return f"{self.kind}:{self.installation_id or self.login}"
