from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from tests.fakes.deliveries import PATH, app, headers, issue_payload
from tests.fakes.inbox import FakeRuntime
from webhooks.receiver import LARGEST_BODY

MEGABYTE = b" " * 1_000_000


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
def port(runtime: FakeRuntime) -> Iterator[int]:
    """The real server on a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app(runtime), log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def test_a_delivery_over_a_real_socket_is_accepted(port: int, runtime: FakeRuntime) -> None:
    body = json.dumps(issue_payload()).encode()
    answer = httpx.post(f"http://127.0.0.1:{port}{PATH}", content=body, headers=headers(body))
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert "d-1" in runtime.inbox.kept


def test_thirty_megabytes_are_refused(port: int) -> None:
    body = MEGABYTE * 30
    answer = httpx.post(f"http://127.0.0.1:{port}{PATH}", content=body, headers=headers(body))
    assert answer.status_code == 413


def test_a_stream_without_a_length_is_refused_before_it_ends(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", PATH)
    for name, value in {**headers(b""), "Transfer-Encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    for _ in range(LARGEST_BODY // len(MEGABYTE) + 1):
        connection.send(b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE))
    answer = connection.getresponse()  # the last chunk was never sent
    assert answer.status == 413
    assert "larger" in json.loads(answer.read())["error"]
    connection.close()


def test_a_declared_length_is_refused_before_the_body_is_sent(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", PATH)
    for name, value in {**headers(b""), "Content-Length": str(LARGEST_BODY + 1)}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_connection_serves_on_after_a_refusal(port: int) -> None:
    good = json.dumps(issue_payload()).encode()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http_:
        for body, status in ((MEGABYTE * 27, 413), (b"{", 400), (good, 202)):
            assert http_.post(PATH, content=body, headers=headers(body)).status_code == status


def test_a_sender_that_hangs_up_leaves_nothing_behind(port: int, runtime: FakeRuntime) -> None:
    body = json.dumps(issue_payload()).encode()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.putrequest("POST", PATH)
    for name, value in {**headers(body), "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body[:20])
    connection.close()
    assert httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    assert runtime.inbox.kept == {}
