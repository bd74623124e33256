"""The rows about the dashboard that cross the storage's door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """Somebody who is signed in. `id`: a hash of the cookie's secret. `kind`: github | local. `sealed`: the token that
    GitHub gave, encrypted under a key that only the cookie gives. `roles`: GitHub's id of a repository → the role."""

    id: str
    login: str
    kind: str
    created_at: datetime
    expires_at: datetime
    sealed: str | None = field(default=None, repr=False)
    granted_at: datetime | None = None
    roles: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActRecord:
    """Something that a person did in the dashboard. `state`: asked | done | refused | failed; `outcome` is a sentence.

    `details` are the act's values, JSON-able. `undoes` and `undone_by` are ids of other acts.
    """

    id: int | None  # given by the database
    repository_id: int
    at: datetime
    actor: str
    kind: str
    cluster_id: str | None = None
    number: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    state: str = "asked"
    outcome: str | None = None
    finished_at: datetime | None = None
    undoes: int | None = None
    undone_by: int | None = None
