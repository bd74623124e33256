"""Deliveries as GitHub sends them: a signed POST to the server's endpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

from bot.errors import Unavailable
from bot.github.signature import sign

PATH = "/webhooks/github"
TIMEOUT_SECONDS = 30.0  # GitHub itself waits 10


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, ready to be posted: the exact bytes of its body."""

    id: str
    event: str
    action: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    data: Mapping[str, Any]

    @property
    def was_taken(self) -> bool:
        """Whether it was accepted, known, or not of interest."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The status word with its reason, or the error."""
        words = [self.data.get(name) for name in ("status", "reason", "error")]
        return ": ".join(str(word) for word in words if word) or "no JSON answer"


class Poster:
    """Posts to one server, over one connection that is kept."""

    def __init__(self, server: str, secret: bytes) -> None:
        self._server = server.rstrip("/")
        self._secret = secret
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Poster:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._client.close()

    def post(self, delivery: Delivery) -> Answer:
        """Post it; raises Unavailable where the server cannot be reached."""
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/replay",
            "X-GitHub-Delivery": delivery.id,
            "X-GitHub-Event": delivery.event,
            "X-Hub-Signature-256": sign(self._secret, delivery.body),
        }
        try:
            answer = self._client.post(self._server + PATH, content=delivery.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"{self._server} cannot be reached ({type(error).__name__})") from None
        return Answer(answer.status_code, _object(answer.content))


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(content)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}
