"""The App-manifest flow's two answers: the new App's credentials, and what GitHub granted it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.github import mapping
from bot.github.auth import exchange
from bot.github.line import read, segment
from bot.github.wire import Request, Wire


@dataclass(frozen=True, slots=True)
class Credentials:
    """What GitHub hands out once for a new App; the secrets stay out of its repr."""

    app_id: int
    slug: str
    client_id: str
    html_url: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    pem: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """The App's permissions and the files that its single-file permission covers (empty: none named)."""

    slug: str
    permissions: Mapping[str, str]
    single_files: tuple[str, ...]


def convert_code(api_url: str, code: str) -> Credentials:
    """Exchange the manifest flow's code (valid once, for an hour); raises Gone for one that is spent or unknown.

    https://docs.github.com/en/rest/apps/apps#create-a-github-app-from-a-manifest
    """
    path = f"/app-manifests/{segment(code, 'manifest code')}/conversions"
    wire = Wire(api_url)
    try:
        answer = exchange(wire, Request("POST", path, name="the exchange of the App manifest's code"), None)
    finally:
        wire.close()
    return read(answer, _credentials)


def granted(data: Any) -> Granted:
    """What GET /app says was granted. Raises `mapping.Malformed`."""
    permissions = {key: str(value) for key, value in mapping.table(data, "permissions").items()}
    paths = data.get("single_file_paths") or [data.get("single_file_name")]
    files = tuple(path for path in paths if isinstance(path, str) and path)
    return Granted(mapping.string(data, "slug"), permissions, files)


def _credentials(data: Any) -> Credentials:
    return Credentials(
        app_id=mapping.number(data),
        slug=mapping.string(data, "slug"),
        client_id=mapping.string(data, "client_id"),
        html_url=mapping.string(data, "html_url"),
        client_secret=mapping.string(data, "client_secret"),
        webhook_secret=mapping.string(data, "webhook_secret"),
        pem=mapping.string(data, "pem"),
    )
