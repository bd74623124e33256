"""A repository's first reading: its whole history, silently."""

from __future__ import annotations

import structlog
from dbos import DBOS

from bot.activities.backtest import AFTER_IMPORT, backtest
from bot.errors import where
from bot.workflows.delivery import Delivery, GoesOn, recorded
from bot.workflows.repository_steps import import_slice, read_and_learn, repository_of
from bot.workflows.steps import MAX_RECOVERIES, bulk_step, services

log = structlog.get_logger(__name__)


@DBOS.workflow(name="import_repository", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def import_repository(delivery: Delivery) -> str:
    """Nobody is notified: an import writes nothing to GitHub (INV 28). It goes on in turns, others between them."""
    state = import_slice(delivery)
    if not state["ended"]:
        raise GoesOn(state["words"])
    read_and_learn(delivery)
    backtest_of(delivery)
    return "imported"


@bulk_step
def backtest_of(delivery: Delivery) -> int:
    """Look how the bot would have done on a sample of the history; returns of how many issues, 0 where it failed."""
    try:
        return backtest(services(), repository_of(delivery), sample=AFTER_IMPORT).issues
    except Exception as error:  # the import is good without it
        log.warning("backtest.failed", reason=" at ".join(where(error)))
        return 0
