"""Tell maintainers in one comment what is wrong with their configuration, where they asked for it (INV 27)."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.config_notice import tell
from bot.activities.observe import current_config
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.followers import TELL_CONFIG
from bot.workflows.issue_steps import ahead_of
from bot.workflows.repository_steps import repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step


@DBOS.workflow(name=TELL_CONFIG, max_recovery_attempts=MAX_RECOVERIES)
@recorded
def tell_config(delivery: Delivery) -> str:
    """Write or edit the comment; the outcome is its effect's state, or why nothing was done."""
    return str(write_notice(delivery))


@step
def write_notice(delivery: Delivery) -> str:
    """Look at the configuration once more, and say what is so now."""
    repository = repository_of(delivery)
    with services().storage.lock(repository.id):
        config = current_config(services(), repository)
        return tell(services(), repository, config, delivery["id"], ahead=ahead_of(delivery))
