"""A scripted GitHub on a real socket, and clients that talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.github.client import GitHubClient, open_github
from bot.settings import Settings
from tests.fakes.github_app import APP_ID, Time
from tests.fakes.http_server import ScriptedServer, serving


@pytest.fixture(scope="session")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving() as script:
        yield script


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
