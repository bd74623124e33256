"""A maintainer at the dashboard of a bot that works: acts are posted as a page's form would post them."""

from __future__ import annotations

from typing import Any

import httpx

from bot.storage.dashboard_records import ActRecord
from models.cluster import Cluster
from tests.fakes.dashboard import form_token
from tests.fakes.running import Running
from webhooks.dashboard.posting import delivery_id


async def acted(bot: Running, http: httpx.AsyncClient, kind: str, **fields: Any) -> ActRecord:
    """Post the act as a page's form would, and wait for what comes of it."""
    page = f"/r/{bot.name}/clusters"
    token = form_token((await http.get(page)).text)
    data = {name: value if isinstance(value, list) else str(value) for name, value in fields.items()}
    answer = await http.post(f"/r/{bot.name}/do/{kind}", data={"form_token": token, "back": page, **data})
    assert answer.status_code == 303, answer.text
    act_id = int(answer.headers["location"].rpartition("act=")[2])
    await bot.until(lambda: settled(bot, act_id))
    act = bot.storage.act(act_id)
    assert act is not None
    return act


def settled(bot: Running, act_id: int) -> bool:
    act = bot.storage.act(act_id)
    row = bot.storage.delivery(delivery_id(act_id, act.at)) if act is not None else None
    return row is not None and row.state in {"done", "failed"} and act is not None and act.state != "asked"


def cluster(bot: Running, name: str = "extra") -> Cluster:
    (found,) = bot.storage.clusters_in_force(bot.record.id, ids=[name])
    return found
