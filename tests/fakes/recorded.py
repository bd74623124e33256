"""A seeded double on a real socket, and the layer before it that keeps every exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.fakes.app_key import PUBLIC_KEY, app_jwt
from tests.fakes.openapi import Exchange
from webhooks.github_double.app import create_double
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import listen
from webhooks.github_double.shell import Double

SEED = {
    "full_name": "acme/app",
    "config": "version: 1\n",
    "collaborators": {"mia": "maintain", "tim": "triage"},
    "labels": ["billing"],
    "issues": [
        {"number": 1, "title": "Balance is wrong", "body": "It says 0.", "user": "ann", "labels": ["bug"]},
        {"number": 2, "title": "Balance wrong again", "body": "Like #1.", "user": "bob"},
        {"number": 3, "title": "Fix the balance", "body": None, "user": "mia", "is_pull_request": True},
        {"number": 4, "title": "Done", "body": "x", "user": "ann", "state": "closed", "state_reason": "not_planned"},
        {"number": 5, "title": "To be moved", "body": "x", "user": "ann"},
        {"number": 6, "title": "To be deleted", "body": "x", "user": "ann"},
    ],
}


class Recorder:
    """Serves `app` and remembers what was asked and answered, in order."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.exchanges: list[Exchange] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked, answered = bytearray(), bytearray()
        start: dict[str, Any] = {}

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            start.update(message if message["type"] == "http.response.start" else {})
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, hear, say)
        if start and not scope["path"].startswith("/_double"):
            self.exchanges.append(
                Exchange(
                    scope["method"],
                    scope["path"],
                    scope["query_string"].decode(),
                    _headers(scope["headers"]),
                    bytes(asked),
                    start["status"],
                    _headers(start["headers"]),
                    bytes(answered),
                )
            )


def _headers(pairs: Any) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in pairs}


@dataclass(frozen=True, slots=True)
class Recorded:
    """The served double: `recorder.exchanges` are what was said so far."""

    url: str
    http: httpx.Client
    recorder: Recorder
    installation_id: int
    double: Double

    def token(self, **asked: object) -> dict[str, str]:
        """Headers with a new installation token, asked for as given."""
        answer = self.http.post(
            f"/app/installations/{self.installation_id}/access_tokens", json=asked, headers=self.app()
        )
        return {"authorization": f"Bearer {answer.json()['token']}"}

    def person(self, login: str) -> dict[str, str]:
        """Headers with a person's token."""
        return {"authorization": f"token {self.http.post('/_double/tokens', json={'login': login}).json()['token']}"}

    def app(self) -> dict[str, str]:
        """Headers with the App's JWT."""
        return {"authorization": f"Bearer {app_jwt()}"}


@contextmanager
def recorded_github() -> Iterator[Recorded]:
    """A double with `acme/app` as SEED says and an empty `acme/other`."""
    dead_end = "http://127.0.0.1:9/"  # nothing listens there: deliveries fail and are kept
    config = DoubleConfig(public_key=PUBLIC_KEY, webhook_url=dead_end, webhook_secret="s", announce=False)
    app = create_double(config)
    recorder = Recorder(app)
    with listen(recorder) as url, httpx.Client(base_url=url, trust_env=False, verify=False) as http:
        seeded = http.post("/_double/repositories", json=SEED).json()
        http.post("/_double/repositories", json={"full_name": "acme/other"})
        yield Recorded(url, http, recorder, seeded["installation_id"], app.state.double)
