"""What the double answers; a refusal is an answer that is raised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from webhooks.github_double.records import Repository

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
