"""The operator's own webhook: what is posted, and what each answer means."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import threading

import httpx
import pytest

from bot.errors import TriageError, Unavailable
from bot.notices import SIGNATURE, Refused, post
from tests.fakes.http_server import Reply, serving

SECRET_PATH = "/services/T0/s3cr3t"


def answering(status: int, **headers: str) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, headers=headers))


def test_a_notice_is_json_signed_with_the_secret() -> None:
    with serving() as server:
        server.answer = lambda _: Reply(204)
        post(f"{server.url}{SECRET_PATH}", {"b": "ä", "a": 1}, secret="key")
        (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", SECRET_PATH, "application/json")
    assert asked.body == {"a": 1, "b": "ä"}
    raw = json.dumps({"a": 1, "b": "ä"}, ensure_ascii=False).encode()
    assert asked.headers[SIGNATURE.lower()] == "sha256=" + hmac.new(b"key", raw, hashlib.sha256).hexdigest()


def test_without_a_secret_there_is_no_signature() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    post("https://hooks.example", {}, via=httpx.MockTransport(answer))
    assert SIGNATURE not in seen[0].headers


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_a_passing_fault_is_tried_again(status: int) -> None:
    with pytest.raises(Unavailable, match=str(status)):
        post("https://hooks.example", {}, via=answering(status))


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_receiver_that_does_not_want_it_is_left_alone(status: int) -> None:
    with pytest.raises(Refused, match=str(status)):
        post("https://hooks.example", {}, via=answering(status))


def test_a_redirect_is_not_followed() -> None:
    with serving() as server:
        server.answer = lambda _: Reply(307, headers={"Location": f"{server.url}/elsewhere"})
        with pytest.raises(Refused, match="307"):
            post(f"{server.url}/here", {})
        assert server.lines() == ["POST /here"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1" + SECRET_PATH, "https://" + "a" * 70 + ".invalid" + SECRET_PATH])
def test_no_failure_quotes_the_address(url: str) -> None:
    with pytest.raises(TriageError) as caught:
        post(url, {})
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.notices.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_drip, args=(server,), daemon=True)
        thread.start()
        with pytest.raises(Unavailable, match="did not answer"):
            post(f"http://127.0.0.1:{server.getsockname()[1]}{SECRET_PATH}", {})
        thread.join()


def _drip(server: socket.socket) -> None:
    """One more byte of a header before each read can time out, until the other side hangs up."""
    connection, _ = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        connection.settimeout(0.1)
        while True:
            connection.sendall(b"a")
            with contextlib.suppress(TimeoutError):
                if not connection.recv(65_536):
                    return
