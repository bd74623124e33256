"""What follows from the secret in a browser's cookie: the session's id, its form token, and the key of what is sealed.

The database holds the id only, which is a hash. Without the cookie nothing in it can be opened.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SECRET_BYTES = 32


def new_secret() -> str:
    """A fresh secret, fit for a cookie."""
    return secrets.token_urlsafe(SECRET_BYTES)


def derived(secret: str, purpose: str) -> str:
    """Another secret for one purpose, from which the first cannot be had back: HMAC-SHA256, URL-safe."""
    digest = hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def session_id(secret: str) -> str:
    """Under which the session is kept."""
    return derived(secret, "session id")


def form_token(secret: str) -> str:
    """What a form of this session has to carry."""
    return derived(secret, "form token")


def challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def same(one: str, other: str) -> bool:
    """Equality in constant time."""
    return secrets.compare_digest(one.encode(), other.encode())


def seal(secret: str, text: str) -> str:
    """The text encrypted and signed under a key that only the secret gives."""
    return _box(secret).encrypt(text.encode()).decode()


def unseal(secret: str, sealed: str) -> str:
    """The text; raises ValueError where it was sealed under another secret, or changed."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - opened at the first sign-in

    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise ValueError("not sealed under this secret") from None


def _box(secret: str) -> Fernet:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - opened at the first sign-in

    key = hmac.new(secret.encode(), b"seal", hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(key))
