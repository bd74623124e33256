"""One request in our words, and the endpoint that takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from webhooks.github_double.answers import Answer, Json, Refusal, moved, not_found, parse_time
from webhooks.github_double.records import Actor, Issue, Repository
from webhooks.github_double.world import World


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed authentication; `repo` is set on every path below a repository."""

    world: World
    actor: Actor
    method: str
    path: str
    base: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    repository: Repository | None = None

    @property
    def repo(self) -> Repository:
        """The repository of the path."""
        if self.repository is None:
            raise not_found()
        return self.repository

    def fields(self) -> Json:
        """The body as a JSON object; 400 where it is something else."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "Body should be a JSON object")
        return self.body

    def number(self, name: str) -> int:
        """A numeric part of the path."""
        text = self.params[name]
        if not text.isascii() or not text.isdigit():
            raise not_found()
        return int(text)

    def issue(self) -> Issue:
        """The issue of the path; 301 where it was transferred, 410 where it was deleted or issues are off."""
        number = self.number("number")
        found = self.repo.issues.get(number)
        if found is None and number in self.repo.gone:
            raise self._gone(number)
        if not self.repo.has_issues:
            raise Refusal(410, "Issues has been disabled in this repository.")
        if found is None:
            raise not_found()
        return found

    def _gone(self, number: int) -> Refusal:
        target = self.repo.gone[number]
        if target is None:
            return Refusal(410, "This issue was deleted")
        return moved(f"{self.base}/repositories/{target[0]}/issues/{target[1]}")

    def when(self, name: str) -> datetime | None:
        """A time of the query; 422 where it is not ISO 8601."""
        text = self.query.get(name)
        return None if not text else parse_time(text)


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: who may ask (`actor`), the App permission that it needs, and the least role of a person."""

    method: str
    path: str
    handle: Handler
    actor: Literal["app", "installation", "any"] = "any"
    needs: tuple[str, str] = ("metadata", "read")
    role: Literal["read", "triage", "write"] = "read"
    resource: Literal["core", "search", "free"] = "core"
