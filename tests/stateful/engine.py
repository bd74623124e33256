"""The durable engine in memory: a queue by repository, a journal of steps, one clock; a process that can die.

It keeps DBOS's promises as far as the bot relies on them: a workflow's id makes it one, workflows run one at a time in
their order, a step whose value is in the journal is not taken again, and what a dead process left is taken up first by
the next one. Nothing sleeps: a wait moves the clock.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dbos import DBOS

from bot import closing
from bot.inbox import PAUSES, to_input
from bot.storage import decisions, deliveries, tasks
from bot.storage.records import DeliveryRecord
from bot.workflows import steps
from bot.workflows.every import WORKFLOWS

LEAST_JUDGED, PRECISION = 1, 0.04  # in a history one word earns what takes a hundred elsewhere; one objection loses it
BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Killed(BaseException):
    """kill -9: no `except Exception` of the bot takes it for a failure."""


class Clock:
    """The one time of a history: GitHub's, the bot's and the database's. Every look is a millisecond later."""

    def __init__(self) -> None:
        self.at = BEGIN

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Death:
    """Ends the process at the n-th crossing of a door from now on: before a call, behind it, or behind a step."""

    in_crossings: int | None = None
    deaths: int = 0

    def crossing(self) -> None:
        if self.in_crossings is None:
            return
        self.in_crossings -= 1
        if self.in_crossings < 0:
            self.in_crossings = None
            self.deaths += 1
            raise Killed


@dataclass(order=True)
class Job:
    """One workflow that waits for its turn, or that a dead process left."""

    at: datetime
    place: int
    identity: str = field(compare=False)
    workflow: str = field(compare=False)
    arguments: tuple[Any, ...] = field(compare=False)


class MemoryEngine:
    """The queue and the journal; they outlive the process, as the database does."""

    def __init__(self, clock: Clock, death: Death) -> None:
        self.clock = clock
        self.death = death
        self.queue: list[Job] = []
        self.left: list[Job] = []  # by a process that died, in their order
        self.known: set[str] = set()
        self.current: Job | None = None
        self._places = 0
        self._journal: dict[tuple[str, int], str] = {}
        self._steps: defaultdict[str, int] = defaultdict(int)
        self._outcome = steps._outcome

    def accept(self, _connection: Any, record: DeliveryRecord) -> None:
        """What the inbox does inside of the delivery's transaction."""
        delay = PAUSES.get((record.event, record.action or ""), 0.0)
        self._put(record.id, record.workflow, to_input(record), delay)

    def enqueue(self, options: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
        """`DBOS.enqueue_workflow_with_options`."""
        self.death.crossing()
        self._put(options["workflow_id"], options["workflow_name"], payload, options.get("delay_seconds") or 0.0)
        self.death.crossing()

    def scheduled(self, name: str) -> None:
        """The clock starts a task."""
        moment = self.clock()
        self._put(f"sched-{name}-{moment.isoformat()}", name, None, 0.0, (moment, None))

    def _put(
        self, identity: str, workflow: str, payload: Mapping[str, Any] | None, delay: float, scheduled: Any = ()
    ) -> None:
        if identity in self.known:
            return
        self.known.add(identity)
        at = self.clock.at + timedelta(seconds=delay)
        kept = scheduled or (json.loads(json.dumps(payload)),)  # what the engine keeps is JSON
        self._places += 1
        self.queue.append(Job(at, self._places, identity, workflow, kept))

    def erase(self) -> None:
        """What `erase_traces` does: nothing that has ended is remembered."""
        self.known = {job.identity for job in (*self.queue, *self.left)}
        self._journal = {key: value for key, value in self._journal.items() if key[0] in self.known}

    @property
    def ready(self) -> Job | None:
        """Whose turn it is."""
        if self.left:
            return self.left[0]
        due = [job for job in self.queue if job.at <= self.clock.at]
        return min(due, default=None)

    def work(self) -> Job | None:
        """Run the next workflow to its end; raises Killed with the workflow left as it stands."""
        job = self.ready
        if job is None:
            return None
        if job in self.queue:
            self.queue.remove(job)
            self.left.append(job)
        self.run(job)
        self.left.remove(job)
        return job

    def run(self, job: Job) -> None:
        self.current, self._steps[job.identity] = job, 0
        DBOS.workflow_id = job.identity  # type: ignore[assignment, misc]
        try:
            WORKFLOWS[job.workflow].__wrapped__(*job.arguments)  # type: ignore[attr-defined]
        finally:
            self.current = None

    def step(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """A step's outcome: out of the journal where it is in there."""
        if self.current is None:
            return self._outcome(function, args)
        key = (self.current.identity, self._steps[self.current.identity])
        self._steps[self.current.identity] += 1
        if key not in self._journal:
            outcome = json.dumps(self._outcome(function, args))
            self.death.crossing()
            self._journal[key] = outcome
        return json.loads(self._journal[key])


@contextmanager
def installed(engine: MemoryEngine) -> Iterator[MemoryEngine]:
    """The bot's workflows run on this engine, and every clock is its clock, while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "_outcome", engine.step)
        patch.setattr(steps, "_wait", engine.clock.forward)
        patch.setattr(closing, "LEAST_JUDGED", LEAST_JUDGED)
        patch.setattr(closing, "PRECISION", PRECISION)
        patch.setattr(DBOS, "workflow_id", "")
        patch.setattr(DBOS, "enqueue_workflow_with_options", engine.enqueue)
        patch.setattr(DBOS, "list_workflows", lambda **_: [])
        patch.setattr(DBOS, "get_workflow_status", lambda identity: identity if identity in engine.known else None)
        for module in (decisions, deliveries, tasks):
            patch.setattr(module, "now", engine.clock)
        yield engine
