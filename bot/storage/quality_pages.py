"""What people said that judges the bot's decisions, read by what was said, not by how long the history is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select

from bot.storage.cluster_tables import missed_duplicates
from bot.storage.door import Door, chunks
from bot.storage.look_records import Naming, Spoken
from bot.storage.map_tables import namings
from bot.storage.page_tables import last_decisions
from bot.storage.records import FeedbackRecord
from bot.storage.tables import effects, feedback, issues
from models.forest import forest

JUDGING = ("separated", "duplicate", "objection")

_WORDS = [feedback.c[field.name] for field in fields(FeedbackRecord)]
_NAMINGS = [namings.c[field.name] for field in fields(Naming)]


class QualityPages(Door):
    """The part of `Storage` about how well the bot does."""

    def spoken(self, repository_id: int) -> Spoken:
        """Words in their order, people's closings, and the namings of the issues that these are about."""
        f, i = feedback.c, issues.c
        said = select(*_WORDS).where(f.repository_id == repository_id, f.kind.in_(JUDGING)).order_by(f.said_at, f.id)
        ended = select(i.number, i.closed_at).where(i.repository_id == repository_id, i.state_reason == "duplicate")
        ended = ended.where(~_closed_by_us())
        with self._reading() as connection:
            words = [FeedbackRecord(*row) for row in connection.execute(said)]
            closed = {number: at for number, at in connection.execute(ended) if at is not None}
            about = {word.number for word in words} | set(closed)
            about |= {word.other for word in words if word.kind == "separated" and word.other is not None}
            found = _namings(connection, repository_id, about)
            return Spoken(words, closed, found, _duplicates(connection, repository_id, words))

    def spoken_mark(self, repository_id: int) -> Sequence[object]:
        """Counts and newest of what `spoken` reads, and of the ledger."""
        with self._reading() as connection:
            return tuple(connection.execute(select(*_marks(repository_id))).one())


def _marks(repository_id: int) -> list[Any]:
    f, i, m = feedback.c, issues.c, missed_duplicates.c
    said = (f.repository_id == repository_id, f.kind.in_(JUDGING))
    closed = (i.repository_id == repository_id, i.state_reason == "duplicate")
    asked = [
        *(select(func.count()).select_from(feedback).where(*said, f.kind == kind) for kind in JUDGING),
        *(select(func.sum(column)).where(*said) for column in (f.number, f.other)),  # SQLite gives an id again
        select(func.max(f.said_at)).where(*said),
        select(func.count()).select_from(issues).where(*closed),
        select(func.max(i.closed_at)).where(*closed),
        select(func.count()).select_from(missed_duplicates).where(m.repository_id == repository_id),
    ]
    return [one.scalar_subquery() for one in asked]


def _closed_by_us() -> ColumnElement[bool]:
    """Whether the bot closed the issue, and nobody opened it since: that is its own word, and judges nothing."""
    e, f, i = effects.c, feedback.c, issues.c
    ours = (e.repository_id == i.repository_id, e.number == i.number, e.kind == "close", e.state == "done")
    again = (f.repository_id == i.repository_id, f.number == i.number, f.kind == "reopened")
    return and_(exists().where(*ours), ~exists().where(*again))


def _namings(connection: Connection, repository_id: int, numbers: Collection[int]) -> list[Naming]:
    c = namings.c
    found: list[Naming] = []
    for some in chunks(sorted(numbers)):
        query = select(*_NAMINGS).where(c.repository_id == repository_id, c.number.in_(some))
        found += [Naming(*row) for row in connection.execute(query.order_by(c.number, c.decision_id))]
    return found


def _duplicates(connection: Connection, repository_id: int, words: list[FeedbackRecord]) -> dict[int, int]:
    """Nearly as `Storage.duplicates` has it."""
    c = last_decisions.c
    query = select(c.number, c.canonical).where(
        c.repository_id == repository_id, c.verdict == "duplicate", c.canonical.is_not(None)
    )
    pairs: list[tuple[int, int]] = [(number, other) for number, other in connection.execute(query)]
    pairs += [(word.number, word.other) for word in words if word.kind == "duplicate" and word.other is not None]
    apart = {frozenset((word.number, word.other or 0)) for word in words if word.kind == "separated"}
    return forest(pairs, apart)
