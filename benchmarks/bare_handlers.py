"""The floor to compare the receiver with: verify only, and verify with one durable insert, each as bare ASGI."""

from __future__ import annotations

import os
import sqlite3
from typing import Any

from bot.github.signature import verify

SECRET = os.environ["TRIAGE_WEBHOOK_SECRET"].encode()
DATABASE = os.environ["BENCH_DATABASE"]

_connections: list[sqlite3.Connection] = []


async def verify_only(scope: Any, receive: Any, send: Any) -> None:
    """202 where the signature is right."""
    if scope["type"] == "http":
        await _verified(scope, receive)
        await _answer(send)


async def verify_and_insert(scope: Any, receive: Any, send: Any) -> None:
    """The same, after one committed row (WAL, synchronous=FULL)."""
    if scope["type"] == "http":
        delivery = await _verified(scope, receive)
        _connection().execute("INSERT OR IGNORE INTO deliveries VALUES (?)", (delivery,))
        await _answer(send)


def _connection() -> sqlite3.Connection:
    if not _connections:
        connection = sqlite3.connect(DATABASE, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY)")
        _connections.append(connection)
    return _connections[0]


async def _verified(scope: Any, receive: Any) -> str:
    headers = {name: value.decode() for name, value in scope["headers"]}
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"] != "/healthz" and not verify(SECRET, body, headers[b"x-hub-signature-256"]):
        raise ValueError("the benchmark signed wrongly")
    return headers.get(b"x-github-delivery", "")


async def _answer(send: Any) -> None:
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
