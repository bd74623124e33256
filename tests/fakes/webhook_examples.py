"""The real webhook payloads that GitHub's users contributed (npm @octokit/webhooks-examples)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.fakes.npm_packages import package


@dataclass(frozen=True, slots=True)
class Example:
    """One payload; `action` is None for events that have none. The payload is shared: do not change it."""

    event: str
    action: str | None
    payload: Mapping[str, Any]


@cache
def _all() -> tuple[Example, ...]:
    path = package("@octokit/webhooks-examples") / "api.github.com" / "index.json"
    definitions = json.loads(path.read_text(encoding="utf-8"))
    return tuple(
        Example(definition["name"], payload.get("action"), payload)
        for definition in definitions
        for payload in definition["examples"]
    )


def examples(
    event: str | None = None, action: str | None = None
) -> Iterator[tuple[str, str | None, Mapping[str, Any]]]:
    """`(event, action, payload)` of every example of all 58 events, or of one event, or of one action of it."""
    for example in _all():
        if event in (None, example.event) and action in (None, example.action):
            yield example.event, example.action, example.payload
