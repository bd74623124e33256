"""The rows that cross the storage's door, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.embedder import Vectors
from models.issue import Issue
from models.text import Text


@dataclass(frozen=True, slots=True)
class RepositoryRecord:
    """A repository that the bot knows. `state`: active | paused | suspended | archived | removed."""

    id: int  # GitHub's own id, so that a rename or transfer keeps everything
    full_name: str
    installation_id: int | None = None
    state: str = "active"
    state_reason: str | None = None
    imported_at: datetime | None = None  # the last time the history was read to its end
    synced_at: datetime | None = None  # newest `updated_at` that is known to be complete
    open_issues_seen: int | None = None  # what GitHub said at import; for "indexed / total"


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """The configuration file as last read: `valid_text` stays in force while `error` is set."""

    etag: str | None = None
    checked_at: datetime | None = None
    valid_text: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue (redacted) with its normalised text (kept, so that a start need not normalise the whole history again),
    the hash of that text, the recipe that made it, and its facts."""

    issue: Issue
    text: Text
    text_hash: str
    recipe: str = ""
    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """The vectors of one issue (shape (2, dimension): title, salient text), and what made them."""

    number: int
    model_id: str
    text_hash: str
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One request of GitHub, without a word that a person wrote.

    `state`: queued | running | done | failed. `outcome`: one enumerated word or sentence. `workflow`: a key of
    `bot.workflows.WORKFLOWS`. `details`: names and ids only (new repository of a transfer, repositories of an
    installation), JSON-able.
    """

    id: str
    event: str
    action: str | None
    workflow: str
    received_at: datetime
    repository: str | None = None
    repository_id: int | None = None
    issue: int | None = None
    installation_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    state: str = "queued"
    outcome: str | None = None
    error: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it was taken. `conclusion` is the hash by which a rerun knows that nothing changed;
    `body` is models.decision.Decision as JSON-able data, without the effects."""

    id: int | None  # given by the database
    repository_id: int
    number: int
    decided_at: datetime
    trigger: str  # delivery | rerun | command
    delivery_id: str | None
    verdict: str
    conclusion: str
    body: Mapping[str, Any]
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """Something to do, or done, on GitHub. `state`: planned | done | failed | shadow | skipped."""

    id: int | None  # given by the database
    decision_id: int
    repository_id: int
    number: int
    kind: str
    value: str
    state: str
    planned_at: datetime
    finished_at: datetime | None = None
    reason: str | None = None
    github_id: int | None = None


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What a person said. `kind`: separated | duplicate | objection | label-removed | reopened."""

    repository_id: int
    number: int
    kind: str
    said_at: datetime
    actor: str
    source: str  # comment | reaction | event | command | dashboard
    other: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of a scheduled task, for "age of the last success"."""

    task: str
    repository: str | None
    started_at: datetime
    finished_at: datetime | None
    error: str | None = None
