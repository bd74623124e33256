"""The door to the operator's own webhook: numbers go out as signed JSON, and nothing that comes back is read."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

from bot.errors import TriageError, Unavailable

SECONDS = 10.0  # for the whole exchange, however slowly the receiver lets its answer drip
SIGNATURE = "X-Triage-Signature-256"
PASSING = frozenset({408, 425, 429})  # answers beside 5xx after which trying again can help


class Refused(TriageError):
    """The receiver does not want it; trying again cannot help."""


def post(
    url: str, notice: Mapping[str, Any], *, secret: str | None = None, via: httpx.AsyncBaseTransport | None = None
) -> None:
    """Post one notice. Raises Unavailable for a passing fault, Refused for any other answer than 2xx.

    Redirects are not followed, for whoever answers must not choose where we post; no message quotes the URL, which is
    often a secret itself.
    """
    body = json.dumps(notice, ensure_ascii=False, sort_keys=True).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "triage"}
    if secret is not None:
        headers[SIGNATURE] = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    try:
        status = asyncio.run(asyncio.wait_for(_status_of(url, body, headers, via), SECONDS))
    except (
        httpx.HTTPError,
        httpx.InvalidURL,
        UnicodeError,
        TimeoutError,
    ) as error:  # UnicodeError: a host that is no name
        raise Unavailable(f"the alert's receiver did not answer ({type(error).__name__})") from None
    if status >= 500 or status in PASSING:
        raise Unavailable(f"the alert's receiver answered {status}")
    if not 200 <= status < 300:
        raise Refused(f"the alert's receiver answered {status}")


async def _status_of(url: str, body: bytes, headers: Mapping[str, str], via: httpx.AsyncBaseTransport | None) -> int:
    """The answer's status; its body is left unread."""
    async with (
        httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, transport=via) as client,
        client.stream("POST", url, content=body, headers=headers) as answer,
    ):
        return answer.status_code
