"""GitHub in memory: the ports of `bot.github.protocol` over plain dictionaries, with faults on demand.

It is held to the same contract as the real adapter by tests/contracts/test_github.py.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.errors import GitHubError, Gone, Permanent
from bot.github.config_file import LARGEST_FILE, PATH, decoded
from bot.github.mapping import clean
from bot.github.marker import marked
from bot.github.protocol import (
    Comment,
    ConfigFile,
    FailedDelivery,
    Page,
    PastComment,
    RateLimit,
    Reaction,
    Reactions,
    RepositoryInfo,
    TimelineEvent,
)
from models.issue import Issue

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PAGE = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Write:
    """One change that was made, in order: the writer's method and what it was given."""

    repository: str
    method: str
    arguments: tuple[Any, ...]


@dataclass(slots=True)
class FakeRepository:
    """One repository's state; tests change it through FakeGitHub or directly."""

    info: RepositoryInfo
    installation_id: int
    suspended: bool = False
    issues: dict[int, Issue] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    associations: dict[str, str] = field(default_factory=dict)  # GitHub's words, by login
    reactions: dict[int, list[tuple[str, Reaction]]] = field(default_factory=dict)
    timelines: dict[int, list[TimelineEvent]] = field(default_factory=dict)  # comments left out
    config: bytes | None = None


class FakeGitHub:
    """The `GitHub` port in memory. `calls` counts by method, `writes` holds every change in order."""

    def __init__(self, *, slug: str = "triage", start: datetime = START) -> None:
        self.slug = slug
        self.now = start
        self.repositories: dict[str, FakeRepository] = {}
        self.deliveries: list[FailedDelivery] = []
        self.redelivered: list[int] = []
        self.limits: dict[int, RateLimit] = {}
        self.calls: Counter[str] = Counter()
        self.writes: list[Write] = []
        self._faults: defaultdict[str, deque[GitHubError | None]] = defaultdict(deque)
        self._ids = iter(range(1001, 1_000_000_000))
        self.lock = threading.RLock()

    # What a test sets up

    def add_repository(self, full_name: str, *, installation_id: int = 1, **info: Any) -> FakeRepository:
        """A new repository; `info` are fields of RepositoryInfo."""
        fields: dict[str, Any] = {"archived": False, "private": False, "has_issues": True, **info}
        made = FakeRepository(RepositoryInfo(self.new_id(), full_name, **fields), installation_id)
        self.repositories[full_name.lower()] = made
        return made

    def add_issue(self, full_name: str, title: str = "A report", body: str = "", **fields: Any) -> Issue:
        """A new issue with the next number, or with the one given; `fields` are fields of Issue."""
        repository = self.repositories[full_name.lower()]
        number = fields.pop("number", None) or max(repository.issues, default=0) + 1
        moment = self.tick()
        times = {"created_at": moment, "updated_at": moment}
        issue = Issue(number=number, title=title, body=body, **{**times, "author": "reporter", **fields})
        repository.issues[number] = issue
        return issue

    def add_comment(self, full_name: str, number: int, body: str, author: str = "someone") -> Comment:
        """A comment by somebody, or by this App where the author is `<slug>[bot]`."""
        repository = self.repositories[full_name.lower()]
        moment = self.tick()
        mine, bot = author == f"{self.slug}[bot]", author.endswith("[bot]")
        comment = Comment(self.new_id(), body, author, bot, mine, moment, moment)
        repository.comments.setdefault(number, []).append(comment)
        return comment

    def react(self, full_name: str, comment_id: int, content: str, author: str) -> bool:
        """A reaction by somebody; whether it is a new one."""
        held = self.repositories[full_name.lower()].reactions.setdefault(comment_id, [])
        if any((one.author, kind) == (author, content) for kind, one in held):
            return False
        held.append((content, Reaction(self.new_id(), author, author.endswith("[bot]"))))
        return True

    def archive(self, full_name: str) -> None:
        """Make the repository read-only."""
        repository = self.repositories[full_name.lower()]
        repository.info = replace(repository.info, archived=True)

    def fail_next(self, method: str, error: GitHubError, *, times: int = 1, after: int = 0) -> None:
        """The next calls of the method raise this, `after` so many that go well."""
        self._faults[method].extend([*[None] * after, *[error] * times])

    # The port

    def reader(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> FakeReader:
        return FakeReader(self, self._present_name(repository, repository_id), installation_id)

    def writer(self, repository: str, installation_id: int | None, repository_id: int | None = None) -> FakeWriter:
        return FakeWriter(self, self._present_name(repository, repository_id), installation_id)

    def _present_name(self, repository: str, repository_id: int | None) -> str:
        """The name of the repository of the id; no name where there is none."""
        named = self.repositories.get(repository.lower())
        if repository_id is None or (named is not None and named.info.id == repository_id):
            return repository
        return next((name for name, one in self.repositories.items() if one.info.id == repository_id), "")

    def app_slug(self) -> str:
        self.called("app_slug")
        return self.slug

    def installation_repositories(self, installation_id: int) -> Sequence[RepositoryInfo]:
        self.called("installation_repositories")
        found = [r for r in self.repositories.values() if r.installation_id == installation_id]
        if not found or any(r.suspended for r in found):
            raise Permanent("the installation is gone or suspended", stops_repository=True)
        return [r.info for r in found]

    def installation_of(self, repository: str) -> int:
        self.called("installation_of")
        found = self.repositories.get(repository.lower())
        if found is None:
            raise Gone("the App is not installed there")
        return found.installation_id

    def is_suspended(self, installation_id: int) -> bool:
        self.called("is_suspended")
        found = [r for r in self.repositories.values() if r.installation_id == installation_id]
        if not found:
            raise Gone("the installation is over")
        return any(r.suspended for r in found)

    def heard_limits(self) -> Mapping[int, RateLimit]:
        return self.limits

    def failed_deliveries(self, *, since: datetime) -> Sequence[FailedDelivery]:
        self.called("failed_deliveries")
        return [d for d in self.deliveries if d.delivered_at >= since]

    def redeliver(self, delivery_id: int) -> None:
        self.called("redeliver")
        self.redelivered.append(delivery_id)

    # What the reader and the writer share

    def called(self, method: str) -> None:
        """Count the call; raise the fault that was laid in its way."""
        with self.lock:
            self.calls[method] += 1
            fault = self._faults[method].popleft() if self._faults[method] else None
            if fault is not None:
                raise fault

    def open(self, full_name: str, installation_id: int | None) -> FakeRepository:
        """The repository, as far as the installation may see it."""
        found = self.repositories.get(full_name.lower())
        if found is None or installation_id not in (None, found.installation_id) or found.suspended:
            raise Permanent("no token for this installation", stops_repository=True)
        return found

    def new_id(self) -> int:
        """The next id; comments and repositories share one sequence."""
        return next(self._ids)

    def tick(self) -> datetime:
        """The clock, one second later."""
        self.now += timedelta(seconds=1)
        return self.now


class FakeReader:
    """The `Reader` port over one FakeRepository."""

    def __init__(self, github: FakeGitHub, repository: str, installation_id: int | None) -> None:
        self._github = github
        self._name = repository
        self._installation_id = installation_id

    def repository(self) -> RepositoryInfo:
        return self._open("repository").info

    def issue(self, number: int) -> Issue:
        return _shown(_find(self._open("issue"), number))

    def issues(self, *, since: datetime | None = None) -> Iterator[Sequence[Issue]]:
        found = [_shown(issue) for issue in self._open("issues").issues.values()]
        if since is None:
            found.sort(key=lambda issue: -issue.number)
        else:
            moment = since.replace(microsecond=0)
            found = sorted((i for i in found if i.updated_at >= moment), key=lambda i: (i.updated_at, i.number))
        for start in range(0, max(len(found), 1), PAGE):
            if start:
                self._open("issues")
            yield found[start : start + PAGE]

    def past_issues(self, state: str, cursor: str | None = None, *, at_once: int = 1) -> Iterator[Page[Issue]]:
        def found() -> list[Issue]:
            known = [_shown(issue) for issue in self._open("issues").issues.values() if issue.state == state]
            return sorted(known, key=lambda issue: -issue.number)

        return self._pages(found, cursor)

    def past_comments(self, cursor: str | None = None) -> Iterator[Page[PastComment]]:
        following = cursor
        while True:
            repository = self._open("past_comments")
            known = [(number, one) for number, held in repository.comments.items() for one in held]
            known = [(number, one) for number, one in known if not repository.issues[number].is_pull_request]
            left = sorted(
                ((one.updated_at.isoformat(), one.id, number, one) for number, one in known), key=lambda row: row[:2]
            )
            left = [row for row in left if following is None or row[0] >= following]
            page = [row for row in left if row in left[:PAGE] or row[0] == left[PAGE - 1][0]]
            following = None if len(page) == len(left) else page[-1][0]
            yield Page([_past(repository, number, one) for _, _, number, one in page], following)
            if following is None:
                return

    def _pages(self, found: Callable[[], list[T]], cursor: str | None) -> Iterator[Page[T]]:
        """Each page of the list as it is when the page is asked for."""
        start, is_last = int(cursor or 0), False
        while not is_last:
            rows = found()
            is_last = start + PAGE >= len(rows)
            following = None if is_last else str(start + PAGE)
            yield Page(rows[start : start + PAGE], following, max(1, -(-len(rows) // PAGE)))
            start += PAGE

    def timeline(self, number: int) -> Sequence[TimelineEvent]:
        repository = self._open("timeline")
        _find(repository, number)
        said = [
            TimelineEvent(
                event="commented",
                actor=one.author,
                actor_is_bot=one.author_is_bot,
                at=one.created_at,
                id=one.id,
                body=clean(one.body),
                association=repository.associations.get(one.author, "NONE"),
                by_this_app=one.by_this_app,
            )
            for one in repository.comments.get(number, [])
        ]
        return sorted([*said, *repository.timelines.get(number, [])], key=lambda event: event.at)

    def comments(self, number: int) -> Sequence[Comment]:
        repository = self._open("comments")
        _find(repository, number)
        return [replace(comment, body=clean(comment.body)) for comment in repository.comments.get(number, [])]

    def config(self, etag: str | None = None) -> ConfigFile | None:
        repository = self._open("config")
        fallback = self._github.repositories.get(f"{self._name.partition('/')[0]}/.github".lower())
        for place, holder in (("repository", repository), ("owner", fallback)):
            reachable = holder is not None and holder.installation_id == repository.installation_id
            if holder is not None and reachable and holder.config is not None:
                return _config(place, holder.config, etag)
        outside = fallback is not None and fallback.installation_id != repository.installation_id
        nowhere = "out of reach" if outside else "absent"
        return None if etag == nowhere else ConfigFile(text=None, etag=nowhere, source=nowhere)

    def permission(self, login: str) -> str:
        repository = self._open("permission")
        default = "none" if repository.info.private else "read"
        return repository.permissions.get(login.lower(), default)

    def thumbs_down(self, comment_id: int, etag: str | None = None) -> Reactions | None:
        repository = self._open("thumbs_down")
        if not any(one.id == comment_id for held in repository.comments.values() for one in held):
            raise Gone("the comment is not there")
        given = tuple(one for content, one in repository.reactions.get(comment_id, []) if content == "-1")
        present = hashlib.sha256(repr(given).encode()).hexdigest()
        return None if etag == present else Reactions(given, present)

    def _open(self, method: str) -> FakeRepository:
        self._github.called(method)
        return self._github.open(self._name, self._installation_id)


class FakeWriter:
    """The `Writer` port over one FakeRepository; records what it changes in `FakeGitHub.writes`."""

    def __init__(self, github: FakeGitHub, repository: str, installation_id: int | None) -> None:
        self._github = github
        self._name = repository
        self._installation_id = installation_id

    def create_comment(self, number: int, body: str) -> int:
        with self._github.lock:
            repository = self._open("create_comment")
            _unlocked(_find(repository, number))
            made = self._github.add_comment(self._name, number, body, f"{self._github.slug}[bot]")
            self._touch(repository, number)
            self._record("create_comment", number, body)
            return made.id

    def edit_comment(self, comment_id: int, body: str) -> None:
        with self._github.lock:
            repository = self._open("edit_comment")
            for number, comments in repository.comments.items():
                for place, comment in enumerate(comments):
                    if comment.id == comment_id:
                        comments[place] = replace(comment, body=body, updated_at=self._github.tick())
                        self._touch(repository, number)
                        self._record("edit_comment", comment_id, body)
                        return
            raise Gone("the comment is not there")

    def label_exists(self, name: str) -> bool:
        return _label(self._open("label_exists", changes=False), name) is not None

    def create_label(self, name: str, color: str, description: str) -> None:
        with self._github.lock:
            repository = self._open("create_label")
            if _label(repository, name) is None:
                repository.labels[name] = (color, description)
                self._record("create_label", name, color, description)

    def add_label(self, number: int, name: str) -> None:
        with self._github.lock:
            repository = self._open("add_label")
            issue = _find(repository, number)
            known = _label(repository, name)
            if known is None:
                known = name
                repository.labels[name] = ("ededed", "")
            if known not in issue.labels:
                repository.issues[number] = replace(issue, labels=(*issue.labels, known))
                self._touch(repository, number)
                self._happened(repository, number, "labeled", known)
            self._record("add_label", number, name)

    def remove_label(self, number: int, name: str) -> None:
        with self._github.lock:
            repository = self._open("remove_label")
            issue = repository.issues.get(number)
            left = tuple(label for label in issue.labels if label.lower() != name.lower()) if issue else ()
            if issue is not None and left != issue.labels:
                repository.issues[number] = replace(issue, labels=left)
                self._touch(repository, number)
                self._happened(repository, number, "unlabeled", name)
                self._record("remove_label", number, name)

    def close_issue(self, number: int, reason: str) -> None:
        self._set_state("close_issue", number, reason)

    def reopen_issue(self, number: int) -> None:
        self._set_state("reopen_issue", number, None)

    def _set_state(self, method: str, number: int, reason: str | None) -> None:
        with self._github.lock:
            repository = self._open(method)
            issue = _find(repository, number)
            moment = self._github.tick()
            closed = {"state": "closed", "state_reason": reason, "closed_at": issue.closed_at or moment}
            opened = {"state": "open", "state_reason": "reopened", "closed_at": None}
            repository.issues[number] = replace(issue, updated_at=moment, **(closed if reason else opened))
            self._happened(repository, number, "closed" if reason else "reopened", reason or "")
            self._record(method, number, *([reason] if reason else []))

    def create_reaction(self, comment_id: int, content: str) -> None:
        with self._github.lock:
            repository = self._open("create_reaction")
            if not any(one.id == comment_id for held in repository.comments.values() for one in held):
                raise Gone("the comment is not there")
            if self._github.react(self._name, comment_id, content, f"{self._github.slug}[bot]"):
                self._record("create_reaction", comment_id, content)

    def _open(self, method: str, *, changes: bool = True) -> FakeRepository:
        self._github.called(method)
        repository = self._github.open(self._name, self._installation_id)
        if changes and repository.info.archived:
            raise Permanent("the repository is archived and read-only", stops_repository=True)
        return repository

    def _touch(self, repository: FakeRepository, number: int) -> None:
        repository.issues[number] = replace(repository.issues[number], updated_at=self._github.tick())

    def _happened(self, repository: FakeRepository, number: int, event: str, value: str) -> None:
        actor, at = f"{self._github.slug}[bot]", repository.issues[number].updated_at
        made = TimelineEvent(event, actor, True, at, self._github.new_id(), value=value, by_this_app=True)
        repository.timelines.setdefault(number, []).append(made)

    def _record(self, method: str, *arguments: Any) -> None:
        self._github.writes.append(Write(self._name, method, arguments))


def _find(repository: FakeRepository, number: int) -> Issue:
    if number not in repository.issues:
        raise Gone(f"issue {number} is not there")
    return repository.issues[number]


def _unlocked(issue: Issue) -> None:
    if issue.locked:
        raise Permanent("the issue is locked")


def _past(repository: FakeRepository, number: int, one: Comment) -> PastComment:
    said = repository.associations.get(one.author, "NONE")
    ours = one.by_this_app and marked(one.body)
    return PastComment(one.id, number, clean(one.body), one.author, one.author_is_bot, said, one.created_at, ours)


def _shown(issue: Issue) -> Issue:
    return replace(issue, title=clean(issue.title), body=clean(issue.body))


def _label(repository: FakeRepository, name: str) -> str | None:
    return next((known for known in repository.labels if known.lower() == name.lower()), None)


def _config(place: str, content: bytes, etag: str | None) -> ConfigFile | None:
    present = f"{place}:{hashlib.sha256(content).hexdigest()}"
    if etag == present:
        return None
    if len(content) > LARGEST_FILE:
        raise Permanent(f"{PATH} is too large")
    try:
        return ConfigFile(text=decoded(content), etag=present, source=place)
    except UnicodeDecodeError:
        raise Permanent(f"{PATH} is not UTF-8 text") from None
