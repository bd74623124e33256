"""The REST endpoints of webhook deliveries."""

from __future__ import annotations

import json

from webhooks.github_double.answers import Answer, Json, Refusal, not_found
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.paging import link, per_page
from webhooks.github_double.records import Delivery
from webhooks.github_double.shapes import time_text


def list_deliveries(call: Call) -> Answer:
    """GET the webhook deliveries, newest first, by cursor."""
    size, cursor = per_page(call), call.query.get("cursor")
    below = _cursor(cursor) if cursor else None
    newest = sorted(call.world.deliveries.values(), key=lambda delivery: -delivery.id)
    wanted = [d for d in newest if (below is None or d.id < below) and _of_status(d, call.query.get("status"))]
    part = wanted[:size]
    more = [("next", {"cursor": f"v1_{part[-1].id}", "per_page": size})] if len(wanted) > size else []
    return Answer(200, [delivery_json(delivery) for delivery in part], link(call, more))


def _of_status(delivery: Delivery, status: str | None) -> bool:
    passed = 200 <= delivery.status_code < 400
    return status is None or (status == "success") == passed


def _cursor(text: str) -> int:
    number = text.removeprefix("v1_")
    if not number.isascii() or not number.isdigit():
        raise Refusal(400, "Invalid cursor")
    return int(number)


def _delivery(call: Call) -> Delivery:
    found = call.world.deliveries.get(call.number("delivery"))
    if found is None:
        raise not_found()
    return found


def get_delivery(call: Call) -> Answer:
    """GET one delivery with its request and response."""
    return Answer(200, delivery_json(_delivery(call), whole=True))


def redeliver(call: Call) -> Answer:
    """POST another attempt of a delivery, with the same GUID."""
    return Answer(202, {}, redeliver=_delivery(call).id)


def delivery_json(delivery: Delivery, *, whole: bool = False) -> Json:
    """A delivery; `whole` with what was sent and answered."""
    shown: Json = {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": time_text(delivery.delivered_at),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.duration, 2),
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }
    if whole:
        shown["request"] = {"headers": dict(delivery.headers), "payload": json.loads(delivery.body)}
        shown["response"] = {"headers": dict(delivery.response_headers), "payload": delivery.response_body}
    return shown


DELIVERIES = "/app/hook/deliveries"
ROUTES = (
    Route("GET", DELIVERIES, list_deliveries, actor="app"),
    Route("GET", DELIVERIES + "/{delivery}", get_delivery, actor="app"),
    Route("POST", DELIVERIES + "/{delivery}/attempts", redeliver, actor="app"),
)
