"""How the server is: its checks, queues, tasks, budgets and repositories, and what was set aside."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version

from bot.storage.look_records import Unfinished
from bot.storage.records import RateRecord
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.pages.activity import Failure, failure_of
from webhooks.dashboard.standing import Standing, standing_of
from webhooks.dashboard.tasks import Task, tasks_of
from webhooks.health import readiness

FAILURES = 50
REPOSITORIES = 200
PACKAGES = ("triage-app", "dbos", "sqlalchemy", "fastapi", "PyGithub")


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must be well; `problem` is the sentence that says why it is not."""

    name: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A repository in one line. `hour`, `day`: comments that were written in them."""

    name: str
    standing: Standing
    refitted_at: datetime | None
    refit_outcome: str | None
    hour: int
    day: int


@dataclass(frozen=True, slots=True)
class Aside(Failure):
    """A delivery that was set aside, with its repository."""

    repository: str | None


@dataclass(frozen=True, slots=True)
class Operator:
    """The page. `deliveries`: state → count; `effects`: state → count."""

    checks: Sequence[Check]
    deliveries: Mapping[str, int]
    effects: Mapping[str, int]
    unfinished: Sequence[Unfinished]
    tasks: Sequence[Task]
    repositories: Sequence[Tenant]
    left_off: int
    rates: Sequence[RateRecord]
    aside: Sequence[Aside]
    versions: Mapping[str, str]
    database_bytes: int

    @property
    def waiting(self) -> int:
        """Deliveries that are not finished."""
        return sum(self.deliveries.get(state, 0) for state in ("queued", "running"))


def read(asked: Asked) -> Operator:
    """The model of the page."""
    storage = asked.storage
    every = storage.repositories()
    failed = storage.deliveries(state="failed", limit=FAILURES)
    return Operator(
        checks=[Check(name, problem) for name, problem in readiness(asked.runtime).items()],
        deliveries=storage.delivery_counts(),
        effects=storage.effect_counts(),
        unfinished=storage.unfinished(),
        tasks=tasks_of(asked),
        repositories=_tenants(asked),
        left_off=max(0, len(every) - REPOSITORIES),
        rates=storage.rate_limits(),
        aside=[_aside(failure_of(one), one.repository) for one in failed],
        versions=_versions(asked),
        database_bytes=storage.database_size(),
    )


def _tenants(asked: Asked) -> list[Tenant]:
    storage, found = asked.storage, []
    pauses, refits = storage.pauses(), {one.repository_id: one for one in storage.refit_standing(every=True)}
    hour, day = (storage.comments_since(asked.now - timedelta(hours=hours)) for hours in (1, 24))
    for one in storage.repositories()[:REPOSITORIES]:
        standing = standing_of(one, storage.config(one.id), is_paused=one.id in pauses)
        last = refits.get(one.id)
        at, outcome = (last.last_success, last.last_outcome) if last is not None else (None, None)
        found.append(Tenant(one.full_name, standing, at, outcome, hour.get(one.id, 0), day.get(one.id, 0)))
    return found


def _aside(one: Failure, repository: str | None) -> Aside:
    return Aside(one.id, one.event, one.action, one.issue, one.received_at, one.reason, repository)


def _versions(asked: Asked) -> Mapping[str, str]:
    found, needed = asked.storage.schema_state()
    schema = str(found) if found == needed else f"{found}, this code needs {needed}"
    own = {name: _version(name) for name in PACKAGES}
    return {**own, "Python": platform.python_version(), "schema": schema, "model": asked.settings.model}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _table(model: Operator) -> Table:
    columns = ("repository", "standing", "clusters published", "last refit", "comments, hour", "comments, day")
    rows = [
        (one.name, one.standing.word, one.refitted_at, one.refit_outcome, one.hour, one.day)
        for one in model.repositories
    ]
    return Table(columns, rows)


PAGE = Page("/operator", "Operator", "operator.html", read, about="operation", table=_table)
