"""What the bot owes to people: a sign that it heard, and after a pause what it had to take back meanwhile."""

from __future__ import annotations

import structlog

from bot.activities.act import stands
from bot.activities.listen import SILENT, Heard
from bot.activities.words import WITHHELD, is_paused
from bot.errors import Gone, Permanent
from bot.github.gateway import Gateway
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import PAUSED, RepositoryRecord
from models.decision import EffectKind

DONE, CONFUSED = "+1", "confused"
MOST = 1000  # effects looked through after a pause

log = structlog.get_logger(__name__)


def acknowledge(
    services: Services, repository: RepositoryRecord, config: RepoConfig, comment_id: int, heard: Heard
) -> list[str]:
    """A thumbs-up for what was obeyed, a confused face for what could not be; returns those that were given."""
    paused = is_paused(services.storage.pauses(repository.id), repository.id)
    if config.mode == "shadow" or (paused and not SILENT & set(heard.obeyed)):
        return []
    gateway = Gateway(services.writer(repository), services.reader(repository))
    wanted = [sign for sign, words in ((DONE, heard.obeyed), (CONFUSED, heard.refused)) if words]
    try:
        for sign in wanted:
            gateway.react(comment_id, sign)
    except (Gone, Permanent) as error:  # the word counts all the same
        log.info("reaction.left", reason=str(error))
        return []
    return wanted


def withheld(services: Services, repository: RepositoryRecord) -> list[int]:
    """The issues on which the bot has spoken and had something to change while it was paused, in their order.

    What it would have said for the first time stays unsaid: it would come too late (INV 28).
    """
    said = services.storage.feedback(repository.id)
    since = max((one.said_at for one in said if one.kind == PAUSED), default=None)
    rows = services.storage.effects(repository.id, state="shadow", limit=MOST)
    numbers = {row.number for row in rows if row.reason == WITHHELD and since is not None and row.planned_at >= since}
    return [number for number in sorted(numbers) if _spoke(services, repository, number)]


def _spoke(services: Services, repository: RepositoryRecord, number: int) -> bool:
    rows = services.storage.effects(repository.id, number=number, kind=EffectKind.COMMENT.value)
    return any(stands(row) for row in rows)
