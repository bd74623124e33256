"""What met a repository that could not be worked on is taken up when it can be again: nothing is lost."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.inbox import to_input
from bot.workflows.delivery import STOPPED, Delivery, enqueue
from bot.workflows.steps import services, step

MOST = 10_000  # deliveries looked through, the newest


def resume(delivery: Delivery, repository_ids: Collection[int]) -> None:
    """Enqueue again, in their order, the deliveries of these repositories that ended as stopped."""
    for stopped in stopped_deliveries(sorted(repository_ids)):
        identity = f"{stopped['id']}/resumed/{delivery['id']}"
        enqueue(stopped["workflow"], identity, stopped["partition"], stopped)


@step
def stopped_deliveries(repository_ids: list[int]) -> list[dict[str, Any]]:
    """The workflows' inputs, oldest first."""
    ended = services().storage.deliveries(state="done", limit=MOST)
    return [
        to_input(row)
        for row in reversed(ended)
        if row.repository_id in repository_ids and (row.outcome or "").startswith(STOPPED)
    ]
