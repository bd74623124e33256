"""What met a repository that could not be worked on is taken up when it can be again: nothing is lost."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bot.inbox import to_input
from bot.workflows.enqueue import enqueue
from bot.workflows.steps import services, step

STOPPED = "stopped: "  # how the outcome of a delivery begins whose repository could not be worked on
MOST = 10_000  # deliveries taken up at a time

_nothing_stopped: set[int] = set()  # repositories that this process need not look through; the hourly task does


def resume(repository_ids: Collection[int]) -> None:
    """Enqueue again, in their order, the deliveries of these repositories that ended as stopped; each once for each
    time that it was stopped, whoever asks for it."""
    for payload, identity in stopped_deliveries(sorted(repository_ids)):
        enqueue(payload["workflow"], identity, payload["partition"], payload)


def resume_others(repository_id: int | None) -> None:
    """The same after a delivery that was worked off: where one can be, the others can."""
    if repository_id is None or repository_id in _nothing_stopped:
        return
    if services().storage.deliveries(repository_id=repository_id, outcome=STOPPED, limit=1):
        resume([repository_id])
    else:
        _nothing_stopped.add(repository_id)


def note_stop(repository_id: int | None) -> None:
    """A delivery of the repository is about to end as stopped."""
    _nothing_stopped.discard(repository_id or 0)


@step
def stopped_deliveries(repository_ids: list[int]) -> list[tuple[dict[str, Any], str]]:
    """The workflows' inputs and new identities, oldest first."""
    storage = services().storage
    ended = [
        row
        for repository_id in repository_ids
        for row in reversed(storage.deliveries(repository_id=repository_id, outcome=STOPPED, limit=MOST))
    ]
    runs = [f"{row.id}/resumed/{row.finished_at:%Y%m%dT%H%M%S%f}" for row in ended]
    return [(to_input(row) | {"run": run}, run) for row, run in zip(ended, runs, strict=True)]
