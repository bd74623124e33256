"""Everything that the bot did or would have done, and everything that people did and said, one page at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, literal, null, select, union_all

from bot.storage.cluster_tables import cluster_edits
from bot.storage.columns import SafeText
from bot.storage.door import Door
from bot.storage.look_records import EffectQuery, PeopleQuery, PeopleRow
from bot.storage.page_records import Page
from bot.storage.records import EffectRecord
from bot.storage.tables import effects, feedback

COMMAND_LINE = "command line"
OWN = ("obeyed", "undone")  # words of feedback that the bot keeps for itself

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

    def find_people(self, repository_id: int, query: PeopleQuery) -> Page[PeopleRow]:
        """Newest first, out of every place where people's acts and words are kept."""
        found = union_all(_edits(repository_id), _words(repository_id)).subquery()
        c = found.c
        asked = ((c.actor, query.actor), (c.number, query.number))
        where = [column == value for column, value in asked if value is not None] + _within(c.at, query)
        order = (c.at.desc(), c.kind, c.number)
        page = select(found).where(*where).order_by(*order).limit(query.limit).offset(query.offset)
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


def _edits(repository_id: int) -> Select[Any]:
    c = cluster_edits.c
    number, text = cast(null(), BigInteger), cast(null(), SafeText)
    columns = (c.at, c.actor, literal(COMMAND_LINE).label("source"), c.kind, number.label("number"))
    rest = (c.cluster_id.label("cluster"), number.label("other"), c.value, text.label("outcome"))
    return select(*columns, *rest).where(c.repository_id == repository_id)


def _words(repository_id: int) -> Select[Any]:
    c = feedback.c
    text = cast(null(), SafeText)
    columns = (c.said_at.label("at"), c.actor, c.source, c.kind, c.number)
    rest = (text.label("cluster"), c.other, c.value, text.label("outcome"))
    return select(*columns, *rest).where(c.repository_id == repository_id, c.kind.not_in(OWN))
