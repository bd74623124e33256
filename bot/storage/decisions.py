"""Decisions with their effects, what people said about them, and the duplicate relation that follows from both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from bot.storage.backend import Backend
from bot.storage.door import Door, now
from bot.storage.map_tables import namings
from bot.storage.page_tables import last_decisions
from bot.storage.records import ADOPTED, DecisionRecord, EffectRecord, FeedbackRecord
from bot.storage.tables import decisions, feedback, veto_counts
from bot.storage.tables import effects as effect_rows
from models.forest import chosen, forest

LEFT_ALONE = "ignored"  # the verdict on an issue that is none of the bot's business (any more)

_DECISION_COLUMNS = [decisions.c[field.name] for field in fields(DecisionRecord)]
_EFFECT_COLUMNS = [effect_rows.c[field.name] for field in fields(EffectRecord)]
_FEEDBACK_COLUMNS = [feedback.c[field.name] for field in fields(FeedbackRecord)]


class Decisions(Door):
    """The part of `Storage` about decisions, effects and feedback."""

    def save_decision(self, record: DecisionRecord, effects: Sequence[EffectRecord]) -> tuple[int, Sequence[int]]:
        """Once per delivery and issue: a second attempt writes nothing and gets the first one's ids."""
        with self._writing() as connection:
            return self._saved(connection, record, effects)

    def save_decisions(self, records: Sequence[tuple[DecisionRecord, Sequence[EffectRecord]]]) -> None:
        """Each as `save_decision` does, all or none."""
        with self._writing() as connection:
            for record, effects in records:
                self._saved(connection, record, effects)

    def _saved(
        self, connection: Connection, record: DecisionRecord, effects: Sequence[EffectRecord]
    ) -> tuple[int, Sequence[int]]:
        statement = self._backend.insert(decisions).values(_decision_row(record))
        decision_id = connection.execute(
            statement.on_conflict_do_nothing(index_elements=["delivery_id", "repository_id", "number"]).returning(
                decisions.c.id
            )
        ).scalar()
        if decision_id is None:
            return _earlier(connection, record)
        self._upsert(connection, last_decisions, [_last_row(decision_id, record)])
        _count_vetoes(self._backend, connection, record)
        if (naming := naming_of(decision_id, record)) is not None:
            connection.execute(insert(namings).values(naming))
        return decision_id, [_insert_effect(connection, decision_id, effect) for effect in effects]

    def last_decision(self, repository_id: int, number: int) -> DecisionRecord | None:
        """The decision recorded last."""
        return next(iter(self.decisions(repository_id, number=number, limit=1)), None)

    def decisions(
        self, repository_id: int, *, since: datetime | None = None, number: int | None = None, limit: int = 1000
    ) -> Sequence[DecisionRecord]:
        """Last recorded first."""
        c = decisions.c
        query = select(*_DECISION_COLUMNS).where(c.repository_id == repository_id).order_by(c.id.desc()).limit(limit)
        if since is not None:
            query = query.where(c.decided_at >= since)
        if number is not None:
            query = query.where(c.number == number)
        with self._reading() as connection:
            return [DecisionRecord(*row) for row in connection.execute(query)]

    def duplicates(self, repository_id: int) -> dict[int, int]:
        """Issue → canonical, always an earlier one (INV 2): what people called a duplicate of a later issue goes where
        that goes, or else tells only that the two belong together. A separated pair is out whichever way round,
        whatever was said later, and so is what leads from one to the other. A decision that left the issue alone left
        the one before it standing."""
        c = decisions.c
        last = select(func.max(c.id)).where(c.repository_id == repository_id).group_by(c.number)
        left = last_decisions.c
        alone = select(left.number).where(left.repository_id == repository_id, left.verdict == LEFT_ALONE)
        before = last.where(c.verdict != LEFT_ALONE, c.number.in_(alone))
        holds = or_(c.verdict == "duplicate", c.settled)
        query = select(c.number, c.canonical).where(or_(c.id.in_(last), c.id.in_(before)))
        query = query.where(holds, c.canonical.is_not(None))
        said = [feedback.c.kind, feedback.c.number, feedback.c.other]
        words = (
            select(*said)
            .where(feedback.c.repository_id == repository_id, feedback.c.other.is_not(None))
            .where(feedback.c.kind.in_(("duplicate", "separated")))
            .order_by(feedback.c.said_at, feedback.c.id)
        )
        with self._reading() as connection:
            spoken = connection.execute(words).all()
            concluded = connection.execute(query).all()
        separated = {frozenset((number, other)) for kind, number, other in spoken if kind == "separated"}
        pairs = [(number, to) for number, to in concluded]
        pairs += chosen([(number, other) for kind, number, other in spoken if kind == "duplicate"], separated)
        return forest(pairs, separated)

    def finish_effect(self, effect_id: int, state: str, reason: str | None, github_id: int | None) -> None:
        """Record how an effect ended."""
        values = {"state": state, "reason": reason, "github_id": github_id, "finished_at": now()}
        with self._writing() as connection:
            connection.execute(update(effect_rows).where(effect_rows.c.id == effect_id).values(values))

    def effects(
        self,
        repository_id: int,
        *,
        number: int | None = None,
        decision_id: int | None = None,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 1000,
    ) -> Sequence[EffectRecord]:
        """Newest first."""
        asked: dict[str, int | str | None] = {"repository_id": repository_id, "number": number}
        asked |= {"decision_id": decision_id, "kind": kind, "state": state}
        query = select(*_EFFECT_COLUMNS).order_by(effect_rows.c.id.desc()).limit(limit)
        for name, value in asked.items():
            if value is not None:
                query = query.where(effect_rows.c[name] == value)
        with self._reading() as connection:
            return [EffectRecord(*row) for row in connection.execute(query)]

    def decision_counts(self) -> dict[str, int]:
        """Verdict → number of decisions."""
        return self._counts(decisions.c.verdict)

    def effect_counts(self) -> dict[str, int]:
        """State → number of effects."""
        return self._counts(effect_rows.c.state)

    def veto_counts(self) -> dict[str, int]:
        """Name of a veto → decisions that it held back."""
        c = veto_counts.c
        with self._reading() as connection:
            query = select(c.name, func.sum(c.count)).group_by(c.name)
            return {name: int(count) for name, count in connection.execute(query)}

    def comments_written_since(self, repository_id: int, since: datetime) -> int:
        """Comments that reached GitHub, by when they did."""
        c = effect_rows.c
        written = (c.repository_id == repository_id, c.kind == "comment", c.state == "done", c.finished_at >= since)
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(effect_rows).where(*written)).scalar_one()

    def save_feedback(self, record: FeedbackRecord) -> None:
        """Once for the same word by the same person."""
        statement = self._backend.insert(feedback).values(asdict(record) | {"key": feedback_key(record)})
        with self._writing() as connection:
            connection.execute(statement.on_conflict_do_nothing(index_elements=["repository_id", "number", "key"]))

    def feedback(self, repository_id: int, number: int | None = None) -> Sequence[FeedbackRecord]:
        """In the order in which it was said."""
        c = feedback.c
        query = select(*_FEEDBACK_COLUMNS).where(c.repository_id == repository_id).order_by(c.said_at, c.id)
        if number is not None:
            query = query.where(c.number == number)
        with self._reading() as connection:
            return [FeedbackRecord(*row) for row in connection.execute(query)]


def _decision_row(record: DecisionRecord) -> dict[str, Any]:
    row = {field.name: getattr(record, field.name) for field in fields(record) if field.name != "id"}
    return row | {"canonical": _canonical(record.body), "settled": record.body.get("settled") is True}


def _count_vetoes(backend: Backend, connection: Connection, record: DecisionRecord) -> None:
    for name in dict.fromkeys(record.body.get("vetoes", ())):
        row = {"repository_id": record.repository_id, "name": name, "count": 1}
        statement = backend.insert(veto_counts).values(row)
        more = {"count": veto_counts.c.count + 1}
        connection.execute(statement.on_conflict_do_update(index_elements=["repository_id", "name"], set_=more))


def _last_row(decision_id: int, record: DecisionRecord) -> dict[str, Any]:
    return {
        "repository_id": record.repository_id,
        "number": record.number,
        "decision_id": decision_id,
        "decided_at": record.decided_at,
        "verdict": record.verdict,
        "canonical": _canonical(record.body),
        "probability": float(record.body.get("probability") or 0.0),
    }


def naming_of(decision_id: int, record: DecisionRecord) -> dict[str, Any] | None:
    """What the decision named, as a row: its canonical issue, or the first that it linked; None where it named none, or
    how sure it was is forgotten."""
    links = (link["number"] for link in record.body.get("links", ()))
    named = _canonical(record.body) or next(links, None)
    if named is None or record.trigger == ADOPTED:
        return None
    kept = {name: getattr(record, name) for name in ("repository_id", "number", "decided_at", "verdict")}
    probability = float(record.body.get("probability") or 0.0)
    return kept | {"decision_id": decision_id, "named": named, "probability": probability}


def _canonical(body: Mapping[str, Any]) -> int | None:
    value = body.get("canonical")
    return value if isinstance(value, int) else None


def _insert_effect(connection: Connection, decision_id: int, record: EffectRecord) -> int:
    row = {field.name: getattr(record, field.name) for field in fields(record) if field.name != "id"}
    row["decision_id"] = decision_id
    return int(connection.execute(insert(effect_rows).values(row).returning(effect_rows.c.id)).scalar_one())


def _earlier(connection: Connection, record: DecisionRecord) -> tuple[int, Sequence[int]]:
    c = decisions.c
    same = (c.delivery_id == record.delivery_id, c.repository_id == record.repository_id, c.number == record.number)
    decision_id = int(connection.execute(select(c.id).where(*same)).scalar_one())
    own = select(effect_rows.c.id).where(effect_rows.c.decision_id == decision_id).order_by(effect_rows.c.id)
    return decision_id, list(connection.execute(own).scalars())


def feedback_key(record: FeedbackRecord) -> str:
    """A hash of what makes it the same word."""
    parts = json.dumps([record.kind, record.actor, record.other, record.value])
    return hashlib.sha256(parts.encode()).hexdigest()
