"""DBOS, the durable engine: workflows out of the queue, schedules, recovery."""

from __future__ import annotations

import threading

import structlog
from dbos import DBOS, DBOSConfig

from bot.errors import SettingsError, where
from bot.inbox import CLOCKS, QUEUE, SCHEDULES, WORKFLOW_VERSION, engine_url
from bot.services import Services
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord, RateRecord
from bot.workflows import steps
from bot.workflows.every import WORKFLOWS

NAME = "triage"
POLL_SECONDS = 0.05
WORKERS = 256  # repositories in one process that have a workflow; most may wait, `steps.ACTIVE` of them work
WATCH_SECONDS = 30.0  # between two looks for workflows that the engine gave up
GIVEN_UP = {
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": f"its process died {steps.MAX_RECOVERIES} times while it ran",
    "ERROR": "the engine or the database failed around it",
}
GIVEN_UP_MOST = 1000  # looked at, the newest first

log = structlog.get_logger(__name__)


class Engine:
    """The worker: runs what is queued, recovers what a dead process left, starts what is scheduled."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._launched = False
        self._ending = threading.Event()
        self._watch = threading.Thread(target=self._watching, name="given-up workflows", daemon=True)

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
        self._watch.start()
        log.info("engine.started", workflows=sorted(WORKFLOWS))

    def _schedule(self, settings: Settings) -> None:
        try:
            DBOS.apply_schedules(
                [
                    {
                        "schedule_name": name,
                        "workflow_fn": WORKFLOWS[name],
                        "schedule": getattr(settings, setting),
                        "automatic_backfill": False,  # each look sees for itself what was missed
                        "cron_timezone": settings.refit_timezone,
                    }
                    for name, setting in SCHEDULES.items()
                ]
            )
        except Exception as error:
            raise SettingsError(f"TRIAGE_REFIT_SCHEDULE: {error}") from None
        for name, cron in CLOCKS.items():
            DBOS.apply_schedules([{"schedule_name": name, "workflow_fn": WORKFLOWS[name], "schedule": cron}])

    def problem(self) -> str | None:
        """None while the engine answers, else the sentence that says what is wrong."""
        if not self._launched:
            return "the engine has not been started"
        try:
            DBOS.list_schedules()
        except Exception as error:  # any failure at all is the answer to the question
            return f"the engine does not answer ({type(error).__name__})"
        return None

    def _watching(self) -> None:
        while not self._ending.wait(WATCH_SECONDS):
            try:
                set_aside(self._services.storage)
                note_limits(self._services)
            except Exception as error:  # the next look may succeed, and the worker goes on
                log.warning("engine.watch_failed", reason=" at ".join(where(error)))

    def stop(self) -> None:
        """Let running steps end, then stop; what is not finished is recovered at the next start."""
        self._ending.set()
        steps.end_waiting()
        if self._watch.is_alive():
            self._watch.join()
        if self._launched:
            DBOS.destroy(workflow_completion_timeout_sec=5)
            self._launched = False
        steps.install(None)


def note_limits(services: Services) -> None:
    """Keep what GitHub said last of each installation's requests, for /metrics and the dashboard."""
    now = services.clock()
    heard = services.github.heard_limits().items()
    services.storage.save_rate_limits(
        [RateRecord(key, one.limit, one.remaining, one.resets_at, now) for key, one in heard]
    )


def set_aside(storage: Storage) -> int:
    """Mark the deliveries whose workflow the engine gave up as failed, with the reason (INV 33); returns how many."""
    count = 0
    given_up = DBOS.list_workflows(
        status=list(GIVEN_UP), sort_desc=True, limit=GIVEN_UP_MOST, load_input=False, load_output=False
    )
    for workflow in given_up:
        row = _delivery_of(storage, workflow.workflow_id)
        if row is not None and row.state in {"queued", "running"}:
            storage.finish_delivery(row.id, "failed", "set aside", GIVEN_UP[workflow.status])
            log.warning("delivery.set_aside", delivery=row.id, reason=GIVEN_UP[workflow.status])
            count += 1
    return count


def _delivery_of(storage: Storage, workflow_id: str) -> DeliveryRecord | None:
    """The delivery that a workflow works off: its id is the delivery's, with the turn behind it."""
    while (row := storage.delivery(workflow_id)) is None and "/" in workflow_id:
        workflow_id = workflow_id.rpartition("/")[0]
    return row
