"""One request and one answer in our words; a refusal is an answer that is raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from webhooks.github_double.records import Issue, Repository

if TYPE_CHECKING:
    from webhooks.github_double.auth import Actor
    from webhooks.github_double.world import World

Json = dict[str, Any]
DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event of which the App's webhook is told after the answer."""

    event: str
    action: str
    payload: Json
    repository: Repository | None = None
    installation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON (or text), extra headers, and what is announced; `redeliver` names a delivery to send again."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    announcements: tuple[Announcement, ...] = ()
    redeliver: int | None = None


class Refusal(Exception):
    """GitHub's answer to a request that it does not serve."""

    def __init__(
        self, status: int, message: str, *, errors: list[Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        body: Json = {"message": message}
        if errors is not None:
            body["errors"] = errors
        self.answer = Answer(
            status,
            body | {"documentation_url": DOCUMENTATION, "status": str(status)},
            dict(headers or {}),
        )


def not_found() -> Refusal:
    """404, GitHub's answer to what does not exist and to what may not be seen."""
    return Refusal(404, "Not Found")


def invalid(resource: str, field_name: str, code: str, **more: Any) -> Refusal:
    """422 in GitHub's form for one wrong field."""
    return Refusal(422, "Validation Failed", errors=[{"resource": resource, "field": field_name, "code": code, **more}])


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


def moved(location: str) -> Refusal:
    """301 with GitHub's body, which names the new place."""
    refusal = Refusal(301, "Moved Permanently", headers={"location": location})
    refusal.answer.body["url"] = location
    del refusal.answer.body["status"]
    return refusal


def parse_time(text: str) -> datetime:
    """An ISO 8601 time as UTC; a time without a zone is UTC; 422 for anything else."""
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refusal(422, f"Invalid time: {text[:40]!r}") from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


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
