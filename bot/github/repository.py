"""The `Reader` and `Writer` ports: one method, exactly the requests that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.errors import Gone
from bot.github import mapping
from bot.github.by_change import beginning, by_change
from bot.github.config_file import read_config
from bot.github.line import PAGE, Line, following, read, segment, whole
from bot.github.many_pages import many_pages
from bot.github.protocol import (
    Comment,
    ConfigFile,
    Page,
    PastComment,
    Reactions,
    RepositoryInfo,
    TimelineEvent,
)
from bot.github.wire import Request
from models.issue import Issue

LONGEST_DESCRIPTION = 100  # characters, GitHub's limit for a label

_ROLES = ("admin", "maintain", "write", "triage", "read", "none")
_LOGIN = re.compile(r"[A-Za-z0-9_-]+(\[bot\])?", re.ASCII)


class RepositoryReader:
    """The `Reader` port over one line."""

    def __init__(
        self,
        line: Line,
        fallback: Line | None,
        wrote: Callable[[Any], bool],
        is_outside: Callable[[], bool] = lambda: False,
    ) -> None:
        self._line = line
        self._fallback = fallback
        self._is_outside = is_outside
        self._wrote = wrote

    def repository(self) -> RepositoryInfo:
        """The repository, under its present name."""
        return self._line.info()

    def issue(self, number: int) -> Issue:
        """One issue as it is now; raises Gone where it was deleted or transferred away."""
        answer = self._line.call("GET", f"/issues/{number}")
        return read(answer, lambda data: mapping.issue(data, number))

    def issues(self, *, since: datetime | None = None) -> Iterator[Sequence[Issue]]:
        """Every issue and pull request, page by page of 100: by change since then, else newest number first."""
        if since is None:
            parameters = {"state": "all", "sort": "created", "direction": "desc"}
            return self._line.pages("/issues", parameters, mapping.issue)
        return self._changed(since)

    def past_issues(self, state: str, cursor: str | None = None, *, at_once: int = 1) -> Iterator[Page[Issue]]:
        """Every issue and pull request of the state, newest first, from `cursor` on."""
        query = {"state": state, "sort": "created", "direction": "desc"}
        return many_pages(self._line, "/issues", query, cursor, mapping.issue, at_once)

    def past_comments(self, cursor: str | None = None) -> Iterator[Page[PastComment]]:
        """Every comment on every issue, by its last change, from `cursor` on; those on pull requests are left out."""
        for page in by_change(self._line, "/issues/comments", cursor, self._past_comment):
            yield Page([one for one in page.rows if one is not None], page.following)

    def comments(self, number: int) -> Sequence[Comment]:
        """Every comment on the issue, oldest first."""
        found = self._line.whole(f"/issues/{number}/comments", self._comment)
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def timeline(self, number: int) -> Sequence[TimelineEvent]:
        """Everything that happened on the issue, oldest first."""
        name = self._line.name()
        found = self._line.whole(
            f"/issues/{number}/timeline", lambda row: mapping.timeline_event(row, name, self._wrote)
        )
        return sorted((event for event in found if event is not None), key=lambda one: one.at)

    def config(self, etag: str | None = None) -> ConfigFile | None:
        """`.github/triage.yml`, here or in the owner's `.github` repository; None where unchanged since `etag`."""
        return read_config(self._line, self._fallback, etag, self._is_outside)

    def permission(self, login: str) -> str:
        """The login's live permission: admin, maintain, write, triage, read or none."""
        if _LOGIN.fullmatch(login) is None:
            return "none"
        try:
            answer = self._line.call("GET", f"/collaborators/{segment(login, 'login')}/permission")
        except Gone:
            return "none"
        return read(answer, _role)

    def thumbs_down(self, comment_id: int, etag: str | None = None) -> Reactions | None:
        """Who gave the comment a thumbs-down; None where nothing changed since `etag`."""
        path = f"{self._line.root}/issues/comments/{comment_id}/reactions"
        request = Request("GET", path, {"content": "-1", "per_page": PAGE}, etag=etag)
        answer = self._line.send(request, accept=(304,))
        if answer.status == 304:
            return None
        given = read(answer, lambda data: [mapping.reaction(row) for row in mapping.rows(data)])
        if len(given) < PAGE and following(answer, request) is None:
            return Reactions(tuple(given), answer.headers.get("etag"))
        # A first page that is full stays the same whatever comes after it, so its tag says nothing of the list.
        return Reactions(tuple(whole(self._line.send, replace(request, etag=None), mapping.reaction)), None)

    def _comment(self, data: Any) -> Comment:
        return mapping.comment(data, by_this_app=self._wrote(data))

    def _past_comment(self, data: Any) -> PastComment | None:
        return mapping.past_comment(data, by_this_app=self._wrote(data))

    def _changed(self, since: datetime) -> Iterator[list[Issue]]:
        seen: dict[int, datetime] = {}
        for page in by_change(self._line, "/issues", beginning(since), mapping.issue, {"state": "all"}):
            fresh = [issue for issue in page.rows if seen.get(issue.number) != issue.updated_at]
            seen.update((issue.number, issue.updated_at) for issue in fresh)
            yield fresh


class RepositoryWriter:
    """The `Writer` port over one line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def create_comment(self, number: int, body: str) -> int:
        """Write a comment; returns its id."""
        answer = self._line.call("POST", f"/issues/{number}/comments", body={"body": body})
        return read(answer, mapping.number)

    def edit_comment(self, comment_id: int, body: str) -> None:
        """Replace the text of one of our own comments; raises Gone where somebody deleted it."""
        self._line.call("PATCH", f"/issues/comments/{comment_id}", body={"body": body})

    def label_exists(self, name: str) -> bool:
        """Whether the repository has the label."""
        try:
            self._line.call("GET", f"/labels/{segment(name, 'label')}")
        except Gone:
            return False
        return True

    def create_label(self, name: str, color: str, description: str) -> None:
        """Create the label (color: six hex digits, no '#'); does nothing where it exists by now."""
        body = {"name": name, "color": color, "description": description[:LONGEST_DESCRIPTION]}
        answer = self._line.call("POST", "/labels", body=body, accept=(422,))
        if answer.status == 422 and not _already_exists(answer.data):
            raise self._line.failure(answer)

    def add_label(self, number: int, name: str) -> None:
        """Add one label to the issue; the others stay."""
        self._line.call("POST", f"/issues/{number}/labels", body={"labels": [name]})

    def remove_label(self, number: int, name: str) -> None:
        """Remove one label from the issue; does nothing where it is not there."""
        path = f"/issues/{number}/labels/{segment(name, 'label')}"
        try:
            self._line.call("DELETE", path)
        except Gone:
            return

    def close_issue(self, number: int, reason: str) -> None:
        """Close it for a reason in GitHub's words."""
        self._line.call("PATCH", f"/issues/{number}", body={"state": "closed", "state_reason": reason})

    def reopen_issue(self, number: int) -> None:
        """Open it again."""
        self._line.call("PATCH", f"/issues/{number}", body={"state": "open"})

    def create_reaction(self, comment_id: int, content: str) -> None:
        """React to a comment; GitHub answers the same reaction again with the first one."""
        self._line.call("POST", f"/issues/comments/{comment_id}/reactions", body={"content": content})


def _role(data: Any) -> str:
    """`role_name` tells maintain and triage apart; an organisation's own role counts as what it was made from: its base
    permission, or triage, which `permission` calls read."""
    role = data.get("role_name") if isinstance(data, dict) else None
    permission = mapping.string(data, "permission")
    found = role if role in _ROLES else permission
    if found == "read" and role not in _ROLES and _may_triage(data):
        found = "triage"
    if found not in _ROLES:
        raise mapping.Malformed("permission")
    return str(found)


def _may_triage(data: Any) -> bool:
    user = data.get("user")
    granted = user.get("permissions") if isinstance(user, dict) else None
    return isinstance(granted, dict) and granted.get("triage") is True


def _already_exists(data: Any) -> bool:
    errors = data.get("errors") if isinstance(data, dict) else None
    rows = errors if isinstance(errors, list) else []
    return any(isinstance(error, dict) and error.get("code") == "already_exists" for error in rows)
