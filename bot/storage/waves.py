"""Waves of a cluster's reports: one that is on at most, decided by a unique key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, select, update

from bot.storage.cluster_tables import cluster_members, waves
from bot.storage.door import Door
from bot.storage.records import WaveRecord
from bot.storage.tables import effects, issues, repositories, task_runs
from bot.storage.wave_protocol import LOOK
from models.cluster import Wave

_WAVE = [field.name for field in fields(Wave)]
_WRITTEN = ("planned", "done", "shadow")
_IN_FORCE = and_(
    repositories.c.id == cluster_members.c.repository_id,
    repositories.c.generation_id == cluster_members.c.generation_id,
)


class Waves(Door):
    """The part of `Storage` about waves."""

    def start_wave(self, record: WaveRecord) -> int | None:
        """Keep a new wave; a second attempt, or one beside a wave that is on, writes nothing and gets None."""
        statement = self._backend.insert(waves).values(_row(record)).on_conflict_do_nothing().returning(waves.c.id)
        with self._writing() as connection:
            made: int | None = connection.execute(statement).scalar()
        return made

    def save_wave(self, record: WaveRecord) -> None:
        """Replace what is known of a wave."""
        with self._writing() as connection:
            connection.execute(update(waves).where(waves.c.id == record.id).values(_row(record)))

    def wave_told(self, wave_id: int, *, ended: bool, at: datetime) -> None:
        """The outgoing webhook took the beginning, or the end."""
        column = waves.c.told_ended_at if ended else waves.c.told_began_at
        with self._writing() as connection:
            connection.execute(update(waves).where(waves.c.id == wave_id).values({column: at}))

    def wave(self, wave_id: int) -> WaveRecord | None:
        """One wave."""
        with self._reading() as connection:
            row = connection.execute(select(waves).where(waves.c.id == wave_id)).one_or_none()
        return None if row is None else _record(row)

    def waves(
        self, repository_id: int | None = None, *, cluster_id: str | None = None, on: bool = False, limit: int = 1000
    ) -> Sequence[WaveRecord]:
        """Newest first."""
        c = waves.c
        query = select(waves).order_by(c.began_at.desc(), c.id.desc()).limit(limit)
        if repository_id is not None:
            query = query.where(c.repository_id == repository_id)
        if cluster_id is not None:
            query = query.where(c.cluster_id == cluster_id)
        if on:
            query = query.where(c.ended_at.is_(None))
        with self._reading() as connection:
            return [_record(row) for row in connection.execute(query)]

    def wave_counts(self) -> dict[str, int]:
        """Waves that are on, that were ever alarmed about, and looks that failed."""
        on = select(func.count()).select_from(waves).where(waves.c.ended_at.is_(None), waves.c.alarmed)
        alarmed = select(func.count()).select_from(waves).where(waves.c.alarmed)
        failed = (
            select(func.count()).select_from(task_runs).where(task_runs.c.task == LOOK, task_runs.c.error.is_not(None))
        )
        with self._reading() as connection:
            row = connection.execute(
                select(on.scalar_subquery(), alarmed.scalar_subquery(), failed.scalar_subquery())
            ).one()
        return dict(zip(("on", "alarmed", "failed"), row, strict=True))

    def cluster_reports(
        self, repository_id: int, cluster_id: str | None = None
    ) -> Mapping[str, Sequence[tuple[datetime, int]]]:
        """Cluster → when each of its members was reported, and its number."""
        c = cluster_members.c
        own = and_(issues.c.repository_id == c.repository_id, issues.c.number == c.number)
        query = (
            select(c.cluster_id, issues.c.created_at, issues.c.number)
            .join(repositories, _IN_FORCE)
            .join(issues, own)
            .where(c.repository_id == repository_id)
            .order_by(issues.c.created_at, issues.c.number)
        )
        if cluster_id is not None:
            query = query.where(c.cluster_id == cluster_id)
        found: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        with self._reading() as connection:
            for cluster, at, number in connection.execute(query):
                found[cluster].append((at, number))
        return found

    def cluster_of(self, repository_id: int, number: int) -> str | None:
        """The cluster of the current generation that holds an issue."""
        c = cluster_members.c
        query = (
            select(c.cluster_id)
            .join(repositories, _IN_FORCE)
            .where(c.repository_id == repository_id, c.number == number)
            .order_by(c.cluster_id)
        )
        with self._reading() as connection:
            found: str | None = connection.execute(query).scalars().first()
        return found

    def cluster_comments_since(self, repository_id: int, cluster_id: str, since: datetime) -> int:
        """By each member's first comment: edits, a status for all of them say, spend nothing of a wave's budget."""
        c, e = cluster_members.c, effects.c
        members = (
            select(c.number)
            .join(repositories, _IN_FORCE)
            .where(c.repository_id == repository_id, c.cluster_id == cluster_id)
        )
        written = (e.repository_id == repository_id, e.kind == "comment", e.state.in_(_WRITTEN), e.number.in_(members))
        begun = select(e.number).where(*written).group_by(e.number).having(func.min(e.planned_at) >= since).subquery()
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(begun)).scalar_one()


def _row(record: WaveRecord) -> dict[str, Any]:
    left_alone = {"id", "wave", "told_began_at", "told_ended_at"}
    return {name: value for name, value in asdict(record).items() if name not in left_alone} | asdict(record.wave)


def _record(row: Row[Any]) -> WaveRecord:
    values = row._asdict()
    values["numbers"] = tuple(values["numbers"])
    return WaveRecord(wave=Wave(**{name: values.pop(name) for name in _WAVE}), **values)
