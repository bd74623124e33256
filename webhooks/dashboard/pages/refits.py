"""Every attempt to make the clusters anew: what came of it, how much moved, how long it took; and the way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.records import RefitRecord
from models.share import percent
from webhooks.dashboard.page import Asked, Page, Table

SHOWN = 100
KINDS = ("born", "grown", "merged", "split", "shrunk", "retired")
FIELDS = ("id", "started_at", "origin", "outcome", "reason", "generation", "churn", "clusters", "seconds")
PLOTTED = 60


@dataclass(frozen=True, slots=True)
class Refit:
    """One attempt. `changes`: kind → how many clusters. `can_go_back`: its generation is kept and not in force."""

    id: int
    origin: str
    started_at: datetime
    seconds: float | None
    megabytes: int | None
    outcome: str | None
    reason: str | None
    generation: int | None
    in_force: bool
    can_go_back: bool
    churn: float | None
    clusters: int | None
    issues: int | None
    changes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Refits:
    """The page; `in_force` is the number of the generation in force."""

    rows: Sequence[Refit]
    in_force: int | None

    def churn(self) -> Sequence[tuple[str, float, str]]:
        """The share of settled issues that moved, by attempt, the oldest first."""
        made = [one for one in self.rows[:PLOTTED] if one.churn is not None]
        return [
            (day, 100 * churn, f"{day}: {percent(churn)} moved")
            for day, churn in ((f"{one.started_at:%Y-%m-%d}", one.churn or 0) for one in reversed(made))
        ]


def read(asked: Asked) -> Refits:
    """The model of the page."""
    storage, repository = asked.storage, asked.repository
    kept = {one.number: one for one in storage.generations(repository.id)}
    in_force = max(kept, default=None)
    rows = [row_of(one, set(kept), in_force) for one in storage.refits(repository.id, limit=SHOWN)]
    return Refits(rows, in_force)


def row_of(record: RefitRecord, kept: set[int], in_force: int | None) -> Refit:
    """An attempt as the list shows it."""
    figures = record.figures
    lasted = None if record.finished_at is None else (record.finished_at - record.started_at).total_seconds()
    return Refit(
        id=record.id,
        origin=record.origin,
        started_at=record.started_at,
        seconds=figures.get("seconds", lasted),
        megabytes=figures.get("megabytes"),
        outcome=record.outcome,
        reason=record.reason,
        generation=record.generation,
        in_force=record.generation is not None and record.generation == in_force,
        can_go_back=record.generation in kept and record.generation != in_force,
        churn=record.churn,
        clusters=figures.get("clusters"),
        issues=figures.get("issues"),
        changes=dict(Counter(str(one["kind"]) for one in record.changes)),
    )


def _table(model: Refits) -> Table:
    rows = [
        (*(getattr(one, name) for name in FIELDS), *(one.changes.get(kind, 0) for kind in KINDS)) for one in model.rows
    ]
    return Table((*FIELDS, *KINDS), rows)


PAGE = Page("/refits", "Refits", "refits.html", read, table=_table)
