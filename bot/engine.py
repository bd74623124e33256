"""DBOS, the durable engine: workflows out of the queue, schedules, recovery."""

from __future__ import annotations

import structlog
from dbos import DBOS, DBOSConfig

from bot.errors import SettingsError
from bot.inbox import QUEUE, SCHEDULES, WORKFLOW_VERSION, engine_url
from bot.services import Services
from bot.settings import Settings
from bot.workflows import steps
from bot.workflows.every import WORKFLOWS

NAME = "triage"
POLL_SECONDS = 0.05
WORKERS = 4  # repositories worked on at the same time in one process

log = structlog.get_logger(__name__)


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
