"""Signed requests as GitHub sends them, and the receiver to send them to."""

from __future__ import annotations

import json
from typing import Any

import httpx
from fastapi import FastAPI

from bot.github.signature import sign
from bot.settings import Settings
from tests.fakes.inbox import FakeRuntime
from webhooks.app import create_app

SECRET = "a test's own secret"
PATH = "/webhooks/github"


def settings(**changes: Any) -> Settings:
    """Settings that no environment and no `.env` of the machine can change."""
    return Settings(_env_file=None, **{"webhook_secret": SECRET, **changes})  # type: ignore[call-arg]


def app(runtime: FakeRuntime, **changes: Any) -> FastAPI:
    return create_app(settings(**changes), runtime=runtime)


def client(application: FastAPI, base_url: str = "http://127.0.0.1:8000", host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application, client=(host, 51000))
    return httpx.AsyncClient(transport=transport, base_url=base_url)


def issue_payload(action: str = "opened", **changes: Any) -> dict[str, Any]:
    """An `issues` payload with prose in every place where a person can write."""
    return {
        "action": action,
        "issue": {"number": 7, "title": "PROSE title", "body": "PROSE body", "user": {"login": "ann"}},
        "repository": {"id": 11, "full_name": "octo/widgets", "description": "PROSE description"},
        "installation": {"id": 3},
        "sender": {"login": "ann", "type": "User"},
        **changes,
    }


def headers(body: bytes, event: str = "issues", delivery: str = "d-1", secret: str = SECRET) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": sign(secret.encode(), body),
    }


async def post(
    http: httpx.AsyncClient, payload: Any, event: str = "issues", delivery: str = "d-1", **changed: str
) -> httpx.Response:
    """Post a payload (bytes as they are, anything else as JSON), signed; `changed` headers in snake case."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    sent = headers(body, event, delivery) | {name.replace("_", "-"): value for name, value in changed.items()}
    return await http.post(PATH, content=body, headers=sent)
