"""Pages, their Link headers, and cursors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from webhooks.github_double.calls import Call

T = TypeVar("T")
MOST = 100
USUAL = 30


def _whole(text: str | None, usual: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and int(text) > 0 else usual


def per_page(call: Call) -> int:
    """Entries a page: 30, at most 100."""
    return min(_whole(call.query.get("per_page"), USUAL), MOST)


def page(call: Call, entries: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """The page that the query asks for, and the Link header that leads on."""
    size, number = per_page(call), _whole(call.query.get("page"), 1)
    last = max(1, -(-len(entries) // size))
    links = []
    if number > 1:
        links += [("prev", min(number - 1, last))]
    if number < last:
        links += [("next", number + 1), ("last", last)]
    if number > 1:
        links += [("first", 1)]
    start = (number - 1) * size
    return entries[start : start + size], link(call, [(rel, {"page": at}) for rel, at in links])


def link(call: Call, relations: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, str]:
    """The Link header for `(rel, changed query)` pairs; no header where there are none."""
    parts = [
        f'<{call.base}{call.path}?{urlencode({**call.query, **changed})}>; rel="{rel}"' for rel, changed in relations
    ]
    return {"link": ", ".join(parts)} if parts else {}
