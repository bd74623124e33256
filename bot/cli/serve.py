"""`triage serve` and `triage work`: the web process, the worker, or both in one process."""

from __future__ import annotations

import importlib
import signal
import socket
import threading
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from bot import log
from bot.errors import SettingsError
from bot.settings import Settings, load, unknown_variables
from bot.wiring import build_runtime

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
BACKLOG = 2048  # connections that may wait to be accepted
GRACE = 20  # seconds that uvicorn lets running requests end at a stop

WebOnly = Annotated[bool, typer.Option("--web-only", help="Only answer and enqueue; `triage work` does the rest.")]
SetUp = Annotated[bool, typer.Option("--setup", help="Only serve /setup, which registers the GitHub App.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on (TRIAGE_HOST).")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on (TRIAGE_PORT); 0 picks one.")]


def serve(web_only: WebOnly = False, setup: SetUp = False, host: Host = None, port: Port = None) -> None:
    """Receive deliveries and work on them: web and worker in one process."""
    settings = _settings(host, port)
    if setup:
        _listen(_setup_app(settings), settings)
        return
    settings.secret()
    runtime = build_runtime(settings, worker=not web_only)
    try:
        runtime.start()  # here, so that a database that cannot be used is a sentence and not a failed start-up
        token = None if settings.has_sign_in else _web("webhooks.setup_guard").new_token()
        application = _web("webhooks.app").create_app(settings, runtime=runtime, token=token)
        _listen(application, settings, token=token, ending=application.state.dashboard.ending)
    finally:
        runtime.stop()


def work() -> None:
    """Work on what a web process enqueued (`triage serve --web-only`)."""
    settings = _settings(None, None)
    runtime = build_runtime(settings, worker=True)
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    runtime.start()
    try:
        ended.wait()
    finally:
        runtime.stop()


def _settings(host: str | None, port: int | None) -> Settings:
    settings = load(**{name: value for name, value in (("host", host), ("port", port)) if value is not None})
    log.configure(settings.log_format, settings.log_level)
    for sentence in unknown_variables().values():
        structlog.get_logger(__name__).warning("unknown setting", problem=sentence)
    return settings


def _setup_app(settings: Settings) -> Any:
    token = None if settings.host in LOOPBACK else _web("webhooks.setup_guard").new_token()
    flow = _web("webhooks.setup").Setup(settings, token=token)
    Console(stderr=True).print(f"open {flow.address(f'http://{settings.host}:{settings.port}')} to register the App")
    return _web("webhooks.app").create_setup_app(flow)


def _web(module: str) -> Any:
    """The storey above, by name: `bot` imports nothing of `webhooks`, as a process manager would not."""
    return importlib.import_module(module)


def _listen(
    application: Any, settings: Settings, *, token: str | None = None, ending: threading.Event | None = None
) -> None:
    """Serve until a signal. `token` opens the dashboard; `ending` is set as soon as the server is to stop."""
    import uvicorn  # noqa: PLC0415 - the other commands do not need a server

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            if ending is not None:
                ending.set()
            super().handle_exit(sig, frame)

    with _bound(settings) as listener:
        host, port = listener.getsockname()[:2]
        structlog.get_logger(__name__).info("listening", host=host, port=port)
        config = uvicorn.Config(
            application, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=GRACE
        )
        if token is not None:
            address = f"http://{_here(host)}:{port}/sign-in?token={token}"
            # On standard output: the token is a secret, and standard error is the log.
            Console(soft_wrap=True).print(f"dashboard: {address}", highlight=False)
        Server(config).run(sockets=[listener])


def _here(host: str) -> str:
    """The address by which this machine reaches itself; the token is taken from nowhere else."""
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared with, not listened on
    return f"[{local}]" if ":" in local else local


def _bound(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {settings.host}:{settings.port} ({error.strerror}): "
            "choose another TRIAGE_PORT or TRIAGE_HOST"
        ) from error
