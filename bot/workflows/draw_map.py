"""A repository's map, drawn beside its queue: a decision never waits for a picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.draw_map import draw_map as draw
from bot.workflows.log_context import names_repository
from bot.workflows.repository_steps import MAP, repository_of, words_of
from bot.workflows.steps import MAX_RECOVERIES, StepFailed, StepPostponed, StepStopped, StepWaits, bulk_step, services

log = structlog.get_logger(__name__)


@DBOS.workflow(name=MAP, max_recovery_attempts=MAX_RECOVERIES)
@names_repository
def draw_map(order: dict[str, Any]) -> str:
    """The clusters are published whether or not there is a new map."""
    try:
        draw_map_of(order)
    except (StepStopped, StepWaits, StepPostponed, StepFailed) as failure:
        log.warning("map.failed", reason=words_of(failure))
        return "failed"
    return "drawn"


@bulk_step
def draw_map_of(order: Mapping[str, Any]) -> None:
    """Draw the map anew and keep it."""
    draw(services(), repository_of(order))
