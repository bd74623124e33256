"""Deliveries into the durable queue: all that the web process needs of the engine, and light for that reason."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from dbos import DBOS, DBOSClient, EnqueueOptions

from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord

QUEUE = "issues"
PAUSES = {("issues", "edited"): 5.0}  # seconds until a delivery's turn comes: who edits once often edits again
BATCH = 256  # deliveries in one transaction at most
SCHEDULES = {"refit_clusters": "refit_schedule"}  # workflow → the setting that holds its cron expression
CLOCKS = {  # workflow → its cron expression
    "poll_reactions": "*/10 * * * *",
    "recover_deliveries": "41 * * * *",
    "keep_comments": "23 * * * *",
    "tidy_up": "53 3 * * *",
    "close_duplicates": "17 6 * * *",
}
# Raised when a workflow's steps change, so that what is pending runs under the code that it began with.
WORKFLOW_VERSION = "3"


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


def enqueue_from_outside(
    settings: Settings, workflow: str, identity: str, partition: str, payload: Mapping[str, Any]
) -> None:
    """Start a workflow from a process that is no worker; it runs as soon as one does."""
    client = DBOSClient(system_database_url=engine_url(settings), retry_connection_errors=False)
    try:
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": workflow,
            "workflow_id": identity,
            "queue_partition_key": partition,
            "app_version": WORKFLOW_VERSION,
        }
        client.enqueue(options, dict(payload))
    finally:
        client.destroy()


def to_input(record: DeliveryRecord) -> dict[str, Any]:
    """What the engine keeps as a workflow's input: ids, names and a time; no text (INV 41)."""
    return {
        "id": record.id,
        "event": record.event,
        "action": record.action,
        "workflow": record.workflow,
        "received_at": record.received_at.isoformat(),
        "repository": record.repository,
        "repository_id": record.repository_id,
        "issue": record.issue,
        "installation_id": record.installation_id,
        "details": dict(record.details),
        "partition": partition_of(record),
        "attempt": 0,
    }


def partition_of(record: DeliveryRecord) -> str:
    """One repository's deliveries run one at a time (INV 2); an installation's own, likewise."""
    if record.repository_id is not None:
        return repository_partition(record.repository_id)
    return record.repository or f"installation:{record.installation_id}"


def repository_partition(repository_id: int) -> str:
    """The queue's partition of one repository."""
    return f"repository:{repository_id}"


def refit_partition(repository_id: int) -> str:
    """The partition of its refits: decisions pass them, and there are never two."""
    return f"refit:{repository_id}"


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
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": record.workflow,
            "workflow_id": record.id,
            "queue_partition_key": partition_of(record),
            "app_version": WORKFLOW_VERSION,
        }
        pause = PAUSES.get((record.event, record.action or ""))
        if pause:
            options["delay_seconds"] = pause
        self._client.enqueue_in_transaction(connection, options, to_input(record))


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
