"""Runs of scheduled tasks, and batches that can be taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.errors import NotFound
from bot.storage.door import Door, now
from bot.storage.records import TaskRun
from bot.storage.tables import batch_items, batches, repositories, task_runs

_COLUMNS = [task_runs.c[field.name] for field in fields(TaskRun)]


class Tasks(Door):
    """The part of `Storage` about tasks and batches."""

    def start_task(self, task: str, repository: str | None) -> int:
        """A run that has begun; returns its id."""
        with self._writing() as connection:
            named = select(repositories.c.id).where(repositories.c.name_key == (repository or "").lower())
            known = connection.execute(named.with_for_update(read=True, key_share=True)).scalar()
            name = repository if known is not None else None  # one that was forgotten leaves no name (INV 45)
            row = {"task": task, "repository": name, "repository_id": known, "started_at": now()}
            return int(connection.execute(insert(task_runs).values(row).returning(task_runs.c.id)).scalar_one())

    def finish_task(self, run_id: int, error: str | None = None) -> None:
        """The run has ended, well where `error` is None."""
        values = {"finished_at": now(), "error": error}
        with self._writing() as connection:
            connection.execute(update(task_runs).where(task_runs.c.id == run_id).values(values))

    def task_runs(self, task: str | None = None, limit: int = 100) -> Sequence[TaskRun]:
        """Newest first."""
        query = select(*_COLUMNS).order_by(task_runs.c.id.desc()).limit(limit)
        if task is not None:
            query = query.where(task_runs.c.task == task)
        with self._reading() as connection:
            return [TaskRun(*row) for row in connection.execute(query)]

    def first_run(self) -> datetime | None:
        """When the oldest run of any task began, of those that are kept."""
        with self._reading() as connection:
            return connection.execute(select(func.min(task_runs.c.started_at))).scalar()

    def last_success(self, task: str) -> datetime | None:
        """When a run of the task last ended well."""
        c = task_runs.c
        well = (c.task == task, c.error.is_(None), c.finished_at.is_not(None))
        query = select(c.finished_at).where(*well).order_by(c.id.desc()).limit(1)  # a clock may have been ahead once
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def open_batch(self, repository_id: int, scope: str, numbers: Sequence[int]) -> tuple[int, Sequence[int]]:
        """Find the unfinished batch of this scope (then `numbers` is not looked at), or start one with the numbers in
        their order; returns its id and what is still to do."""
        with self._writing() as connection:
            known = select(repositories.c.id).where(repositories.c.id == repository_id).with_for_update()
            if connection.execute(known).scalar() is None:
                raise NotFound(f"repository {repository_id} is not known here: it was never saved, or was forgotten")
            c = batches.c
            unfinished = (c.repository_id == repository_id, c.scope == scope, c.closed_at.is_(None))
            found = connection.execute(select(func.min(c.id)).where(*unfinished)).scalar()
            batch_id = _start(connection, repository_id, scope, numbers) if found is None else found
            return batch_id, _still_to_do(connection, batch_id)

    def batch_done(self, batch_id: int, number: int) -> None:
        """One of its numbers is done."""
        own = (batch_items.c.batch_id == batch_id) & (batch_items.c.number == number)
        with self._writing() as connection:
            connection.execute(update(batch_items).where(own).values(done=True))

    def close_batch(self, batch_id: int) -> None:
        """The batch is finished; its numbers are no longer needed."""
        with self._writing() as connection:
            connection.execute(delete(batch_items).where(batch_items.c.batch_id == batch_id))
            connection.execute(update(batches).where(batches.c.id == batch_id).values(closed_at=now()))


def _start(connection: Connection, repository_id: int, scope: str, numbers: Sequence[int]) -> int:
    row = {"repository_id": repository_id, "scope": scope, "opened_at": now()}
    batch_id = int(connection.execute(insert(batches).values(row).returning(batches.c.id)).scalar_one())
    owner = {"batch_id": batch_id, "repository_id": repository_id, "done": False}
    rows = [owner | {"number": n, "position": position} for position, n in enumerate(dict.fromkeys(numbers))]
    if rows:
        connection.execute(insert(batch_items), rows)
    return batch_id


def _still_to_do(connection: Connection, batch_id: int) -> Sequence[int]:
    c = batch_items.c
    query = select(c.number).where(c.batch_id == batch_id, c.done.is_(False)).order_by(c.position)
    return list(connection.execute(query).scalars())
