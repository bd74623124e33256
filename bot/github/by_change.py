"""A long list in the order of its rows' last changes: what is deleted or changed while it is read hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.github import mapping
from bot.github.line import PAGE, Line, following, read
from bot.github.protocol import Page
from bot.github.wire import Answer, Request

OVERLAP = timedelta(seconds=1)  # read again with each page: `since` may leave out what changed in its very second

T = TypeVar("T")
Row = tuple[T, datetime]


def by_change(
    line: Line, path: str, cursor: str | None, one: Callable[[Any], T], query: Mapping[str, str] | None = None
) -> Iterator[Page[T]]:
    """The pages from `cursor` (`beginning`, or an earlier page's `following`) on; some rows come twice (INV 34).

    Pages that are counted shift with each row that is deleted, so each begins at the last change that was seen. Only
    what changed in one and the same second is counted in pages; there the page before is looked at again after each.
    """
    since, number = _place(cursor)
    first = Request("GET", line.root + path, dict(query or {}))
    tag: str | None = None
    while True:
        request = _page(first, since, number)
        answer = line.send(request)
        rows = _rows(answer, one)
        slipped = _slipped(line, replace(_page(first, since, number - 1), etag=tag), one) if number > 1 else []
        tag = answer.headers.get("etag")
        is_last = not rows or following(answer, request) is None
        if not is_last:
            behind = rows[-1][1] - OVERLAP
            since, number, tag = (behind, 1, None) if since is None or behind > since else (since, number + 1, tag)
        yield Page([row for row, _ in (*slipped, *rows)], None if is_last else _cursor(since, number))
        if is_last:
            return


def _slipped(line: Line, before: Request, one: Callable[[Any], T]) -> list[Row[T]]:
    """What the page before has by now, where it is another than it was."""
    answer = line.send(before, accept=(304,))
    return [] if answer.status == 304 else _rows(answer, one)


def _rows(answer: Answer, one: Callable[[Any], T]) -> list[Row[T]]:
    return read(answer, lambda data: [(one(row), mapping.moment(row, "updated_at")) for row in mapping.rows(data)])


def _page(first: Request, since: datetime | None, number: int) -> Request:
    order: dict[str, str | int] = {"sort": "updated", "direction": "asc", "per_page": PAGE, "page": number}
    if since is not None:
        order["since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(first, parameters={**(first.parameters or {}), **order})


def beginning(since: datetime) -> str:
    """The cursor from which on only what changed since then is read."""
    return _cursor(since, 1)


def _cursor(since: datetime | None, number: int) -> str:
    return f"{number} {since.isoformat() if since is not None else ''}"


def _place(cursor: str | None) -> tuple[datetime | None, int]:
    """The beginning where an older version kept the address of a page."""
    number, _, since = (cursor or "").partition(" ")
    if not number.isdecimal():
        return None, 1
    return (datetime.fromisoformat(since) if since else None), int(number)
