"""What a person does: a posted form → an act that is kept, done by a worker in its turn, and answered by a redirect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord, RepositoryRecord
from webhooks.dashboard.forms import Form, local
from webhooks.runtime import Runtime

EVENT = "dashboard"
WORKFLOW = "follow_act"
PATIENCE = 4.0  # seconds that a browser is kept waiting for the worker
LOOK_AGAIN = 0.05  # seconds between two looks
SAME_AS = "same_as"  # the detail of an act that was sent twice (`bot.activities.follow.TWIN`)
NOT_TAKEN = "it could not be handed to a worker; nothing was changed"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for: the cluster or issue that it is about, and the act's values, JSON-able."""

    cluster_id: str | None = None
    number: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    undoes: int | None = None


Act = Callable[[Form], Wish]
"""Reads one kind of act out of its form; raises `webhooks.dashboard.forms.Wrong` with a sentence."""


async def carry_out(
    runtime: Runtime, repository: RepositoryRecord, kind: str, wish: Wish, actor: str, at: datetime
) -> int:
    """Keep the act, hand it to a worker, and wait a moment for what comes of it; returns the act's id."""
    storage = runtime.storage
    act_id = await asyncio.to_thread(
        _kept,
        storage,
        ActRecord(None, repository.id, at, actor, kind, wish.cluster_id, wish.number, wish.details, undoes=wish.undoes),
    )
    try:
        await runtime.inbox.accept(_delivery(repository, kind, wish, act_id, at))
    except Exception:
        await asyncio.to_thread(storage.finish_act, act_id, "failed", NOT_TAKEN)
        raise
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        act = await asyncio.to_thread(storage.act, act_id)
        if act is None or act.state != "asked":
            return act_id if act is None else int(act.details.get(SAME_AS, act_id))
        await asyncio.sleep(LOOK_AGAIN)
    return act_id


def _kept(storage: Storage, record: ActRecord) -> int:
    """The act's id; one that takes another back is about what that one was about."""
    other = storage.act(record.undoes) if record.undoes is not None else None
    if other is not None and other.repository_id == record.repository_id:
        record = replace(record, cluster_id=other.cluster_id, number=other.number)
    return storage.save_act(record)


def delivery_id(act_id: int, at: datetime) -> str:
    """The name of an act's work. Where a repository was forgotten, SQLite gives the ids of its acts again, while the
    engine still knows the work that was named by them."""
    return f"act/{act_id}/{at:%Y%m%dT%H%M%S%f}"


def _delivery(repository: RepositoryRecord, kind: str, wish: Wish, act_id: int, at: datetime) -> DeliveryRecord:
    """The act as durable work, in the repository's own turn."""
    return DeliveryRecord(
        id=delivery_id(act_id, at),
        event=EVENT,
        action=kind,
        workflow=WORKFLOW,
        received_at=at,
        repository=repository.full_name,
        repository_id=repository.id,
        issue=wish.number,
        installation_id=repository.installation_id,
        details={"act": act_id},
    )


def back_to(path: str, act_id: int, otherwise: str) -> str:
    """The page that the form came from, saying which act was done."""
    parts = urlsplit(local(path, otherwise))
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if name != "act"]
    return f"{parts.path}?{urlencode([*pairs, ('act', act_id)])}"
