"""What the pages about the map, quality and activity are made from, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.records import FeedbackRecord


@dataclass(frozen=True, slots=True)
class MapRecord:
    """A repository's map: `header` and `points` are those of `models.issue_map.IssueMap`; `generation` is the one whose
    clusters colour it; `seconds` is how long drawing took."""

    repository_id: int
    drawn_at: datetime
    generation: int | None
    model_id: str
    seconds: int
    header: Mapping[str, Any]
    points: bytes


@dataclass(frozen=True, slots=True)
class BacktestRecord:
    """What replaying a repository's history found: `issues` were judged, `found` are the figures
    (`bot.activities.backtest`), JSON-able and without a word of anybody's."""

    repository_id: int
    made_at: datetime
    issues: int
    found: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Naming:
    """A decision that named another issue: the canonical one, or the first that it linked."""

    number: int
    decided_at: datetime
    verdict: str
    named: int
    probability: float


@dataclass(frozen=True, slots=True)
class Spoken:
    """What people said that judges decisions. `words`: separated, duplicate, objection; `closed`: issue → when it was
    closed as a duplicate; `namings`: of these issues, in the order of decision; `duplicates`: issue → canonical."""

    words: Sequence[FeedbackRecord]
    closed: Mapping[int, datetime]
    namings: Sequence[Naming]
    duplicates: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How many deliveries of a workflow are in a state other than done, and since when the oldest is."""

    workflow: str
    state: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class EffectQuery:
    """Which effects: of one kind, state, issue, planned in [since, until), and older than the one of id `before`."""

    kind: str | None = None
    state: str | None = None
    number: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    offset: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """Which of people's acts and words: by whom, about which issue, in [since, until), and not after `latest`."""

    actor: str | None = None
    number: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    offset: int = 0
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class PeopleRow:
    """Something that a person did or said. `source`: dashboard | command line | comment | reaction | event; `act` is
    the id of an act of the dashboard, `edit` that of one of the command line."""

    at: datetime
    actor: str
    source: str
    kind: str
    number: int | None
    cluster: str | None
    other: int | None
    value: str | None
    outcome: str | None = None
    act: int | None = None
    edit: int | None = None
