"""What is old enough to go: deliveries and task runs by their age, decisions with the issue that they were about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from bot.storage.door import Door
from bot.storage.map_tables import namings
from bot.storage.page_tables import last_decisions
from bot.storage.tables import decisions, deliveries, effects, issues, task_runs


class Retention(Door):
    """The part of `Storage` about what is old."""

    def prune(self, before: datetime) -> Mapping[str, int]:
        """Delete what ended before then, and decisions older than that about issues that are no longer held."""
        ended = deliveries.c.state.in_(("done", "failed")) & (deliveries.c.received_at < before)
        conditions = {
            deliveries: ended & (deliveries.c.finished_at < before),
            task_runs: task_runs.c.started_at < before,
            namings: _orphaned(namings.c, namings.c.decided_at < before),
            last_decisions: _orphaned(last_decisions.c, last_decisions.c.decided_at < before),
            effects: _orphaned(effects.c, effects.c.planned_at < before),
            decisions: _orphaned(decisions.c, decisions.c.decided_at < before)
            & decisions.c.id.not_in(select(effects.c.decision_id)),
        }
        with self._writing() as connection:
            return {
                table.name: connection.execute(delete(table).where(old)).rowcount for table, old in conditions.items()
            }


def _orphaned(columns: Any, old: ColumnElement[bool]) -> ColumnElement[bool]:
    same = (issues.c.repository_id == columns.repository_id) & (issues.c.number == columns.number)
    return old & ~select(issues.c.number).where(same).exists()
