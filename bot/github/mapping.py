"""From GitHub's JSON to our words; every text is bounded, cleaned and redacted here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.github.marker import marked
from bot.github.protocol import Comment, FailedDelivery, PastComment, Reaction, RepositoryInfo, TimelineEvent
from models.issue import Issue, IssueState
from models.redact import redact

LONGEST_TEXT = 256 * 1024  # characters; GitHub's own limit is 65,536
_SPEAKS_OF_IT = re.compile(r"\bdup", re.IGNORECASE)
_LONGEST_WORD = 4096  # characters; the word that the cut goes through is dropped, it may be half a secret

T = TypeVar("T")


class Malformed(ValueError):
    """The JSON lacks a field that GitHub documents, or has another type there."""


def clean(text: str | None) -> str:
    """A reporter's text as it is let in: no NUL, no lone surrogates, at most LONGEST_TEXT characters, redacted."""
    if not text:
        return ""
    if len(text) > LONGEST_TEXT:
        text = _cut(text)
    return redact(_encodable(text.replace("\0", "")))


def issue(data: Any, number: int | None = None) -> Issue:
    """An issue or pull request; `number` is the one that must come back. Raises Malformed."""
    found = _field(data, "number", int)
    if number is not None and found != number:
        raise Malformed("number")
    return Issue(
        number=found,
        title=clean(_field(data, "title", str)),
        body=clean(_optional(data, "body", str)),
        created_at=_moment(data, "created_at"),
        updated_at=_moment(data, "updated_at"),
        state=_state(data),
        state_reason=_optional(data, "state_reason", str),
        closed_at=_moment(data, "closed_at") if data.get("closed_at") is not None else None,
        locked=_optional(data, "locked", bool) or False,
        labels=tuple(clean(_label(label)) for label in _optional(data, "labels", list) or ()),
        author=_login(data),
        author_is_bot=_is_bot(data),
        is_pull_request=data.get("pull_request") is not None,
        reactions=_reactions(data),
        milestone=_milestone(data),
    )


def comment(data: Any, *, by_this_app: bool) -> Comment:
    """A comment on an issue. Raises Malformed."""
    return Comment(
        id=_field(data, "id", int),
        body=clean(_optional(data, "body", str)),
        author=_login(data),
        author_is_bot=_is_bot(data),
        by_this_app=by_this_app,
        created_at=_moment(data, "created_at"),
        updated_at=_moment(data, "updated_at"),
    )


def past_comment(data: Any, *, by_this_app: bool) -> PastComment | None:
    """A comment out of a whole repository's; None where it is on a pull request. Raises Malformed.

    Its text is let in only where it speaks of duplicates.
    """
    if "/pull/" in (_optional(data, "html_url", str) or ""):
        return None
    body = _optional(data, "body", str) or ""
    return PastComment(
        id=_field(data, "id", int),
        number=_tail(_field(data, "issue_url", str)),
        body=clean(body) if _SPEAKS_OF_IT.search(body) else "",
        author=_login(data),
        author_is_bot=_is_bot(data),
        association=_optional(data, "author_association", str) or "",
        created_at=_moment(data, "created_at"),
        is_ours=by_this_app and marked(body),
    )


def _source_issue(source: Any, repository: str) -> int | None:
    """The number of the issue that a cross-reference came from, where it is one of the same repository."""
    found = source.get("issue") if isinstance(source, dict) else None
    if not isinstance(found, dict) or found.get("pull_request") is not None:
        return None
    home = _optional(found, "repository_url", str) or ""
    return _field(found, "number", int) if home.lower().endswith(f"/repos/{repository.lower()}") else None


def _tail(url: str) -> int:
    number = url.rstrip("/").rpartition("/")[2]
    if not number.isdecimal():
        raise Malformed("issue_url")
    return int(number)


def reaction(data: Any) -> Reaction:
    """A reaction. Raises Malformed."""
    return Reaction(id=_field(data, "id", int), author=_login(data), author_is_bot=_is_bot(data))


def timeline_event(data: Any, repository: str, wrote: Callable[[Any], bool]) -> TimelineEvent | None:
    """A row of an issue's timeline in `owner/name`; None for kinds that name no actor or no time (a commit). `wrote`
    says of what has a user whether this App did it. Raises Malformed."""
    if not isinstance(data, dict) or data.get("created_at") is None:
        return None
    author = {"user": data.get("actor") or data.get("user")}
    if author["user"] is None:
        return None
    event = _field(data, "event", str)
    label = _optional(data, "label", dict) or {}
    value = data.get("state_reason") or label.get("name")
    return TimelineEvent(
        event,
        _login(author),
        _is_bot(author),
        _moment(data, "created_at"),
        id=_optional(data, "id", int),
        body=clean(_optional(data, "body", str)) if event == "commented" else "",
        association=_optional(data, "author_association", str) or "",
        other=_source_issue(data.get("source"), repository),
        value=value if isinstance(value, str) else "",
        by_this_app=wrote({**data, **author}),
    )


def repository(data: Any) -> RepositoryInfo:
    """A repository. Raises Malformed."""
    return RepositoryInfo(
        id=_field(data, "id", int),
        full_name=_field(data, "full_name", str),
        archived=_optional(data, "archived", bool) or False,
        private=_optional(data, "private", bool) or False,
        has_issues=_optional(data, "has_issues", bool) is not False,
    )


def delivery(data: Any) -> FailedDelivery:
    """One attempt to hand over a webhook delivery, failed or not. Raises Malformed."""
    return FailedDelivery(
        id=_field(data, "id", int),
        guid=_field(data, "guid", str),
        event=_field(data, "event", str),
        action=_optional(data, "action", str),
        status_code=_field(data, "status_code", int),
        delivered_at=_moment(data, "delivered_at"),
    )


def rows(data: Any, key: str | None = None) -> list[Any]:
    """The list that `data` is, or that it holds under `key`. Raises Malformed."""
    if key is not None:
        return _field(data, key, list)
    if not isinstance(data, list):
        raise Malformed("list")
    return data


def number(data: Any, key: str = "id") -> int:
    """The whole number under `key`. Raises Malformed."""
    return _field(data, key, int)


def string(data: Any, key: str) -> str:
    """The string under `key`. Raises Malformed."""
    return _field(data, key, str)


def table(data: Any, key: str) -> Mapping[str, Any]:
    """The object under `key`. Raises Malformed."""
    found: Mapping[str, Any] = _field(data, key, dict)
    return found


def moment(data: Any, key: str) -> datetime:
    """The point in time under `key`, in UTC. Raises Malformed."""
    return _moment(data, key)


def app_id(data: Any) -> int | None:
    """The id of the App that wrote a comment, where GitHub says it."""
    app = _optional(data, "performed_via_github_app", dict)
    return None if app is None else _optional(app, "id", int)


def login(data: Any) -> str:
    """The login of the author of an issue or a comment; '' where the account is gone."""
    return _login(data)


def _field(data: Any, key: str, kind: type[T]) -> T:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise Malformed(key)
    return value


def _optional(data: Any, key: str, kind: type[T]) -> T | None:
    return None if isinstance(data, dict) and data.get(key) is None else _field(data, key, kind)


def _moment(data: Any, key: str) -> datetime:
    try:
        found = datetime.fromisoformat(_field(data, key, str))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the first year's first morning is before time began in UTC
        raise Malformed(key) from None


def _state(data: Any) -> IssueState:
    state = _field(data, "state", str)
    if state == "open":
        return "open"
    if state == "closed":
        return "closed"
    raise Malformed("state")


def _label(data: Any) -> str:
    return data if isinstance(data, str) else _field(data, "name", str)  # GitHub's schema allows both forms


def _login(data: Any) -> str:
    user: Mapping[str, Any] | None = _optional(data, "user", dict)
    return "" if user is None else _field(user, "login", str)


def _is_bot(data: Any) -> bool:
    user: Mapping[str, Any] | None = _optional(data, "user", dict)
    return user is not None and (user.get("type") == "Bot" or _login(data).endswith("[bot]"))


def _reactions(data: Any) -> int:
    """How many there are; some answers of GitHub leave them out."""
    counts: Mapping[str, Any] | None = _optional(data, "reactions", dict)
    return 0 if counts is None else max(0, _optional(counts, "total_count", int) or 0)


def _milestone(data: Any) -> str | None:
    held: Mapping[str, Any] | None = _optional(data, "milestone", dict)
    return None if held is None else clean(_field(held, "title", str))


def _cut(text: str) -> str:
    text = text[:LONGEST_TEXT]
    head, space, _ = text[-_LONGEST_WORD:].rpartition(" ")
    return text[:-_LONGEST_WORD] + head if space else text


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
