"""What GitHub could not hand over: failed deliveries are asked for again, issues never seen are found (INV 32)."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.issue import Issue

REDELIVERED = timedelta(days=3)  # GitHub keeps deliveries for so long
LOOK_BACK = timedelta(days=3)  # how old an issue may be that is answered although nobody told of it
OVERLAP = timedelta(hours=3)  # looked through again at each run
MOST = 500  # deliveries asked for again in one run

log = structlog.get_logger(__name__)


def ask_again(services: Services) -> int:
    """Have every delivery that failed and is not known here sent again, the oldest first; returns how many."""
    if not services.settings.is_app:
        return 0
    failed = services.github.failed_deliveries(since=services.clock() - REDELIVERED)
    missing = [one for one in failed if services.storage.delivery(one.guid) is None]
    for one in missing[::-1][:MOST]:
        services.github.redeliver(one.id)
    log.info("deliveries.asked_again", count=min(len(missing), MOST))
    return min(len(missing), MOST)


def never_seen(services: Services, repository: RepositoryRecord, last_run: datetime | None) -> list[int]:
    """Open issues that came since the bot listens and of which no delivery told, in their order.

    What was there before belongs to the import, which is silent (INV 28).
    """
    first = services.storage.first_heard(repository.id)
    if first is None or repository.imported_at is None:
        return []
    now = services.clock()
    oldest = max(first, now - LOOK_BACK)
    since = max(oldest, min(now, last_run or oldest) - OVERLAP)
    found = [issue for page in services.reader(repository).issues(since=since) for issue in page]
    return sorted(one.number for one in found if one.created_at >= oldest and _is_new(services, repository.id, one))


def _is_new(services: Services, repository_id: int, issue: Issue) -> bool:
    if issue.is_pull_request or issue.author_is_bot or issue.state != "open":
        return False
    storage = services.storage
    known = storage.deliveries(repository_id=repository_id, issue=issue.number, limit=1)
    return not known and storage.last_decision(repository_id, issue.number) is None
