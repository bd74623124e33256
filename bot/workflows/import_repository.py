"""A repository's first reading: its whole history, silently."""

from __future__ import annotations

from dbos import DBOS

from bot.workflows.delivery import Delivery, GoesOn, recorded
from bot.workflows.repository_steps import import_slice, read_and_learn
from bot.workflows.steps import MAX_RECOVERIES


@DBOS.workflow(name="import_repository", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def import_repository(delivery: Delivery) -> str:
    """Nobody is notified: an import writes nothing to GitHub (INV 28). It goes on in turns, others between them."""
    state = import_slice(delivery)
    if not state["ended"]:
        raise GoesOn(state["words"])
    read_and_learn(delivery)
    return "imported"
