"""Is it alive, is it ready, how is it doing: /healthz, /readyz and /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.errors import TriageError
from bot.storage.protocol import Storage
from bot.storage.records import REFUSED, WAITS_FOR_BUDGET, WAITS_FOR_GITHUB
from webhooks.runtime import Runtime

PATIENCE = 5.0  # seconds a probe may take before it counts as failed
MOST_REPOSITORIES = 500  # with a series of their own
OPEN_STATES = frozenset({"queued", "running"})  # of a delivery that is not finished

_log = structlog.get_logger("triage.health")
_Result = TypeVar("_Result")


class Health:
    """The three endpoints over one runtime. Probes run one at a time in one thread, so that scraping cannot pile up."""

    def __init__(self, runtime: Runtime, registry: CollectorRegistry) -> None:
        self._runtime = runtime
        self._registry = registry
        self._one_at_a_time = ThreadPoolExecutor(max_workers=1, thread_name_prefix="triage-health")
        registry.register(StorageCollector(runtime))

    def routes(self) -> list[Route]:
        """The routes to add to the application."""
        return [
            Route("/healthz", healthz, methods=["GET"]),
            Route("/readyz", self.readyz, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def readyz(self, _: Request) -> Response:
        """200 where every check is fine; 503 with the sentence of each that is not."""
        try:
            checks = await self._probe(lambda: readiness(self._runtime))
        except TimeoutError:
            checks = {"probe": f"the checks did not answer within {PATIENCE:.0f} s"}
        ready = not any(checks.values())
        body = {
            "status": "ready" if ready else "not ready",
            "checks": {name: reason or "ok" for name, reason in checks.items()},
        }
        return JSONResponse(body, 200 if ready else 503)

    async def metrics(self, _: Request) -> Response:
        """Prometheus text; the database part is read at this moment."""
        try:
            text = await self._probe(lambda: generate_latest(self._registry))
        except TimeoutError:
            return JSONResponse({"error": f"the metrics did not answer within {PATIENCE:.0f} s"}, 503)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _probe(self, work: Callable[[], _Result]) -> _Result:
        running = asyncio.get_running_loop().run_in_executor(self._one_at_a_time, work)
        return await asyncio.wait_for(running, PATIENCE)


async def healthz(_: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "ok"})


def readiness(runtime: Runtime) -> dict[str, str | None]:
    """Every named check: the schema, and what the runtime says of its model and engine."""
    checks = {"schema": _schema(runtime.storage)}
    try:
        checks |= runtime.readiness()
    except Exception as error:
        checks["runtime"] = _sentence("the checks of the bot failed", error)
    return checks


def _schema(storage: Storage) -> str | None:
    try:
        found, needed = storage.schema_state()
    except Exception as error:
        return _sentence("the database does not answer", error)
    if found == needed:
        return None
    return f"the database is at revision {found or 'none'}, this code needs {needed}: run `triage migrate`"


def _sentence(what: str, error: Exception) -> str:
    """Our own errors are written for people; of others only the kind is shown, as their text may hold anything."""
    return f"{what}: {error if isinstance(error, TriageError) else type(error).__name__}"


class StorageCollector(Collector):
    """Reads the database at each scrape: a fixed number of queries, a bounded number of series."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not read the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The families; where the database does not answer, only `triage_database_up` 0."""
        up = GaugeMetricFamily("triage_database_up", "1 where the database answered this scrape")
        try:
            families = list(_families(self._runtime, datetime.now(UTC)))
        except Exception as error:
            _log.error("metrics failed", failure=type(error).__name__)
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from families


def _families(runtime: Runtime, now: datetime) -> Iterator[Metric]:
    storage = runtime.storage
    deliveries = storage.delivery_counts()
    depth = sum(count for state, count in deliveries.items() if state in OPEN_STATES)
    yield GaugeMetricFamily("triage_queue_depth", "Deliveries that are not finished", value=depth)
    yield _by("triage_deliveries", "Deliveries by state", "state", deliveries)
    yield _by("triage_effects", "Effects on GitHub by state", "state", storage.effect_counts())
    yield GaugeMetricFamily("triage_repositories_paused", "Repositories paused by people", value=len(storage.pauses()))
    refused = GaugeMetricFamily(
        "triage_changes_refused", "Issues on which GitHub refused a change", labels=["repository"]
    )
    yield _added(refused, storage.refused_changes(REFUSED))
    yield _by("triage_decisions", "Decisions by verdict", "verdict", storage.decision_counts())
    yield _counter("triage_vetoes", "Decisions that each veto held back", "name", storage.veto_counts())
    yield _by(
        "triage_missed_duplicates", "Duplicates that people linked first, by cause", "cause", storage.missed_counts()
    )
    yield from _budgets(storage, now)
    yield from _waves(storage.wave_counts())
    yield from _tasks(runtime, now)
    yield from _refits(storage, now)


def _budgets(storage: Storage, now: datetime) -> Iterator[Metric]:
    """By GitHub's ids, as names may be secrets; those with the most, where they are very many."""
    for name, span in (("hour", timedelta(hours=1)), ("day", timedelta(days=1))):
        family = GaugeMetricFamily(
            f"triage_comments_last_{name}", f"Comments written in the last {name}", labels=["repository"]
        )
        yield _added(family, storage.comments_since(now - span))
    for suffix, whose, outcome in (("", "their budget", WAITS_FOR_BUDGET), ("_for_github", "GitHub", WAITS_FOR_GITHUB)):
        waiting = GaugeMetricFamily(
            f"triage_waiting{suffix}", f"Deliveries that wait for {whose}", labels=["repository"]
        )
        yield _added(waiting, storage.waiting_counts(outcome))
    limits = storage.rate_limits()[:MOST_REPOSITORIES]
    for name, words in (("limit", "allows in an hour"), ("remaining", "has left")):
        family = GaugeMetricFamily(
            f"triage_github_requests_{name}",
            f"Requests that GitHub says the installation {words}",
            labels=["installation"],
        )
        yield _added(family, {one.installation_id: getattr(one, name) for one in limits})


def _added(family: GaugeMetricFamily, counts: Mapping[int, int]) -> Metric:
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REPOSITORIES]
    for key, count in sorted(most):
        family.add_metric([str(key)], count)
    return family


def _waves(counts: Mapping[str, int]) -> Iterator[Metric]:
    yield GaugeMetricFamily("triage_waves_active", "Waves of reports that are on", value=counts["on"])
    yield CounterMetricFamily("triage_waves", "Waves that were alarmed about", value=counts["alarmed"])
    yield CounterMetricFamily("triage_wave_looks_failed", "Looks for waves that failed", value=counts["failed"])


def _by(name: str, help_text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, count in sorted(counts.items()):
        family.add_metric([key], count)
    return family


def _counter(name: str, help_text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, help_text, labels=[label])
    for key, count in sorted(counts.items()):
        family.add_metric([key], count)
    return family


def _tasks(runtime: Runtime, now: datetime) -> Iterator[Metric]:
    """A task that never succeeded has the age +Inf, so that an alarm on staleness fires."""
    age = GaugeMetricFamily("triage_task_last_success_age_seconds", "Since the task last succeeded", labels=["task"])
    failed = GaugeMetricFamily("triage_task_failed", "1 where the task's last finished run failed", labels=["task"])
    for task in runtime.scheduled_tasks:
        success = runtime.storage.last_success(task)
        age.add_metric([task], float("inf") if success is None else (now - success).total_seconds())
        finished = (run for run in runtime.storage.task_runs(task, limit=10) if run.finished_at is not None)
        last = next(finished, None)
        failed.add_metric([task], 0 if last is None or last.error is None else 1)
    yield age
    yield failed


def _refits(storage: Storage, now: datetime) -> Iterator[Metric]:
    """By GitHub's id of the repository, because a name may be a secret; the stalest, where they are very many."""
    age = GaugeMetricFamily(
        "triage_refit_last_success_age_seconds", "Since the repository's clusters were published", labels=["repository"]
    )
    unwell = GaugeMetricFamily(
        "triage_refit_unwell", "1 where the last refit was refused or failed", labels=["repository"]
    )
    standing = sorted(storage.refit_standing(), key=lambda one: (one.last_success is not None, one.last_success or now))
    for one in standing[:MOST_REPOSITORIES]:
        name = [str(one.repository_id)]
        age.add_metric(name, float("inf") if one.last_success is None else (now - one.last_success).total_seconds())
        unwell.add_metric(name, 0 if one.last_outcome in {None, "published"} else 1)
    yield age
    yield unwell
