"""Small rows with everything filled in, for tests that care about one field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from bot.storage.records import (
    DecisionRecord,
    DeliveryRecord,
    EffectRecord,
    FeedbackRecord,
    StoredIssue,
    StoredVectors,
)
from models.issue import Issue
from models.text import Text

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
REPOSITORY = 4711


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def stored_issue(number: int, **changes: Any) -> StoredIssue:
    values = {"title": f"Title {number}", "body": f"Body {number}", "created_at": NOON, "updated_at": at(number)}
    issue = Issue(number, **values | changes)
    return StoredIssue(issue, Text(issue.title, issue.body), f"hash-{issue.body}", "1", {"code": frozenset({"400"})})


def stored_vectors(number: int, model: str = "m", text_hash: str | None = None, dimension: int = 4) -> StoredVectors:
    values = np.random.default_rng(number).standard_normal((2, dimension)).astype(np.float32)
    return StoredVectors(number, model, text_hash or f"hash-Body {number}", values)


def decision(number: int, canonical: int | None = None, **changes: Any) -> DecisionRecord:
    values: dict[str, Any] = {
        "id": None,
        "repository_id": REPOSITORY,
        "number": number,
        "decided_at": NOON,
        "trigger": "delivery",
        "delivery_id": None,
        "verdict": "new" if canonical is None else "duplicate",
        "conclusion": "c",
        "body": {"canonical": canonical, "links": [{"number": 1}, {"number": 2}]},
    }
    return DecisionRecord(**values | changes)


def effect(number: int, **changes: Any) -> EffectRecord:
    values: dict[str, Any] = {
        "id": None,
        "decision_id": 0,
        "repository_id": REPOSITORY,
        "number": number,
        "kind": "comment",
        "value": "See #1",
        "state": "planned",
        "planned_at": NOON,
    }
    return EffectRecord(**values | changes)


def word(number: int, kind: str, other: int | None = None, **changes: Any) -> FeedbackRecord:
    values: dict[str, Any] = {"said_at": NOON, "actor": "ada", "source": "comment", "other": other}
    return FeedbackRecord(REPOSITORY, number, kind, **values | changes)


def delivery(delivery_id: str, **changes: Any) -> DeliveryRecord:
    values: dict[str, Any] = {
        "event": "issues",
        "action": "opened",
        "workflow": "triage_issue",
        "received_at": NOON,
        "repository": "acme/shop",
        "repository_id": REPOSITORY,
        "issue": 5,
    }
    return DeliveryRecord(delivery_id, **values | changes)
