from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import StorageError
from bot.storage.records import FeedbackRecord, RefitStanding, TaskRun
from tests.fakes.deliveries import app, client
from tests.fakes.inbox import FakeRuntime
from webhooks import health


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime(scheduled_tasks=["refit", "recover"])


@pytest.fixture
async def http(runtime: FakeRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app(runtime)) as opened:
        yield opened


def run(task: str, hours_ago: float, error: str | None = None, *, finished: bool = True) -> TaskRun:
    started = datetime.now(UTC) - timedelta(hours=hours_ago)
    return TaskRun(task, None, started, started if finished else None, error)


async def samples(http: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    answer = await http.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


async def test_a_process_that_answers_is_alive_whatever_else_fails(
    http: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    runtime.fake_storage.failure = StorageError("gone")
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_where_every_check_is_fine(http: httpx.AsyncClient) -> None:
    answer = await http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": {"schema": "ok", "model": "ok", "engine": "ok"}}


async def test_not_ready_names_the_check_and_its_sentence(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    runtime.checks["model"] = "the model's weights are not there"
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert answer.json()["checks"] == {"schema": "ok", "model": "the model's weights are not there", "engine": "ok"}


@pytest.mark.parametrize("found", [None, "0000"])
async def test_not_ready_while_the_schema_is_not_current(
    http: httpx.AsyncClient, runtime: FakeRuntime, found: str | None
) -> None:
    runtime.fake_storage.schema = (found, "0001")
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert "triage migrate" in answer.json()["checks"]["schema"]


@pytest.mark.parametrize(
    ("failure", "shown"),
    [(StorageError("the disk is full"), "the disk is full"), (RuntimeError("user:password@host"), "RuntimeError")],
)
async def test_a_database_that_fails_is_named_without_its_secrets(
    http: httpx.AsyncClient, runtime: FakeRuntime, failure: Exception, shown: str
) -> None:
    runtime.fake_storage.failure = failure
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert shown in answer.json()["checks"]["schema"]
    assert "password" not in answer.text


async def test_a_check_that_hangs_is_not_ready(
    http: httpx.AsyncClient, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    monkeypatch.setattr(runtime.fake_storage, "schema_state", lambda: released.wait(60) or ("0001", "0001"))
    for path in ("/readyz", "/metrics"):
        answer = await http.get(path)
        assert answer.status_code == 503
        assert "did not answer" in answer.text
    released.set()


async def test_metrics_count_by_state_and_verdict(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    runtime.fake_storage.counts = {
        "deliveries": {"queued": 3, "running": 1, "done": 40},
        "effects": {"done": 7, "failed": 2},
        "decisions": {"duplicate": 5},
    }
    found = await samples(http)
    assert found["triage_database_up",] == 1
    assert found["triage_queue_depth",] == 4
    assert found["triage_deliveries", "done"] == 40
    assert found["triage_effects", "failed"] == 2
    assert found["triage_decisions", "duplicate"] == 5
    assert found["triage_comments_last_hour", "11"] == found["triage_comments_last_day", "11"] == 2
    assert (found["triage_waiting", "11"], found["triage_waiting_for_github", "12"]) == (3, 4)
    assert found["triage_changes_refused", "11"] == 1
    assert found["triage_github_requests_remaining", "7"] == 4321
    assert found["triage_github_requests_limit", "7"] == 5000


async def test_inv_35_metrics_show_the_age_of_each_tasks_last_success(
    http: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    runtime.fake_storage.runs = [run("refit", 0, finished=False), run("refit", 1, "churn"), run("refit", 3)]
    found = await samples(http)
    assert found["triage_task_last_success_age_seconds", "refit"] == pytest.approx(3 * 3600, abs=60)
    assert found["triage_task_failed", "refit"] == 1
    assert found["triage_task_last_success_age_seconds", "recover"] == float("inf")
    assert found["triage_task_failed", "recover"] == 0


async def test_inv_35_metrics_show_the_age_of_each_repositorys_clusters(
    http: httpx.AsyncClient, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ago = datetime.now(UTC) - timedelta(hours=30)
    runtime.fake_storage.standing = [
        RefitStanding(7, "acme/secret", ago, ago, "refused"),
        RefitStanding(8, "acme/new", None, None, None),
        RefitStanding(9, "acme/well", ago, ago + timedelta(hours=20), "published"),
    ]
    runtime.fake_storage.counts["missed"] = {"not retrieved": 3}
    found = await samples(http)
    assert found["triage_refit_last_success_age_seconds", "7"] == pytest.approx(30 * 3600, abs=60)
    assert found["triage_refit_last_success_age_seconds", "8"] == float("inf")
    assert [found["triage_refit_unwell", name] for name in ("7", "8", "9")] == [1, 0, 0]
    assert found["triage_missed_duplicates", "not retrieved"] == 3
    assert "secret" not in (await http.get("/metrics")).text
    monkeypatch.setattr(health, "MOST_REPOSITORIES", 2)
    assert ("triage_refit_unwell", "9") not in await samples(http)  # the stalest are those that matter


async def test_metrics_say_so_where_the_database_does_not_answer(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    runtime.fake_storage.failure = StorageError("gone")
    found = await samples(http)
    assert found["triage_database_up",] == 0
    assert ("triage_queue_depth",) not in found
    assert ("triage_webhook_requests_total", "accepted") in found


async def test_a_runtime_whose_checks_fail_is_not_ready(
    http: httpx.AsyncClient, runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "checks", None)
    answer = await http.get("/readyz")
    assert answer.status_code == 503
    assert "TypeError" in answer.json()["checks"]["runtime"]


async def test_paused_repositories_are_counted(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    assert (await samples(http))[("triage_repositories_paused",)] == 0
    runtime.fake_storage.paused[7] = FeedbackRecord(7, 1, "paused", datetime.now(UTC), "ada", "command")
    assert (await samples(http))[("triage_repositories_paused",)] == 1


async def test_waves_are_counted_those_that_are_on_and_all_that_were(
    http: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    runtime.fake_storage.waves = {"on": 2, "alarmed": 7, "failed": 1}
    found = await samples(http)
    assert found["triage_waves_active",] == 2
    assert found["triage_waves_total",] == 7
    assert found["triage_wave_looks_failed_total",] == 1
