"""A double that listens on a real socket, in a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from webhooks.github_double.app import create_double
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.shell import Double

START_S = 10.0
_OPTIONS: dict[str, Any] = {
    "log_level": "error",
    "proxy_headers": False,
    "lifespan": "off",
    "timeout_graceful_shutdown": 1,
}


@dataclass(frozen=True, slots=True)
class Running:
    """A served double: its address, and its state for whoever shares the process."""

    url: str
    double: Double


class _Announcing(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.accepting.set()


@contextmanager
def serve(config: DoubleConfig | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Serve a double while the block runs; port 0 takes a free one. Raises OSError where the port is taken."""
    app = create_double(config)
    with listen(app, host=host, port=port) as url:
        yield Running(url, app.state.double)


@contextmanager
def listen(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve any ASGI application in a thread while the block runs; yields its address."""
    with socket.create_server((host, port)) as listening:
        server = _Announcing(uvicorn.Config(app, **_OPTIONS))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="github-double", daemon=True)
        thread.start()
        if not server.accepting.wait(START_S):
            raise OSError("the GitHub double did not start")
        try:
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
