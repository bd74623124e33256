"""DBOS, the durable engine: deliveries into its queue, workflows out of it, schedules, recovery."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig

from bot.errors import SettingsError
from bot.services import Services
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord
from bot.workflows import steps
from bot.workflows.delivery import QUEUE, partition_of, to_input
from bot.workflows.every import WORKFLOWS
from bot.workflows.refit_clusters import TASK

NAME = "triage"
WORKFLOW_VERSION = (
    "1"  # raised when a workflow's steps change, so that what is pending runs under the code it began with
)
POLL_SECONDS = 0.05
WORKERS = 4  # repositories worked on at the same time in one process
BATCH = 256  # deliveries in one transaction at most
SCHEDULES = {TASK: "refit_schedule"}

log = structlog.get_logger(__name__)


def engine_url(settings: Settings) -> str:
    """The database as DBOS names it: the same one that holds the data, so that a delivery is one transaction."""
    return settings.database_url.replace("postgresql+psycopg://", "postgresql://")


def migrate_engine(settings: Settings) -> None:
    """Create or upgrade the engine's own tables."""
    DBOS.migrate(engine_url(settings))


def engine_problem(settings: Settings) -> str | None:
    """None where the engine's tables are there and can be read, else the kind of the failure."""
    try:
        client = DBOSClient(system_database_url=engine_url(settings), retry_connection_errors=False)
        try:
            client.list_workflows(limit=1, load_input=False, load_output=False)
        finally:
            client.destroy()
    except Exception as error:  # the engine raises whatever its driver raises; the text may hold the URL
        return type(error).__name__
    return None


class Inbox:
    """Deliveries → one durable transaction for all that are waiting (group commit), in the order of arrival."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def open(self, storage: Storage) -> None:
        """Start committing into the open storage."""
        self._storage = storage
        self._client = DBOSClient(system_database_url=engine_url(self._settings), retry_connection_errors=False)
        self._thread.start()

    async def accept(self, record: DeliveryRecord) -> bool:
        """Keep the delivery and enqueue its workflow; True where it is new, False where its id is known."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        self._waiting.put(_Waiting(record, future, loop))
        return await future

    def close(self) -> None:
        """Commit what is waiting and stop."""
        self._waiting.put(None)
        self._thread.join()
        self._client.destroy()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ends = False
            while len(batch) < BATCH and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ends = True
                    break
                batch.append(following)
            self._commit(batch)
            if ends:
                return

    def _commit(self, batch: Sequence[_Waiting]) -> None:
        try:
            new: Sequence[bool] = self._storage.accept([one.record for one in batch], self._enqueue)
        except Exception as error:  # whatever it was, the askers are told, and nothing of the batch is kept
            _answer(batch, error)
        else:
            _answer(batch, new)

    def _enqueue(self, connection: Any, record: DeliveryRecord) -> None:
        self._client.enqueue_in_transaction(
            connection,
            {
                "queue_name": QUEUE,
                "workflow_name": record.workflow,
                "workflow_id": record.id,
                "queue_partition_key": partition_of(record),
                "app_version": WORKFLOW_VERSION,
            },
            to_input(record),
        )


class _Waiting:
    __slots__ = ("future", "loop", "record")

    def __init__(self, record: DeliveryRecord, future: asyncio.Future[bool], loop: asyncio.AbstractEventLoop) -> None:
        self.record = record
        self.future = future
        self.loop = loop


def _answer(batch: Sequence[_Waiting], outcome: Sequence[bool] | Exception) -> None:
    def settle() -> None:
        for place, one in enumerate(batch):
            if one.future.done():
                continue  # the client hung up
            if isinstance(outcome, Exception):
                one.future.set_exception(outcome)
            else:
                one.future.set_result(outcome[place])

    loop = batch[0].loop
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)


class Engine:
    """The worker: runs what is queued, recovers what a dead process left, starts what is scheduled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._launched = False

    def start(self) -> None:
        """Recover and run; raises SettingsError for a schedule that cannot be read."""
        settings = self._services.settings
        steps.install(self._services)
        config: DBOSConfig = {
            "name": NAME,
            "system_database_url": engine_url(settings),
            "application_version": WORKFLOW_VERSION,
            "executor_id": settings.worker_name,
            "log_level": "ERROR",
            "scheduler_polling_interval_sec": 5.0,
        }
        DBOS(config=config)
        DBOS.launch()
        self._launched = True
        DBOS.register_queue(
            QUEUE, worker_concurrency=WORKERS, partition_concurrency=1, polling_interval_sec=POLL_SECONDS
        )
        self._schedule(settings)
        log.info("engine.started", workflows=sorted(WORKFLOWS))

    def _schedule(self, settings: Settings) -> None:
        try:
            DBOS.apply_schedules(
                [
                    {
                        "schedule_name": name,
                        "workflow_fn": WORKFLOWS[name],
                        "schedule": getattr(settings, setting),
                        "automatic_backfill": True,
                        "cron_timezone": settings.refit_timezone,
                    }
                    for name, setting in SCHEDULES.items()
                ]
            )
        except Exception as error:
            raise SettingsError(f"TRIAGE_REFIT_SCHEDULE or TRIAGE_REFIT_TIMEZONE: {error}") from None

    def problem(self) -> str | None:
        """None while the engine answers, else the sentence that says what is wrong."""
        if not self._launched:
            return "the engine has not been started"
        try:
            DBOS.list_schedules()
        except Exception as error:  # any failure at all is the answer to the question
            return f"the engine does not answer ({type(error).__name__})"
        return None

    def stop(self) -> None:
        """Let running steps end, then stop; what is not finished is recovered at the next start."""
        if self._launched:
            DBOS.destroy(workflow_completion_timeout_sec=5)
            self._launched = False
        steps.install(None)
