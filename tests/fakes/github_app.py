"""The App's side of a scripted GitHub: it hands out installation tokens and remembers how they were asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import jwt

from tests.fakes.http_server import Asked, Reply

APP_ID = 4711
_TOKENS = re.compile(r"/app/installations/(\d+)/access_tokens")


class Time:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class AppScript:
    """Hands out tokens t1, t2, …, good for an hour of the test's clock; everything else goes to `answer`."""

    def __init__(self, time: Time, answer: Callable[[Asked], Reply]) -> None:
        self.time = time
        self.answer = answer
        self.minted: list[Asked] = []

    def __call__(self, asked: Asked) -> Reply:
        if _TOKENS.fullmatch(asked.path) is None:
            return self.answer(asked)
        claims = jwt.decode(asked.headers["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
        assert claims["iss"] == str(APP_ID)
        self.minted.append(asked)
        expires = datetime.fromtimestamp(self.time.now + 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Reply(201, {"token": f"t{len(self.minted)}", "expires_at": expires})
