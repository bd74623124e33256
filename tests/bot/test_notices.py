"""The operator's own webhook: what is posted, and what each answer means."""

from __future__ import annotations

import hashlib
import hmac
import json

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
