"""The server's scheduled tasks: when each last ended well, and which are overdue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webhooks.dashboard.page import Asked

NOT_LOOKED_FOR = timedelta(hours=26)  # a nightly task may be this old
STALE_AFTER: Mapping[str, timedelta] = {
    "keep_comments": timedelta(hours=3),
    "poll_reactions": timedelta(hours=1),
    "recover_deliveries": timedelta(hours=3),
    "refit_clusters": timedelta(hours=1),
}
TITLES: Mapping[str, str] = {
    "close_duplicates": "Closes what was earned",
    "keep_comments": "Keeps comments true",
    "poll_reactions": "Asks for thumbs-down",
    "recover_deliveries": "Fetches what was missed",
    "refit_clusters": "Looks whose refit is due",
    "tidy_up": "Tidies the database",
}
RUNS_READ = 10  # to find the last one that ended


@dataclass(frozen=True, slots=True)
class Task:
    """A scheduled task. `is_stale` is an alarm; `error`: of its last finished run."""

    name: str
    title: str
    last_success: datetime | None
    is_stale: bool
    error: str | None


def tasks_of(asked: Asked) -> Sequence[Task]:
    """Every task that is scheduled, also one that never ran."""
    began = began_at(asked)
    return [_task(asked, name, began) for name in asked.runtime.scheduled_tasks]


def began_at(asked: Asked) -> datetime | None:
    """The oldest trace of the server's work: what never succeeded is as old as that; None where there is no trace."""
    storage = asked.storage
    traces = [at for at in (storage.first_run(), storage.first_heard()) if at is not None]
    traces = traces or [one.imported_at for one in storage.repositories() if one.imported_at is not None]
    return min(traces, default=None)


def is_overdue(asked: Asked, last: datetime | None, limit: timedelta, began: datetime | None) -> bool:
    """Whether the last success is too long ago; nothing is overdue that had no time yet."""
    since = last or began
    return since is not None and asked.now - since > limit


def _task(asked: Asked, name: str, began: datetime | None) -> Task:
    last = asked.storage.last_success(name)
    runs = asked.storage.task_runs(name, limit=RUNS_READ)
    ended = next((run for run in runs if run.finished_at is not None), None)
    stale = is_overdue(asked, last, STALE_AFTER.get(name, NOT_LOOKED_FOR), began)
    return Task(name, TITLES.get(name, name), last, stale, None if ended is None else ended.error)
