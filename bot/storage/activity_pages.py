"""Everything that the bot did or would have done, and everything that people did and said, one page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, exists, func, literal, null, select, union_all

from bot.storage.cluster_tables import cluster_edits
from bot.storage.columns import SafeText
from bot.storage.dashboard_tables import acts
from bot.storage.door import Door
from bot.storage.look_records import EffectQuery, PeopleQuery, PeopleRow, Unfinished
from bot.storage.page_records import Page
from bot.storage.records import EffectRecord
from bot.storage.tables import deliveries, effects, feedback

UNFINISHED = ("queued", "running", "failed")
COMMAND_LINE = "command line"
DASHBOARD = "dashboard"
OWN = ("obeyed", "undone", "overruled")  # words of feedback that the bot keeps for itself

_EFFECTS = [effects.c[field.name] for field in fields(EffectRecord)]


class ActivityPages(Door):
    """The part of `Storage` about activity."""

    def find_effects(self, repository_id: int, query: EffectQuery) -> Page[EffectRecord]:
        """Newest first."""
        c = effects.c
        where = [c.repository_id == repository_id]
        asked = ((c.kind, query.kind), (c.state, query.state), (c.number, query.number))
        where += [column == value for column, value in asked if value is not None]
        where += _within(c.planned_at, query)
        page = select(*_EFFECTS).where(*where).order_by(c.id.desc()).limit(query.limit).offset(query.offset)
        if query.before is not None:
            page = page.where(c.id < query.before)
        with self._reading() as connection:
            total = connection.execute(select(func.count()).select_from(effects).where(*where)).scalar_one()
            return Page([EffectRecord(*row) for row in connection.execute(page)], total)

    def effect_tally(self, repository_id: int) -> Mapping[str, Mapping[str, int]]:
        """Kind → state → how many."""
        c = effects.c
        query = select(c.kind, c.state, func.count()).where(c.repository_id == repository_id).group_by(c.kind, c.state)
        found: dict[str, dict[str, int]] = defaultdict(dict)
        with self._reading() as connection:
            for kind, state, count in connection.execute(query):
                found[kind][state] = count
        return found

    def failed_deliveries(self, repository_id: int) -> int:
        """How many were set aside."""
        c = deliveries.c
        failed = select(func.count()).where(c.repository_id == repository_id, c.state == "failed")
        with self._reading() as connection:
            return connection.execute(failed).scalar_one()

    def unfinished(self) -> Sequence[Unfinished]:
        """By workflow and state; what is done is not looked at."""
        c = deliveries.c
        query = (
            select(c.workflow, c.state, func.count(), func.min(c.received_at))
            .where(c.state.in_(UNFINISHED))
            .group_by(c.workflow, c.state)
            .order_by(c.workflow, c.state)
        )
        with self._reading() as connection:
            return [Unfinished(*row) for row in connection.execute(query)]

    def database_size(self) -> int:
        """As the engine counts it."""
        with self._reading() as connection:
            return self._backend.size(connection)

    def find_people(self, repository_id: int, query: PeopleQuery) -> Page[PeopleRow]:
        """Newest first, out of every place where people's acts and words are kept."""
        found = union_all(_acts(repository_id), _edits(repository_id), _words(repository_id)).subquery()
        c = found.c
        asked = ((c.actor, query.actor), (c.number, query.number))
        where = [column == value for column, value in asked if value is not None] + _within(c.at, query)
        order = (c.at.desc(), c.act.desc(), c.kind, c.number, c.source, c.actor, c.cluster, c.other)
        page = select(found).where(*where).order_by(*order).limit(query.limit).offset(query.offset)
        if query.latest is not None:
            page = page.where(c.at <= query.latest)
        with self._reading() as connection:
            total = connection.execute(select(func.count()).select_from(found).where(*where)).scalar_one()
            return Page([PeopleRow(*row) for row in connection.execute(page)], total)


def _within(column: Any, query: EffectQuery | PeopleQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.since is not None:
        found.append(column >= query.since)
    if query.until is not None:
        found.append(column < query.until)
    return found


def _acts(repository_id: int) -> Select[Any]:
    """What was done on the dashboard."""
    c = acts.c
    number, text = cast(null(), BigInteger), cast(null(), SafeText)
    columns = (c.at, c.actor, literal(DASHBOARD).label("source"), c.kind, c.number, c.cluster_id.label("cluster"))
    rest = (number.label("other"), text.label("value"), func.coalesce(c.outcome, c.state).label("outcome"))
    own = (c.id.label("act"), number.label("edit"))
    return select(*columns, *rest, *own).where(c.repository_id == repository_id)


def _edits(repository_id: int) -> Select[Any]:
    """What was set on clusters otherwise: an act of the dashboard leaves an edit between its start and its end."""
    c, a = cluster_edits.c, acts.c
    number, text = cast(null(), BigInteger), cast(null(), SafeText)
    columns = (c.at, c.actor, literal(COMMAND_LINE).label("source"), c.kind, number.label("number"))
    rest = (c.cluster_id.label("cluster"), number.label("other"), c.value, text.label("outcome"))
    own = (number.label("act"), c.id.label("edit"))
    same = (a.repository_id == repository_id, a.actor == c.actor, a.at <= c.at, a.finished_at >= c.at)
    return select(*columns, *rest, *own).where(c.repository_id == repository_id, ~exists().where(*same))


def _words(repository_id: int) -> Select[Any]:
    """What was said in comments, by reactions and by deeds."""
    c = feedback.c
    text, number = cast(null(), SafeText), cast(null(), BigInteger)
    columns = (c.said_at.label("at"), c.actor, c.source, c.kind, c.number)
    rest = (text.label("cluster"), c.other, c.value, text.label("outcome"), number.label("act"), number.label("edit"))
    own = (c.repository_id == repository_id, c.kind.not_in(OWN), c.source != DASHBOARD)
    return select(*columns, *rest).where(*own)
