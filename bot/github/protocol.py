"""GitHub in our words: what the bot reads, what it writes, and nothing else.

`Reader` and `Writer` are two ports so that shadow mode can be given no writer at all. Every text that comes through
the door is already redacted (`models.redact`). Every method raises the failures of `bot.errors` and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from models.issue import Issue

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """A repository as GitHub names it now."""

    id: int
    full_name: str
    archived: bool
    private: bool
    has_issues: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on an issue; `by_this_app` where GitHub says that this App wrote it."""

    id: int
    body: str
    author: str
    author_is_bot: bool
    by_this_app: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    """One person's reaction to a comment."""

    id: int
    author: str
    author_is_bot: bool


@dataclass(frozen=True, slots=True)
class Reactions:
    """Reactions of one kind to one comment, and by what the next question is conditional."""

    given: tuple[Reaction, ...]
    etag: str | None


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened on an issue, in GitHub's word for it (`commented`, `labeled`, `cross-referenced`, …).

    `body` and `association` are a comment's (see PastComment). `other`: the issue of this repository that a
    cross-reference came from. `value`: the reason of a close, or the name of a label. `by_this_app` where GitHub says
    that this App did it.
    """

    event: str
    actor: str
    actor_is_bot: bool
    at: datetime
    id: int | None = None
    body: str = ""
    association: str = ""
    other: int | None = None
    value: str = ""
    by_this_app: bool = False


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A repository's `.github/triage.yml`; `text` is None where the file does not exist.

    `source`: repository; owner (its `.github` repository); absent; or out of reach: there is none in the repository,
    and in the owner's `.github` none that this installation may read.
    """

    text: str | None
    etag: str | None
    source: str = "repository"


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """A delivery that GitHub could not hand over (GET /app/hook/deliveries)."""

    id: int
    guid: str
    event: str
    action: str | None
    status_code: int
    delivered_at: datetime


@dataclass(frozen=True, slots=True)
class PastComment:
    """A comment out of the list of a whole repository. `body` is empty where nobody speaks of duplicates in it;
    `association` is GitHub's word for what its author is to the repository (OWNER, MEMBER, COLLABORATOR, NONE, …).
    `is_ours`: this App wrote it, and it carries the bot's marker."""

    id: int
    number: int
    body: str
    author: str
    author_is_bot: bool
    association: str
    created_at: datetime
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: `following` is where the next one is (None: this is the last), for this process or another;
    `last` is how many pages there are, where GitHub says so."""

    rows: Sequence[T]
    following: str | None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Requests an hour, and how many are left until `resets_at`."""

    limit: int
    remaining: int
    resets_at: datetime


class Reader(Protocol):
    """What may be asked of one repository, with read permission only. Lists are complete or they raise."""

    def repository(self) -> RepositoryInfo:
        """The repository, under its present name."""
        ...

    def issue(self, number: int) -> Issue:
        """One issue as it is now; raises Gone where it was deleted or transferred away."""
        ...

    def issues(self, *, since: datetime | None = None) -> Iterator[Sequence[Issue]]:
        """Every issue and pull request (state=all), page by page of 100, oldest change first when `since` is given,
        else newest number first."""
        ...

    def past_issues(self, state: str, cursor: str | None = None, *, at_once: int = 1) -> Iterator[Page[Issue]]:
        """Every issue and pull request of the state (open or closed), newest first, page by page from `cursor` on.
        Where GitHub numbers the pages, `at_once` of them are asked for at the same time; they come in their order."""
        ...

    def past_comments(self, cursor: str | None = None) -> Iterator[Page[PastComment]]:
        """Every comment on every issue, what was changed longest ago first, page by page from `cursor` on; some come
        twice, and those that are deleted meanwhile hide nobody (INV 34). Comments on pull requests are left out."""
        ...

    def comments(self, number: int) -> Sequence[Comment]:
        """Every comment on the issue, oldest first."""
        ...

    def timeline(self, number: int) -> Sequence[TimelineEvent]:
        """Everything that happened on the issue, oldest first; what has neither an actor nor a time is left out."""
        ...

    def config(self, etag: str | None = None) -> ConfigFile | None:
        """`.github/triage.yml`, from the repository or else from the owner's `.github` repository; None where
        nothing changed since `etag`. A failure to read raises; it is never an empty file."""
        ...

    def permission(self, login: str) -> str:
        """The login's live permission: admin, maintain, write, triage, read or none."""
        ...

    def thumbs_down(self, comment_id: int, etag: str | None = None) -> Reactions | None:
        """Who gave the comment a thumbs-down; None where nothing changed since `etag` (which costs no request of the
        hour's). Raises Gone where the comment is not there."""
        ...


class Writer(Protocol):
    """What may be written to one repository. Only `bot.github.gateway` holds one."""

    def create_comment(self, number: int, body: str) -> int:
        """Write a comment; returns its id."""
        ...

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace the text of one of our own comments; raises Gone where somebody deleted it."""
        ...

    def label_exists(self, name: str) -> bool:
        """Whether the repository has the label."""
        ...

    def create_label(self, name: str, color: str, description: str) -> None:
        """Create the label (color: six hex digits, no '#'); does nothing where it exists by now."""
        ...

    def add_label(self, number: int, name: str) -> None:
        """Add one label to the issue; the others stay."""
        ...

    def remove_label(self, number: int, name: str) -> None:
        """Remove one label from the issue; does nothing where it is not there."""
        ...

    def close_issue(self, number: int, reason: str) -> None:
        """Close it for a reason in GitHub's words (`duplicate`); on a closed one only the reason changes."""
        ...

    def reopen_issue(self, number: int) -> None:
        """Open it again; does nothing where it is open."""
        ...

    def create_reaction(self, comment_id: int, content: str) -> None:
        """React to a comment (`+1` or `confused`); does nothing where we did so already."""
        ...


class GitHub(Protocol):
    """GitHub as the App sees it: a reader or a writer for one repository of one installation."""

    def reader(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> Reader:
        """For `owner/name`. Its token is asked for with read permissions only, for this repository only.

        `repository_id`: it is this repository whatever it is called by now, and no other that got its name (INV 29).
        """
        ...

    def writer(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> Writer:
        """For `owner/name`, in the same manner. Its token is asked for with `issues: write`."""
        ...

    def app_slug(self) -> str:
        """The App's own slug, by which its comments are known."""
        ...

    def installation_repositories(self, installation_id: int) -> Sequence[RepositoryInfo]:
        """Every repository that the installation may see."""
        ...

    def installation_of(self, repository: str) -> int:
        """The installation that covers `owner/name`; raises Gone where the App is not installed there."""
        ...

    def is_suspended(self, installation_id: int) -> bool:
        """Whether its owner or GitHub has suspended the installation; raises Gone where it is over."""
        ...

    def heard_limits(self) -> Mapping[int, RateLimit]:
        """What GitHub said last of each installation's requests (0: of a plain token's); asks for nothing."""
        ...

    def failed_deliveries(self, *, since: datetime) -> Sequence[FailedDelivery]:
        """The webhook deliveries since then that did not end in a 2xx, the newest first."""
        ...

    def redeliver(self, delivery_id: int) -> None:
        """Have a delivery sent once more, under its own GUID."""
        ...
