"""The web application: routes, lifespan, and what every answer has in common."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import cast

import structlog
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot import settings as operator
from bot.settings import Settings
from webhooks import receiver
from webhooks.dashboard.headers import HEADERS, Headed
from webhooks.dashboard.routes import NOT_HERE, Dashboard
from webhooks.health import Health, healthz
from webhooks.receiver import Receiver
from webhooks.runtime import Runtime
from webhooks.setup import Setup

REFUSALS = {404: NOT_HERE, 405: "This address cannot be asked in this way."}
BROKEN = "something went wrong here; the server's log says what"

_log = structlog.get_logger("triage.web")


def create_app(
    settings: Settings | None = None, *, runtime: Runtime | None = None, token: str | None = None
) -> FastAPI:
    """The application that serves; also the factory for `uvicorn --factory webhooks.app:create_app`.

    Raises SettingsError where the webhook secret is missing or empty (INV 39). Without a `runtime` it makes one that
    answers and enqueues and works on nothing, as `triage serve --web-only` does. `token` opens the dashboard, once and
    on this machine, where people cannot sign in with GitHub.
    """
    settings = operator.load() if settings is None else settings
    secret = settings.secret()
    if runtime is None:
        from bot.wiring import build_runtime  # noqa: PLC0415 - importing this module must stay light

        runtime = build_runtime(settings, worker=False)
    registry = CollectorRegistry()
    app = _bare(runtime)
    dashboard = app.state.dashboard = Dashboard(settings, runtime, token=token)
    app.router.routes += [
        Route(receiver.PATH, Receiver(secret, runtime.inbox, registry)),
        *Health(runtime, registry).routes(),
        *Setup(settings).routes(),
        *dashboard.routes(),
    ]
    return app


def create_setup_app(setup: Setup) -> FastAPI:
    """The application that only registers an App: it needs no secret and takes no delivery (503)."""
    app = _bare(None)
    app.router.routes += [
        Route(receiver.PATH, Receiver(None, None, CollectorRegistry())),
        Route("/healthz", healthz, methods=["GET"]),
        *setup.routes(),
    ]
    return app


def _bare(runtime: Runtime | None) -> FastAPI:
    app = FastAPI(title="Triage", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(runtime))
    app.add_middleware(Headed)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _failed)
    return app


def _lifespan(runtime: Runtime | None) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if runtime is not None:
            runtime.start()
        try:
            yield
        finally:
            if runtime is not None:
                runtime.stop()

    return lifespan


async def _refused(request: Request, error: Exception) -> Response:
    """Unknown paths and methods, in the same form as every other refusal; in words for a browser."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    answer = _told(request, error.status_code, REFUSALS.get(error.status_code, error.detail), error.detail)
    answer.headers.update(error.headers or {})
    return answer


async def _failed(request: Request, error: Exception) -> Response:
    """A bug. The server's log has the trace; the answer has none of it."""
    _log.error("request failed", path=request.url.path, failure=type(error).__name__)
    return _told(request, 500, f"{BROKEN.capitalize()}.", BROKEN)


def _told(request: Request, status: int, sentence: str, word: str) -> Response:
    """In words for a browser, in one line for programs; with the headers that every page has."""
    dashboard = getattr(request.app.state, "dashboard", None)
    if dashboard is None:
        return JSONResponse({"error": word}, status, dict(HEADERS))
    return cast("Dashboard", dashboard).problem(request, status, sentence, word)
