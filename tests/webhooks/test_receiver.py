from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import StorageError
from bot.github.signature import sign
from tests.fakes.deliveries import PATH, SECRET, app, client, headers, issue_payload, post
from tests.fakes.inbox import FakeRuntime
from webhooks.receiver import LARGEST_BODY, OUTCOMES


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
async def http(runtime: FakeRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with client(app(runtime)) as opened:
        yield opened


def refused(answer: httpx.Response, status: int, reason: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    assert reason in answer.json()["error"]
    assert "\n" not in answer.text


def _scope(body: bytes) -> dict[str, Any]:
    """A delivery's request, for an application that is called without a server."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers(body).items()]
    return {"type": "http", "method": "POST", "path": PATH, "headers": raw, "query_string": b""}


async def test_a_signed_issue_is_accepted_and_kept(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    answer = await post(http, issue_payload())
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "delivery": "d-1"})
    assert runtime.inbox.kept["d-1"].issue == 7


async def test_a_delivery_that_comes_again_is_a_duplicate(http: httpx.AsyncClient) -> None:
    await post(http, issue_payload())
    answer = await post(http, issue_payload())
    assert (answer.status_code, answer.json()) == (202, {"status": "duplicate", "delivery": "d-1"})


async def test_inv_32_fifty_identical_deliveries_at_once_are_one(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    answers = await asyncio.gather(*(post(http, issue_payload()) for _ in range(50)))
    statuses = sorted(answer.json()["status"] for answer in answers)
    assert statuses == ["accepted"] + ["duplicate"] * 49
    assert {answer.status_code for answer in answers} == {202}
    assert len(runtime.inbox.kept) == 1


async def test_a_ping_is_answered(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    answer = await post(http, {"zen": "x", "hook_id": 1}, "ping")
    assert (answer.status_code, answer.json()) == (200, {"status": "pong"})
    assert not runtime.inbox.kept


@pytest.mark.parametrize(("event", "action"), [("push", None), ("issues", "assigned"), ("future_event", "created")])
async def test_what_does_not_interest_us_is_acknowledged_and_said_to_be_ignored(
    http: httpx.AsyncClient, runtime: FakeRuntime, event: str, action: str | None
) -> None:
    answer = await post(http, issue_payload() | {"action": action}, event)
    assert answer.status_code == 202
    assert answer.json()["status"] == "ignored"
    assert event in answer.json()["reason"]
    assert not runtime.inbox.kept


async def test_a_pull_request_posing_as_an_issue_is_ignored(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    payload = issue_payload()
    payload["issue"]["pull_request"] = {"url": "x"}
    answer = await post(http, payload)
    assert answer.json() == {"status": "ignored", "reason": "it is a pull request"}
    assert not runtime.inbox.kept


SIGNATURES = {
    "another secret": sign(b"another", b"{}"),
    "another body": sign(SECRET.encode(), b"{} "),
    "empty": "",
    "sha1": "sha1=" + "0" * 40,
    "no prefix": sign(SECRET.encode(), b"{}").removeprefix("sha256="),
    "cut short": sign(SECRET.encode(), b"{}")[:-1],
    "not ascii": "sha256=" + "é" * 64,
}


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES)
async def test_a_wrong_signature_is_refused_before_anything_is_parsed(http: httpx.AsyncClient, signature: str) -> None:
    sent = headers(b"{}") | {"X-GitHub-Delivery": "not sane at all"}
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if "Signature" not in name]
    raw.append((b"X-Hub-Signature-256", signature.encode("latin-1")))
    answer = await http.post(PATH, content=b"{}", headers=raw)
    refused(answer, 401, "X-Hub-Signature-256 does not match")


async def test_a_missing_signature_is_refused(http: httpx.AsyncClient) -> None:
    sent = headers(b"{}")
    del sent["X-Hub-Signature-256"]
    refused(await http.post(PATH, content=b"{}", headers=sent), 401, "X-Hub-Signature-256 is missing")


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b"\xff\xfe{}", b"[]", b"[" * 100_000, b'{"a":1,"a":2}'])
async def test_a_signed_body_that_is_malformed_is_refused(http: httpx.AsyncClient, body: bytes) -> None:
    refused(await post(http, body), 400, "the body")


async def test_an_issues_event_without_an_issue_is_refused(http: httpx.AsyncClient) -> None:
    refused(await post(http, {"action": "opened"}), 400, "no issue")


@pytest.mark.parametrize("name", ["X-GitHub-Event", "X-GitHub-Delivery"])
async def test_a_missing_header_is_refused_by_name(http: httpx.AsyncClient, name: str) -> None:
    body = json.dumps(issue_payload()).encode()
    sent = headers(body)
    del sent[name]
    refused(await http.post(PATH, content=body, headers=sent), 400, name)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/jsonp", ""])
async def test_another_content_type_is_refused_with_what_to_choose(http: httpx.AsyncClient, kind: str) -> None:
    refused(await post(http, issue_payload(), content_type=kind), 415, "application/json")


async def test_a_content_type_may_name_its_charset(http: httpx.AsyncClient) -> None:
    answer = await post(http, issue_payload(), content_type="Application/JSON; charset=utf-8")
    assert answer.status_code == 202


async def test_a_declared_length_over_the_limit_is_refused_without_reading(http: httpx.AsyncClient) -> None:
    async def untouched() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    sent = headers(b"") | {"Content-Length": str(LARGEST_BODY + 1)}
    refused(await http.post(PATH, content=untouched(), headers=sent), 413, str(LARGEST_BODY))


async def test_a_streamed_body_is_refused_as_soon_as_it_is_over_the_limit(http: httpx.AsyncClient) -> None:
    given_away = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given_away
        while True:
            given_away += 1
            yield b" " * 1_000_000

    refused(await http.post(PATH, content=endless(), headers=headers(b"")), 413, str(LARGEST_BODY))
    assert given_away == LARGEST_BODY // 1_000_000 + 1


async def test_a_body_of_exactly_the_limit_is_read(http: httpx.AsyncClient) -> None:
    body = json.dumps(issue_payload()).encode()
    assert (await post(http, body + b" " * (LARGEST_BODY - len(body)))).status_code == 202


@pytest.mark.parametrize("length", ["-1", "many", "1e9"])
async def test_a_length_that_is_no_number_is_refused(http: httpx.AsyncClient, length: str) -> None:
    refused(await post(http, issue_payload(), content_length=length), 400, "Content-Length")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_another_method_is_refused(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "failure", [StorageError("database is locked"), RuntimeError("secret detail"), OSError(28, "x")]
)
async def test_inv_31_what_cannot_be_stored_is_not_acknowledged(
    http: httpx.AsyncClient, runtime: FakeRuntime, failure: Exception
) -> None:
    runtime.inbox.failure = failure
    answer = await post(http, issue_payload())
    refused(answer, 503, "could not be stored")
    assert int(answer.headers["retry-after"]) > 0
    assert "detail" not in answer.text
    runtime.inbox.failure = None
    assert (await post(http, issue_payload())).json()["status"] == "accepted"


async def test_a_sender_that_never_finishes_its_body_is_sent_away(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhooks.receiver.BODY_SECONDS", 0.0)
    body = json.dumps(issue_payload()).encode()
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    await app(runtime)(_scope(body), receive, send)
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert runtime.inbox.kept == {}


async def test_a_sender_that_goes_away_leaves_nothing_behind(runtime: FakeRuntime) -> None:
    body = json.dumps(issue_payload()).encode()
    messages = iter(
        [
            {"type": "http.request", "body": body[:20], "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(runtime)(_scope(body), receive, send)
    assert (sent, runtime.inbox.kept) == ([], {})


async def test_each_delivery_is_one_log_line_without_its_prose_or_headers(http: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await post(http, issue_payload())
    [line] = [line for line in lines if line["event"] == "delivery"]
    named = {name: line[name] for name in ("delivery", "github_event", "repository", "issue", "outcome", "log_level")}
    assert named == {
        "delivery": "d-1",
        "github_event": "issues",
        "repository": "octo/widgets",
        "issue": 7,
        "outcome": "accepted",
        "log_level": "info",
    }
    assert "PROSE" not in repr(lines)
    assert "sha256" not in repr(lines)


async def test_a_refusal_logs_its_reason_but_no_header_as_it_came(http: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await post(http, b"{}", X_GitHub_Delivery="evil id")
    [line] = lines
    assert (line["delivery"], line["outcome"], line["log_level"]) == (None, "malformed", "warning")


async def test_a_failure_of_the_inbox_logs_its_kind_only(http: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    runtime.inbox.failure = RuntimeError("postgresql://user:password@host")
    with capture_logs() as lines:
        await post(http, issue_payload())
    assert lines[0]["failure"] == "RuntimeError"
    assert "password" not in repr(lines)


async def test_requests_are_counted_by_outcome(http: httpx.AsyncClient) -> None:
    await post(http, issue_payload())
    await post(http, issue_payload())
    await post(http, b"{")
    text = (await http.get("/metrics")).text
    assert 'triage_webhook_requests_total{outcome="accepted"} 1.0' in text
    assert 'triage_webhook_requests_total{outcome="duplicate"} 1.0' in text
    assert 'triage_webhook_requests_total{outcome="malformed"} 1.0' in text
    assert text.count("triage_webhook_requests_total{") == len(OUTCOMES)


@given(
    body=st.binary(max_size=300) | st.sampled_from([json.dumps(issue_payload()).encode(), b"{}", b"[" * 5000]),
    event=st.sampled_from(["issues", "installation", "repository", "ping", "push", "", "\t", "é"]),
    delivery=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=120),
    signed=st.booleans(),
    kind=st.sampled_from(["application/json", "application/json; charset=utf-7", "text/html", ""]),
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_no_request_whatever_makes_the_receiver_fail(
    runtime: FakeRuntime, body: bytes, event: str, delivery: str, signed: bool, kind: str
) -> None:
    raw = [
        (b"content-type", kind.encode()),
        (b"x-github-event", event.encode("latin-1")),
        (b"x-github-delivery", delivery.encode("latin-1")),
        (b"x-hub-signature-256", sign(SECRET.encode() if signed else b"x", body).encode()),
    ]
    async with client(app(runtime)) as http:
        answer = await http.post(PATH, content=body, headers=raw)
    assert answer.status_code in {200, 202, 400, 401, 415}
    assert isinstance(answer.json(), dict)
