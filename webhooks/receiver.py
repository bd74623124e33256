"""POST /webhooks/github: verify, parse, make durable, answer; as plain ASGI, because it is the hot path."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter
from starlette.types import Receive, Scope, Send

from bot.github import signature
from bot.storage.records import DeliveryRecord
from webhooks.delivery import BadDelivery, Ignored, Ping, delivery_id, read
from webhooks.runtime import Inbox

PATH = "/webhooks/github"
LARGEST_BODY = 25 * 1024 * 1024  # bytes; GitHub sends no more (INV 37)
RETRY_AFTER = 30  # seconds
BODY_SECONDS = 30.0  # for a whole body; GitHub itself gives up after 10

OUTCOMES = (
    "accepted",
    "duplicate",
    "ignored",
    "pong",
    "malformed",
    "unsigned",
    "wrong_signature",
    "wrong_method",
    "wrong_type",
    "too_large",
    "too_slow",
    "disconnected",
    "unavailable",
    "not_configured",
)

_log = structlog.get_logger("triage.receiver")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back, and the outcome under which it is counted and logged."""

    status: int
    outcome: str
    body: Mapping[str, str]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    delivery: DeliveryRecord | Ignored | None = None
    failure: str | None = None


class Disconnected(Exception):
    """The sender went away before the body was complete."""


class Receiver:
    """The endpoint. Without `inbox` and `secret` it is not configured, and says so with 503."""

    def __init__(self, secret: bytes | None, inbox: Inbox | None, registry: CollectorRegistry) -> None:
        self._secret = secret
        self._inbox = inbox
        counter = Counter(
            "triage_webhook_requests", "Requests to the receiver by outcome", ["outcome"], registry=registry
        )
        self._counted = {outcome: counter.labels(outcome) for outcome in OUTCOMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, count it and log it."""
        headers = _headers(scope)
        try:
            answer = await self._answer(scope["method"], headers, receive)
        except Disconnected:
            answer = Answer(0, "disconnected", {})
        self._counted[answer.outcome].inc()
        _log_line(answer, headers)
        if answer.status:
            await _send(answer, send)

    async def _answer(self, method: str, headers: Mapping[str, str], receive: Receive) -> Answer:
        if self._secret is None or self._inbox is None:
            return _refuse(503, "not_configured", "not configured: no GitHub App is set up yet, open /setup")
        refusal = _refuse_early(method, headers)
        if refusal is not None:
            return refusal
        body = await _read(receive)
        if isinstance(body, Answer):
            return body
        if not signature.verify(self._secret, body, headers["x-hub-signature-256"]):
            return _refuse(
                401,
                "wrong_signature",
                "X-Hub-Signature-256 does not match the body: set TRIAGE_WEBHOOK_SECRET to the App's webhook secret",
            )
        try:
            delivery = read(headers, body, datetime.now(UTC))
        except BadDelivery as error:
            return _refuse(400, "malformed", str(error))
        return await _take(delivery, self._inbox)


def _refuse_early(method: str, headers: Mapping[str, str]) -> Answer | None:
    """What can be refused before the body is read."""
    if method != "POST":
        return _refuse(405, "wrong_method", "only POST is accepted here", (b"allow", b"POST"))
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refuse(
            415, "wrong_type", "the content type is not application/json: choose it in the webhook's settings"
        )
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        return _refuse(400, "malformed", "Content-Length is not a number")
    if len(length) > 15 or int(length) > LARGEST_BODY:
        return _too_large()
    if "x-hub-signature-256" not in headers:
        return _refuse(401, "unsigned", "X-Hub-Signature-256 is missing: set a webhook secret in the App's settings")
    return None


async def _take(delivery: DeliveryRecord | Ping | Ignored, inbox: Inbox) -> Answer:
    if isinstance(delivery, Ping):
        return Answer(200, "pong", {"status": "pong"})
    if isinstance(delivery, Ignored):
        return Answer(202, "ignored", {"status": "ignored", "reason": delivery.reason}, delivery=delivery)
    try:
        new = await inbox.accept(delivery)
    except Exception as error:  # whatever went wrong there, the delivery is not durable
        reason = "the delivery could not be stored; deliver it again later"
        retry = ((b"retry-after", str(RETRY_AFTER).encode()),)
        return Answer(503, "unavailable", {"error": reason}, retry, delivery, type(error).__name__)
    status = "accepted" if new else "duplicate"
    return Answer(202, status, {"status": status, "delivery": delivery.id}, delivery=delivery)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def _read(receive: Receive) -> bytes | Answer:
    """The whole body, or the refusal of one that is too large or too slow; raises Disconnected."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(receive)
    except TimeoutError:
        return _refuse(408, "too_slow", f"the body took over {BODY_SECONDS:.0f} s", (b"connection", b"close"))
    return _too_large() if body is None else body


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None as soon as it is larger than allowed; raises Disconnected."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        return whole if len(whole) <= LARGEST_BODY else None
    body = bytearray()
    while True:
        if message["type"] == "http.disconnect":
            raise Disconnected
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            return None
        if not message.get("more_body", False):
            return bytes(body)
        message = await receive()


def _too_large() -> Answer:
    return _refuse(413, "too_large", f"the body is larger than {LARGEST_BODY} bytes, GitHub's own limit")


def _refuse(status: int, outcome: str, reason: str, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(status, outcome, {"error": reason}, headers)


async def _send(answer: Answer, send: Send) -> None:
    body = json.dumps(answer.body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _log_line(answer: Answer, headers: Mapping[str, str]) -> None:
    """One line for each request; names and numbers only, never a header or a body as it came."""
    known: dict[str, Any] = {"outcome": answer.outcome, "status": answer.status}
    delivery = answer.delivery
    if delivery is not None:
        known |= {"github_event": delivery.event, "action": delivery.action}
        known |= {"repository": delivery.repository, "issue": delivery.issue}
    try:
        known["delivery"] = delivery_id(headers.get("x-github-delivery"))
    except BadDelivery:
        known["delivery"] = None
    if answer.failure is not None:
        known["failure"] = answer.failure
    if "error" in answer.body:
        known["reason"] = answer.body["error"]
    write = _log.warning if answer.status >= 400 else _log.info
    write("delivery", **known)
