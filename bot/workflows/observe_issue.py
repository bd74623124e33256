"""Something happened to an issue without a new text: keep what is known of it true, and heed what people did."""

from __future__ import annotations

from dbos import DBOS

from bot.activities.notice import notice
from bot.activities.observe import current_config
from bot.workflows.delivery import Delivery, recorded
from bot.workflows.followers import follow_after
from bot.workflows.issue_steps import decide_and_act, is_there
from bot.workflows.repository_steps import repository_of
from bot.workflows.steps import MAX_RECOVERIES, services, step


@DBOS.workflow(name="observe_issue", max_recovery_attempts=MAX_RECOVERIES)
@recorded
def observe_issue(delivery: Delivery) -> str:
    """Read the issue again, whatever the order of the deliveries; decide it again where a person's act asks for it."""
    there = refresh(delivery)
    if there and heed(delivery):
        return decide_and_act(delivery, "feedback", silent=True)
    follow_after(delivery["repository_id"], delivery["issue"])
    return "observed" if there else "gone"


@step
def refresh(delivery: Delivery) -> bool:
    """Read the issue as it is now, and the configuration where the last look is old; whether it is still there."""
    repository = repository_of(delivery)
    there = is_there(repository, delivery["issue"])
    current_config(services(), repository)
    return there


@step
def heed(delivery: Delivery) -> bool:
    """Remember what a person did; whether to decide again. A repository that was never read has nothing to decide."""
    repository = repository_of(delivery)
    return notice(services(), repository, delivery) and repository.imported_at is not None
