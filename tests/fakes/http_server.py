"""A tiny HTTP server on a real socket that answers what a test tells it and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: `body` is sent as JSON, or as it is where it is bytes."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Asked], Reply | None]  # None: the connection is closed without an answer


class ScriptedServer:
    """`answer` decides each reply; `asked` lists the requests in order."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Handler = lambda asked: Reply(404, {"message": "Not Found"})
        self.released = threading.Event()  # set at the end, so that a handler may wait for it
        self.connections = 0
        self.url = ""

    def lines(self) -> list[str]:
        """The requests as `METHOD /path`."""
        return [f"{asked.method} {asked.path}" for asked in self.asked]


@contextmanager
def serving() -> Iterator[ScriptedServer]:
    """A running server on a free port of the loopback."""
    script = ScriptedServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(script))
    server.daemon_threads = True
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(script: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Serve(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536  # one packet an answer: two would wait for each other

        def setup(self) -> None:
            script.connections += 1
            super().setup()

        def log_message(self, *args: Any) -> None:
            pass

        def handle_one(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, path, query, headers, json.loads(raw) if raw else None)
            script.asked.append(asked)
            reply = script.answer(asked)
            if reply is None:
                self.close_connection = True
                return
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            raw = b"" if reply.body is None else raw
            self.send_response_only(reply.status)  # without a Date, which would be of another clock than the test's
            for name, value in {"content-type": "application/json; charset=utf-8", **reply.headers}.items():
                self.send_header(name, value)
            if reply.status not in (204, 304):
                self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw if reply.status not in (204, 304) else b"")

        do_GET = do_POST = do_PATCH = do_DELETE = handle_one

    return Serve
