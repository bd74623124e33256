"""What a maintainer tells all members of a cluster: what stands now, what it would look like, whom it would reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.errors import TriageError
from webhooks.dashboard.page import Asked, Page, PageMissing
from webhooks.dashboard.people import spread_of
from webhooks.dashboard.standing import in_force, standing_at

if TYPE_CHECKING:
    from bot.activities.spread import Spread

LONGEST = 600  # characters that are read; what is told is shorter


@dataclass(frozen=True, slots=True)
class Standing:
    """What the members are told now."""

    text: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """The page. `text` is what would be told, `markdown` how it stands in a comment, `problem` why it cannot be;
    `spread`: how far what was told, or taken back, last has got; `silent`: why it would only be recorded;
    `last_at`: when the last comment can have it, where the budget has no room for all of them now."""

    cluster: str
    title: str
    now: Standing | None
    text: str
    markdown: str | None
    problem: str | None
    numbers: Sequence[int]
    spread: Spread | None
    silent: str | None
    last_at: datetime | None


def read(asked: Asked) -> Status:
    """The model of the page; a text in the address is shown as it would be told, and kept nowhere."""
    from bot.activities.broadcast import preview  # noqa: PLC0415 - it brings much that no other page needs

    storage, repository_id = asked.storage, asked.repository.id
    found = storage.clusters_in_force(repository_id, ids=[asked.path["cluster"]])
    if not found:
        raise PageMissing
    cluster, text = found[0], asked.query.lines("text", LONGEST)
    kept = storage.statuses(repository_id).get(cluster.id)
    now = Standing(kept.text, kept.actor, kept.at) if kept is not None else None
    problem = None
    shown = preview(storage, repository_id, cluster.id, None, asked.now)
    if text:
        try:
            shown = preview(storage, repository_id, cluster.id, text, asked.now)
        except TriageError as error:
            problem = str(error)
    return Status(
        cluster.id,
        cluster.title,
        now,
        shown.text or text,
        shown.markdown,
        problem,
        shown.numbers,
        _spread(asked, cluster.id),
        standing_at(asked).silent,
        _last_at(asked, len(shown.numbers)),
    )


def _last_at(asked: Asked, edits: int) -> datetime | None:
    from bot.activities.budget import last_edit_at, limits_of  # noqa: PLC0415 - as above

    config = in_force(asked.storage.config(asked.repository.id))
    limits = list(limits_of(asked.settings, asked.storage, asked.repository, config, asked.now))
    return last_edit_at(limits, edits, asked.now) if all(one.limit for one in limits) else None


def _spread(asked: Asked, cluster_id: str) -> Spread | None:
    acts = asked.storage.acts(asked.repository.id, cluster_id=cluster_id)
    last = next((act for act in acts if act.state == "done" and "spread" in act.details), None)
    return spread_of(asked.storage, last) if last is not None else None


PAGE = Page("/clusters/{cluster}/status", "Status", "status.html", read)
