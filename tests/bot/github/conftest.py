"""A scripted GitHub on a real socket, and clients that talk to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.fakes.http_server import Asked, Reply, ScriptedServer, serving

from bot.github.client import GitHubClient, open_github
from bot.settings import Settings

APP_ID = 4711
TOKENS = re.compile(r"/app/installations/(\d+)/access_tokens")


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving() as script:
        yield script


class Time:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def as_token(server: ScriptedServer, time: Time) -> Iterator[GitHubClient]:
    client = open_github(_settings(server, github_token="ghp_plain"), timeout=5, clock=time)
    yield client
    client.close()


@pytest.fixture
def as_app(server: ScriptedServer, time: Time, private_key: str) -> Iterator[GitHubClient]:
    client = open_github(_settings(server, app_id=APP_ID, private_key=private_key), timeout=5, clock=time)
    yield client
    client.close()


def _settings(server: ScriptedServer, **values: Any) -> Settings:
    return Settings(_env_file=None, github_api_url=server.url, **values)  # type: ignore[call-arg]


class AppScript:
    """Hands out tokens t1, t2, …, good for an hour of the test's clock; everything else goes to `answer`."""

    def __init__(self, time: Time, answer: Callable[[Asked], Reply]) -> None:
        self.time = time
        self.answer = answer
        self.minted: list[Asked] = []

    def __call__(self, asked: Asked) -> Reply:
        if TOKENS.fullmatch(asked.path) is None:
            return self.answer(asked)
        claims = jwt.decode(asked.headers["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
        assert claims["iss"] == str(APP_ID)
        self.minted.append(asked)
        expires = _iso(self.time.now + 3600)
        return Reply(201, {"token": f"t{len(self.minted)}", "expires_at": expires})


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
