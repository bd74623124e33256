"""An inbox and a runtime in memory, with the promises of the real ones: new is told once, a failure keeps nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from bot.storage.protocol import Storage
from bot.storage.records import (
    WAITS_FOR_BUDGET,
    DeliveryRecord,
    FeedbackRecord,
    RateRecord,
    RefitStanding,
    TaskRun,
)


class FakeInbox:
    """Keeps records by id. Set `failure` to make the next accepts raise."""

    def __init__(self) -> None:
        self.kept: dict[str, DeliveryRecord] = {}
        self.failure: Exception | None = None

    async def accept(self, record: DeliveryRecord) -> bool:
        await asyncio.sleep(0)  # the real one waits for the commit, and others run meanwhile
        if self.failure is not None:
            raise self.failure
        if record.id in self.kept:
            return False
        self.kept[record.id] = record
        return True


class FakeStorage:
    """The counts that metrics and readiness read; set `failure` to make every method raise."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.schema: tuple[str | None, str] = ("0001", "0001")
        self.counts: dict[str, dict[str, int]] = {"deliveries": {}, "effects": {}, "decisions": {}, "missed": {}}
        self.waves = {"on": 0, "alarmed": 0, "failed": 0}
        self.runs: list[TaskRun] = []
        self.paused: dict[int, FeedbackRecord] = {}
        self.standing: list[RefitStanding] = []

    def schema_state(self) -> tuple[str | None, str]:
        self._check()
        return self.schema

    def delivery_counts(self) -> dict[str, int]:
        self._check()
        return self.counts["deliveries"]

    def pauses(self) -> Mapping[int, FeedbackRecord]:
        self._check()
        return self.paused

    def comments_since(self, since: datetime) -> Mapping[int, int]:
        self._check()
        return {11: 2} if self.counts else {}

    def waiting_counts(self, outcome: str) -> Mapping[int, int]:
        self._check()
        return ({11: 3} if outcome == WAITS_FOR_BUDGET else {12: 4}) if self.counts else {}

    def refused_changes(self, reason: str) -> Mapping[int, int]:
        self._check()
        return {11: 1} if self.counts else {}

    def rate_limits(self) -> Sequence[RateRecord]:
        self._check()
        moment = datetime(2026, 3, 4, tzinfo=UTC)
        return [RateRecord(7, 5000, 4321, moment, moment)] if self.counts else []

    def effect_counts(self) -> dict[str, int]:
        self._check()
        return self.counts["effects"]

    def decision_counts(self) -> dict[str, int]:
        self._check()
        return self.counts["decisions"]

    def wave_counts(self) -> dict[str, int]:
        self._check()
        return self.waves

    def veto_counts(self) -> dict[str, int]:
        return {}

    def missed_counts(self) -> dict[str, int]:
        self._check()
        return self.counts.get("missed", {})

    def refit_standing(self, *, every: bool = False) -> Sequence[RefitStanding]:
        self._check()
        return self.standing

    def task_runs(self, task: str | None = None, limit: int = 100) -> Sequence[TaskRun]:
        self._check()
        return [run for run in self.runs if task in (None, run.task)][:limit]

    def last_success(self, task: str) -> datetime | None:
        self._check()
        finished = [run.finished_at for run in self.runs if run.task == task and run.error is None]
        return max((moment for moment in finished if moment is not None), default=None)

    def _check(self) -> None:
        if self.failure is not None:
            raise self.failure


class FakeRuntime:
    """A runtime over the two fakes; `checks` is what readiness answers."""

    def __init__(self, scheduled_tasks: Sequence[str] = ()) -> None:
        self.inbox = FakeInbox()
        self.fake_storage = FakeStorage()
        self.scheduled_tasks = scheduled_tasks
        self.checks: dict[str, str | None] = {"model": None, "engine": None}
        self.running = False

    @property
    def storage(self) -> Storage:
        return cast(Storage, self.fake_storage)

    def readiness(self) -> Mapping[str, str | None]:
        return self.checks

    def start(self) -> None:
        self.running = True

    def stop(self) -> None:
        self.running = False
