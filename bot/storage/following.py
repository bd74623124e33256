"""What follows a decision: who points at an issue, what people judged, what a cluster's members are told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select

from bot.storage.cluster_tables import cluster_statuses
from bot.storage.door import Door, chunks
from bot.storage.page_tables import last_decisions
from bot.storage.records import ClusterStatus, DecisionRecord, EffectRecord
from bot.storage.tables import decisions, effects, feedback

COMING_AGAIN = ("upkeep", "notice")  # the triggers of what is tried again each hour by itself
JUDGING = ("objection", "separated", "duplicate")  # the words that judge a verdict

_COLUMNS = [decisions.c[field.name] for field in fields(DecisionRecord)]
_EFFECTS = [effects.c[field.name] for field in fields(EffectRecord)]


class Following(Door):
    """The part of `Storage` about what follows a decision."""

    def pointing(
        self, repository_id: int, canonical: int | None = None, among: Collection[int] | None = None
    ) -> Sequence[DecisionRecord]:
        """Each issue's last decision, where it names a canonical issue or related ones and the bot has spoken."""
        last = last_decisions.c
        anything = or_(last.canonical.is_not(None), last.verdict == "related")
        names = anything if canonical is None else last.canonical == canonical
        return self._last_spoken(repository_id, names, among)

    def left_alone(self, repository_id: int, among: Collection[int] | None = None) -> Sequence[DecisionRecord]:
        """By the last decisions and their effects."""
        last, c = last_decisions.c, effects.c
        refused = select(c.decision_id).where(c.repository_id == repository_id, c.state.in_(("failed", "shadow")))
        left = or_(last.verdict == "ignored", last.decision_id.in_(refused))
        return self._last_spoken(repository_id, left, among)

    def refused_comments(
        self, repository_id: int, reason: str, since: datetime, limit: int, but: Collection[str] = ()
    ) -> Sequence[DecisionRecord]:
        """By the last decisions and their effects."""
        last, c = last_decisions.c, effects.c
        refused = (c.kind == "comment", c.state == "failed", c.reason == reason, c.finished_at >= since)
        waiting = select(c.decision_id).where(c.repository_id == repository_id, *refused)
        query = select(*_COLUMNS).join(last_decisions, decisions.c.id == last.decision_id)
        query = query.where(last.repository_id == repository_id, last.decision_id.in_(waiting))
        query = query.where(decisions.c.trigger.not_in(but))
        with self._reading() as connection:
            return [DecisionRecord(*row) for row in connection.execute(query.order_by(last.number).limit(limit))]

    def refused_changes(self, reason: str) -> Mapping[int, int]:
        """By the last decisions and their effects."""
        last, c = last_decisions.c, effects.c
        refused = select(c.decision_id).where(c.state == "failed", c.reason.startswith(reason, autoescape=True))
        query = select(last.repository_id, func.count()).join(decisions, decisions.c.id == last.decision_id)
        query = query.where(last.decision_id.in_(refused), last.verdict != "ignored")
        query = query.where(decisions.c.trigger.not_in(COMING_AGAIN))
        with self._reading() as connection:
            rows = connection.execute(query.group_by(last.repository_id))
            return {repository_id: int(count) for repository_id, count in rows}

    def decided_for(self, repository_id: int, trigger: str) -> Sequence[int]:
        """By the trigger of each decision."""
        c = decisions.c
        query = select(c.number).distinct().where(c.repository_id == repository_id, c.trigger == trigger)
        with self._reading() as connection:
            return list(connection.execute(query.order_by(c.number)).scalars())

    def decided_between(
        self, repository_id: int, after: int, since: datetime, until: datetime, limit: int
    ) -> Sequence[DecisionRecord]:
        """By the rows of last decisions, from the highest number down."""
        last = last_decisions.c
        query = select(*_COLUMNS).join(last_decisions, decisions.c.id == last.decision_id)
        query = query.where(last.repository_id == repository_id, last.number > after, last.canonical.is_(None))
        query = query.where(last.decided_at >= since, last.decided_at < until, last.verdict.in_(("new", "related")))
        with self._reading() as connection:
            return [DecisionRecord(*row) for row in connection.execute(query.order_by(last.number.desc()).limit(limit))]

    def _last_spoken(
        self, repository_id: int, wanted: ColumnElement[bool], among: Collection[int] | None
    ) -> Sequence[DecisionRecord]:
        """Each issue's last decision that is wanted (all, or on these issues), where the bot has spoken, by number."""
        last = last_decisions.c
        query = select(*_COLUMNS).join(last_decisions, decisions.c.id == last.decision_id)
        query = query.where(last.repository_id == repository_id, last.number.in_(_spoken(repository_id)), wanted)
        query = query.order_by(last.number)
        some = [query] if among is None else [query.where(last.number.in_(part)) for part in chunks(sorted(among))]
        with self._reading() as connection:
            return [DecisionRecord(*row) for part in some for row in connection.execute(part)]

    def comments(
        self, repository_id: int, numbers: Collection[int], since: datetime | None = None
    ) -> Sequence[EffectRecord]:
        """Those that reached GitHub."""
        c = effects.c
        query = select(*_EFFECTS).where(c.repository_id == repository_id, c.kind == "comment", _stands())
        if since is not None:
            query = query.where(c.finished_at >= since)
        with self._reading() as connection:
            some = [query.where(c.number.in_(part)) for part in chunks(sorted(numbers))]
            rows = [EffectRecord(*row) for part in some for row in connection.execute(part)]
        return sorted(rows, key=lambda row: row.id or 0)

    def judged(self, repository_id: int) -> Sequence[DecisionRecord]:
        """The verdicts *duplicate* that the bot spoke of and people's words are about, in their order."""
        c = decisions.c
        words = select(feedback.c.number).where(feedback.c.repository_id == repository_id, feedback.c.kind.in_(JUDGING))
        query = select(*_COLUMNS).where(c.repository_id == repository_id, c.verdict == "duplicate")
        query = query.where(c.number.in_(words), c.number.in_(_spoken(repository_id)))
        with self._reading() as connection:
            return [DecisionRecord(*row) for row in connection.execute(query.order_by(c.id))]

    def set_status(self, repository_id: int, cluster_id: str, text: str | None, actor: str, at: datetime) -> None:
        """One for each cluster; None takes it away."""
        key = {"repository_id": repository_id, "cluster_id": cluster_id}
        with self._writing() as connection:
            if text is None:
                c = cluster_statuses.c
                own = (c.repository_id == repository_id, c.cluster_id == cluster_id)
                connection.execute(delete(cluster_statuses).where(*own))
                return
            values = {"text": text, "actor": actor, "at": at}
            statement = self._backend.insert(cluster_statuses).values(key | values)
            connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))

    def statuses(self, repository_id: int) -> Mapping[str, ClusterStatus]:
        """By cluster."""
        c = cluster_statuses.c
        query = select(c.cluster_id, c.text, c.actor, c.at).where(c.repository_id == repository_id)
        with self._reading() as connection:
            return {cluster_id: ClusterStatus(*rest) for cluster_id, *rest in connection.execute(query)}


def _spoken(repository_id: int):  # type: ignore[no-untyped-def]  # SQLAlchemy's own type of a query takes a page
    """The issues on which a comment of the bot stands."""
    c = effects.c
    return select(c.number).where(c.repository_id == repository_id, c.kind == "comment", _stands())


def _stands() -> ColumnElement[bool]:
    c = effects.c
    return or_(c.state == "done", c.state == "skipped") & c.github_id.is_not(None)
