"""A GitHub App's key pair, made for this run of the tests, and JWTs signed with it."""

from __future__ import annotations

import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_KEY = _KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
).decode()
PUBLIC_KEY = (
    _KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def app_jwt(*, app_id: object = 1, key: str = PRIVATE_KEY, issued: int = -30, expires: int = 300) -> str:
    """A JWT of the App; `issued` and `expires` in seconds from now."""
    now = int(time.time())
    return jwt.encode({"iat": now + issued, "exp": now + expires, "iss": str(app_id)}, key, algorithm="RS256")
