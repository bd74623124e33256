from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.errors import SettingsError
from tests.fakes.deliveries import app, client, issue_payload, post, settings
from tests.fakes.inbox import FakeRuntime
from webhooks.app import create_app, create_setup_app
from webhooks.setup import Setup

HEAVY = ("torch", "sentence_transformers", "transformers", "sklearn", "scipy", "github", "sqlalchemy", "dbos", "jinja2")


def test_importing_the_application_imports_nothing_heavy() -> None:
    script = f"import sys, webhooks.app; print([name for name in {HEAVY} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("secret", [None, "", "   "])
def test_inv_39_without_a_secret_it_does_not_start(secret: str | None) -> None:
    with pytest.raises(SettingsError, match="TRIAGE_WEBHOOK_SECRET"):
        app(FakeRuntime(), webhook_secret=secret)


def test_settings_come_from_the_environment_where_none_are_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRIAGE_WEBHOOK_SECRET", raising=False)
    with pytest.raises(SettingsError, match="TRIAGE_WEBHOOK_SECRET"):
        create_app(runtime=FakeRuntime())
    monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", "set")
    assert create_app(runtime=FakeRuntime()).title == "Triage"


async def test_the_runtime_runs_as_long_as_the_application() -> None:
    runtime = FakeRuntime()
    application = app(runtime)
    assert not runtime.running
    async with application.router.lifespan_context(application):
        assert runtime.running
    assert not runtime.running


async def test_an_unknown_path_is_refused_in_one_line() -> None:
    async with client(app(FakeRuntime())) as http:
        answer = await http.get("/nothing")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


async def test_the_server_describes_itself_to_nobody() -> None:
    async with client(app(FakeRuntime())) as http:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert (await http.get(path)).status_code == 404


async def test_a_bug_is_answered_without_its_trace() -> None:
    application = app(FakeRuntime())

    async def broken() -> None:
        raise RuntimeError("secret detail")

    application.add_api_route("/broken", broken)
    with capture_logs() as lines:
        async with client(application) as http:
            http._transport.raise_app_exceptions = False  # type: ignore[attr-defined]  # as a real server would
            answer = await http.get("/broken")
    assert answer.status_code == 500
    assert list(answer.json()) == ["error"]
    assert "detail" not in answer.text + repr(lines)


async def test_two_applications_do_not_share_their_metrics() -> None:
    first, second = app(FakeRuntime()), app(FakeRuntime())
    async with client(first) as http:
        await http.get("/webhooks/github")
    async with client(second) as http:
        assert 'outcome="wrong_method"} 0.0' in (await http.get("/metrics")).text


async def test_a_server_without_an_app_offers_to_register_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # a `.env` there could name an App
    async with client(app(FakeRuntime())) as http:
        assert (await http.get("/setup")).status_code == 200
    async with client(app(FakeRuntime()), host="203.0.113.9") as http:
        assert (await http.get("/setup")).status_code == 403


async def test_without_a_runtime_it_makes_one_that_answers_and_enqueues(tmp_path: Path) -> None:
    database = tmp_path / "triage.db"
    application = create_app(settings(database_url=f"sqlite:///{database}"))
    assert not database.exists()
    async with application.router.lifespan_context(application), client(application) as http:
        assert (await http.get("/readyz")).json() == {"status": "ready", "checks": {"schema": "ok"}}
        assert (await post(http, issue_payload())).json()["status"] == "accepted"


async def test_the_setup_application_has_nothing_to_start() -> None:
    application = create_setup_app(Setup(settings(webhook_secret=None)))
    async with application.router.lifespan_context(application), client(application) as http:
        assert (await http.get("/healthz")).status_code == 200
