"""A delivery's signature: HMAC-SHA256 of the raw bytes (https://docs.github.com/en/webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import re

_HEADER = re.compile(r"sha256=[0-9a-f]{64}", re.ASCII)


def sign(secret: bytes, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`; raises ValueError for an empty secret."""
    if not secret:
        raise ValueError("an empty webhook secret would accept what anybody signs")
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def verify(secret: bytes, body: bytes, header: str | None) -> bool:
    """Whether the header signs exactly these bytes, in constant time; raises ValueError for an empty secret."""
    expected = sign(secret, body)
    if header is None or _HEADER.fullmatch(header) is None:
        return False
    return hmac.compare_digest(expected, header)
