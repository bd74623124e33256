"""Signatures are made and checked on raw bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.github.signature import sign, verify

BODY = b"Hello, World!"
SECRET = b"It's a Secret to Everybody"
# GitHub's own example: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
EXAMPLE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_own_example_is_signed_and_verified():
    assert sign(SECRET, BODY) == EXAMPLE
    assert verify(SECRET, BODY, EXAMPLE)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        EXAMPLE.removeprefix("sha256="),
        EXAMPLE.replace("sha256", "sha1"),
        EXAMPLE + "\n",
        EXAMPLE + "0",
        EXAMPLE[:-1],
        EXAMPLE[:-1] + "8",
        EXAMPLE.upper(),
        " " + EXAMPLE,
        "sha256=" + "é" * 64,
        "sha256=" + "٣" * 64,
        "sha256=" + "\x00" * 64,
    ],
)
def test_any_other_header_is_refused(header: str | None):
    assert not verify(SECRET, BODY, header)


def test_an_empty_secret_is_an_error_and_not_a_weak_secret():
    with pytest.raises(ValueError, match="empty"):
        sign(b"", BODY)
    with pytest.raises(ValueError, match="empty"):
        verify(b"", BODY, EXAMPLE)


@given(secret=st.binary(min_size=1), body=st.binary(), position=st.integers(min_value=0), flip=st.integers(1, 255))
def test_a_signature_fits_its_own_bytes_only(secret: bytes, body: bytes, position: int, flip: int):
    header = sign(secret, body)
    assert verify(secret, body, header)
    if body:
        position %= len(body)
        changed = body[:position] + bytes([body[position] ^ flip]) + body[position + 1 :]
        assert not verify(secret, changed, header)


@given(st.text())
def test_a_header_of_any_text_is_answered_and_never_raises(header: str):
    assert verify(SECRET, BODY, header) is (header == EXAMPLE)
