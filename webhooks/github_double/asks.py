"""The bodies of the `/_double` calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from webhooks.github_double.faults import Kind


def _name(value: Any) -> Any:
    """`{"login": …}` and `{"name": …}` are as good as the bare name."""
    return value.get("login") or value.get("name") if isinstance(value, dict) else value


def _utc(value: datetime) -> datetime:
    return (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)).replace(microsecond=0)


Name = Annotated[str, BeforeValidator(_name)]
Time = Annotated[datetime, AfterValidator(_utc)]
FullName = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")]


class Ask(BaseModel):
    """A body whose unknown keys are ignored."""

    model_config = ConfigDict(extra="ignore")


class CommentSeed(Ask):
    """A comment that was there before."""

    body: str
    user: Name = "ghost"
    created_at: Time | None = None


class NewComment(CommentSeed):
    """A comment that a person writes now; `deliver` as in `NewIssue`."""

    deliver: bool = True


class IssueSeed(Ask):
    """An issue as if a person had opened it; everything but the title has a usual value."""

    number: int | None = Field(default=None, gt=0)
    title: str
    body: str | None = None
    user: Name = "ghost"
    created_at: Time | None = None
    updated_at: Time | None = None
    closed_at: Time | None = None
    state: Literal["open", "closed"] = "open"
    state_reason: str | None = None
    locked: bool = False
    labels: list[Name] = []
    is_pull_request: bool = False
    milestone: str | None = None
    comments: list[CommentSeed] = []


class NewIssue(IssueSeed):
    """An issue that a person opens now; `deliver` false builds its delivery without sending it."""

    deliver: bool = True


class RepositorySeed(Ask):
    """A repository with the App installed on it; `install` false leaves the App out."""

    full_name: FullName
    installation_id: int | None = None
    install: bool = True
    config: str | None = None
    files: dict[str, str] = {}
    private: bool = False
    archived: bool = False
    has_issues: bool = True
    description: str | None = None
    collaborators: dict[str, Literal["read", "triage", "write", "maintain", "admin"]] = {}
    labels: list[Name] = []
    issues: list[IssueSeed] = []


class RepositoryChange(Ask):
    """What changes about a repository; a new `full_name` renames or transfers it. `config` "" deletes the file."""

    full_name: FullName | None = None
    archived: bool | None = None
    private: bool | None = None
    has_issues: bool | None = None
    config: str | None = None
    collaborators: dict[str, Literal["none", "read", "triage", "write", "maintain", "admin"]] | None = None
    deliver: bool = True


class InstallationChange(Ask):
    """What changes about an installation."""

    suspended: bool | None = None
    permissions: dict[str, str] | None = None
    add: list[FullName] = []
    remove: list[FullName] = []
    deliver: bool = True


class TransferAsk(Ask):
    """Where an issue goes."""

    to: FullName
    deliver: bool = True


class TokenAsk(Ask):
    """A person's token."""

    login: str


class WebhookAsk(Ask):
    """What a payload is about: existing things, by name or number."""

    repository: FullName | None = None
    issue: int | None = None
    comment: int | None = None
    label: str | None = None
    assignee: str | None = None
    installation_id: int | None = None
    repositories: list[FullName] = []
    changes: dict[str, Any] = {}
    sender: str = "octocat"
    deliver: bool = False


class FaultAsk(Ask):
    """A planned fault; `path` is a regular expression that is searched for in the path."""

    path: str = ""
    method: str | None = None
    kind: Kind = "status"
    status: int = Field(default=500, ge=200, le=599)
    times: int | None = Field(default=1, gt=0)
    delay_ms: float = Field(default=0.0, ge=0)
    retry_after: int = 60
    after: bool = False
    message: str | None = None
