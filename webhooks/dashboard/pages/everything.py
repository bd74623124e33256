"""All repositories that the viewer may see, those first where something is wrong or rising."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.records import RepositoryRecord
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.shell import visible
from webhooks.dashboard.standing import Standing, standing_of


@dataclass(frozen=True, slots=True)
class Row:
    """One repository."""

    name: str
    standing: Standing
    waves: int
    last_refit: datetime | None


@dataclass(frozen=True, slots=True)
class Everything:
    """The page."""

    rows: Sequence[Row]


def read(asked: Asked) -> Everything:
    """The model of the page."""
    on = Counter(one.repository_id for one in asked.storage.waves(on=True))
    paused = asked.storage.pauses()
    refits = {one.repository_id: one.last_success for one in asked.storage.refit_standing(every=True)}
    rows = [_row(asked, one, on[one.id], refits.get(one.id), one.id in paused) for one in visible(asked)]
    return Everything(sorted(rows, key=lambda row: (-row.waves, row.standing.is_well, row.name)))


def _row(asked: Asked, one: RepositoryRecord, waves: int, refit: datetime | None, is_paused: bool) -> Row:
    config = asked.storage.config(one.id)
    return Row(one.full_name, standing_of(one, config, is_paused=is_paused), waves, refit)


def _table(model: Everything) -> Table:
    rows = [(row.name, row.standing.word, row.standing.sentence, row.waves, row.last_refit) for row in model.rows]
    return Table(("repository", "standing", "why", "waves now", "clusters as of"), rows)


PAGE = Page("/", "Repositories", "everything.html", read, about="everything", table=_table)
