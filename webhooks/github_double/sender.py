"""Signed webhook deliveries over HTTP, each attempt kept as GitHub keeps it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import ssl
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache

import httpx
from starlette.background import BackgroundTask

from webhooks.github_double.answers import Announcement
from webhooks.github_double.records import Delivery
from webhooks.github_double.world import World

_STATUS = {True: "OK", False: "Invalid HTTP Response"}
LONGEST_ANSWER = 4096
ALWAYS_SENT = frozenset({"installation", "installation_repositories", "ping", "github_app_authorization", "meta"})


@cache
def _tls() -> ssl.SSLContext:
    """Made once: it takes longer than a delivery."""
    return ssl.create_default_context()


class Sender:
    """Hands deliveries to the App's webhook address, one attempt each, and records them."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.waiting = 0  # deliveries that a call caused and that are not over

    @property
    def ready(self) -> bool:
        """Whether there is an address to send to."""
        return self.world.config.webhook_url is not None

    def prepare(self, announcement: Announcement, guid: str | None = None) -> Delivery:
        """The delivery with its headers and exact body, signed where there is a secret, not yet sent."""
        world = self.world
        body = json.dumps(announcement.payload, ensure_ascii=False, separators=(",", ":"))
        repo = announcement.repository
        installation = world.installation_of(repo) if repo else None
        guid = guid or str(uuid.uuid4())
        return Delivery(
            id=world.new_id(),
            guid=guid,
            event=announcement.event,
            action=announcement.action or None,
            delivered_at=world.now(),
            headers=self._headers(announcement.event, guid, body),
            body=body,
            installation_id=announcement.installation_id or (installation.id if installation else None),
            repository_id=repo.id if repo else None,
        )

    def _headers(self, event: str, guid: str, body: str) -> Mapping[str, str]:
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/d0b1e00",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(self.world.app_id),
            "X-GitHub-Hook-Installation-Target-ID": str(self.world.app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
        }
        return headers | signatures(self.world.webhook_secret, body)

    async def send(self, delivery: Delivery) -> Delivery:
        """Post the delivery and record how it ended; never raises for what the receiver does."""
        started = time.monotonic()
        url, timeout = self.world.config.webhook_url or "", self.world.config.delivery_timeout_s
        try:
            async with httpx.AsyncClient(timeout=timeout, trust_env=False, verify=_tls()) as client:
                answer = await client.post(
                    url, content=delivery.body.encode("utf-8", "replace"), headers=delivery.headers
                )
            ended = replace(
                delivery,
                status=_STATUS[answer.is_success],
                status_code=answer.status_code,
                response_headers=dict(answer.headers),
                response_body=answer.text[:LONGEST_ANSWER],
            )
        except httpx.TimeoutException:
            ended = replace(delivery, status="timed out", status_code=504)
        except httpx.HTTPError:
            ended = replace(delivery, status="failed to connect to host", status_code=502)
        ended = replace(ended, duration=time.monotonic() - started)
        with self.world.lock:
            self.world.deliveries[ended.id] = ended
        return ended

    def later(self, work: Callable[[], Awaitable[object]]) -> BackgroundTask:
        """The work as a task for after the answer; `settled` waits for it."""
        self.waiting += 1

        async def run() -> None:
            try:
                await work()
            finally:
                self.waiting -= 1

        return BackgroundTask(run)

    async def settled(self) -> None:
        """Return once everything that was caused so far has been delivered or has failed."""
        while self.waiting:
            await asyncio.sleep(0.002)

    async def send_all(self, announcements: Iterable[Announcement]) -> None:
        """Send, in order, what the App subscribed to."""
        for announcement in announcements:
            with self.world.lock:
                delivery = self.prepare(announcement) if self._subscribed(announcement) else None
            if delivery is not None:
                await self.send(delivery)

    def _subscribed(self, announcement: Announcement) -> bool:
        if announcement.event in ALWAYS_SENT:
            return True
        found = self.world.installation_of(announcement.repository) if announcement.repository else None
        return found is not None and found.suspended_at is None and announcement.event in found.events

    async def redeliver(self, delivery_id: int) -> None:
        """Send a recorded delivery again, under its GUID."""
        with self.world.lock:
            first = self.world.deliveries[delivery_id]
            again = replace(first, id=self.world.new_id(), redelivery=True, delivered_at=self.world.now())
        await self.send(again)


def signatures(secret: str | None, body: str) -> dict[str, str]:
    """The two signature headers over the exact bytes; none without a secret."""
    if not secret:
        return {}
    key, raw = secret.encode(), body.encode("utf-8", "replace")
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, raw, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest(),
    }
