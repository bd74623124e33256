"""Lists of clusters: sizes and trends out of one narrow index of the members of the generation in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, select

from bot.storage.cluster_tables import cluster_members, clusters, waves
from bot.storage.door import Door, chunks
from bot.storage.issue_pages import folded, in_force
from bot.storage.page_records import ClusterQuery, ClusterRow, MemberRow, Page
from bot.storage.tables import issues
from models.issue import Issue

_SHOWN = ("id", "title", "title_by", "slug", "label", "canonical", "held", "coherence")
_NARROW = [issues.c[field.name] for field in fields(Issue) if field.name != "body"]
ANY = "any"  # of what may hold a cluster


class ClusterPages(Door):
    """The part of `Storage` about lists of clusters."""

    def find_clusters(self, repository_id: int, query: ClusterQuery) -> Page[ClusterRow]:
        """One page, and how many there are in all."""
        c = clusters.c
        with self._reading() as connection:
            generation_id = connection.execute(select(in_force(repository_id))).scalar()
            if generation_id is None:
                return Page((), 0)
            matching = select(c.id).where(c.generation_id == generation_id, *_filters(query))
            ids = None
            if query.words:
                ids = _named(connection, generation_id, query.words)
                matching = matching.where(c.id.in_(ids))
            total = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
            page = _sized(generation_id, query).where(c.id.in_(matching)).limit(query.limit).offset(query.offset)
            rows = [ClusterRow(*row) for row in connection.execute(page)]
            return Page(_with_trends(connection, repository_id, generation_id, rows, query.recent_since), total)

    def cluster_members(self, repository_id: int, cluster_id: str, limit: int) -> Sequence[MemberRow]:
        """The newest members of a cluster in force, ascending by number, without their texts."""
        m, i = cluster_members.c, issues.c
        mine = and_(i.repository_id == m.repository_id, i.number == m.number)
        held = (m.generation_id == in_force(repository_id), m.cluster_id == cluster_id)
        query = select(*_NARROW, i.facts).join(cluster_members, mine).where(*held).order_by(i.number.desc())
        with self._reading() as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [_member(row) for row in reversed(rows)]

    def cluster_arrivals(
        self, repository_id: int, ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """Id → when its reports since then were opened."""
        with self._reading() as connection:
            generation_id = connection.execute(select(in_force(repository_id))).scalar()
            return {} if generation_id is None else _reported(connection, generation_id, sorted(ids), since)

    def cluster_titles(self, repository_id: int) -> Mapping[str, str]:
        """Id → title, for every cluster in force, by title."""
        c = clusters.c
        query = select(c.id, c.title).where(c.generation_id == in_force(repository_id)).order_by(c.title, c.id)
        with self._reading() as connection:
            return {name: title for name, title in connection.execute(query)}


def _member(row: Row[Any]) -> MemberRow:
    values = row._asdict()
    facts = {name: frozenset(found) for name, found in values.pop("facts").items()}
    return MemberRow(Issue(**values | {"body": "", "labels": tuple(values["labels"])}), facts)


def _filters(query: ClusterQuery) -> list[Any]:
    found: list[Any] = []
    if query.held == ANY:
        found.append(clusters.c.held.is_not(None))
    elif query.held is not None:
        found.append(clusters.c.held == query.held)
    if query.labelled is not None:
        found.append(clusters.c.label.is_not(None) if query.labelled else clusters.c.label.is_(None))
    return found


def _named(connection: Connection, generation_id: int, words: Sequence[str]) -> list[str]:
    """Compared here, since not every engine folds every letter."""
    c = clusters.c
    rows = connection.execute(select(c.id, c.title, c.label).where(c.generation_id == generation_id))
    wanted = [folded(word) for word in words]
    return [row.id for row in rows if all(word in folded(f"{row.id} {row.title} {row.label or ''}") for word in wanted)]


def _sized(generation_id: int, query: ClusterQuery) -> Select[Any]:
    m, c = cluster_members.c, clusters.c
    recent = func.count().filter(m.reported_at >= query.recent_since) if query.recent_since else func.count()
    columns = (func.count().label("reports"), func.min(m.reported_at).label("first"), func.max(m.reported_at))
    sizes = select(m.cluster_id, *columns[:2], columns[2].label("last"), recent.label("recent"))
    by = sizes.where(m.generation_id == generation_id).group_by(m.cluster_id).subquery("sizes")
    reports = func.coalesce(by.c.reports, 0)
    keys = {"size": reports, "last": by.c.last, "first": by.c.first, "title": c.title, "recent": by.c.recent}
    key = keys[query.sort]
    order = key.desc().nulls_last() if query.descending else key.asc().nulls_last()
    return (
        select(*(c[name] for name in _SHOWN), reports, by.c.first, by.c.last, func.coalesce(by.c.recent, 0))
        .outerjoin(by, by.c.cluster_id == c.id)
        .where(c.generation_id == generation_id)
        .order_by(order, reports.desc(), c.id)
    )


def _with_trends(
    connection: Connection,
    repository_id: int,
    generation_id: int,
    rows: Sequence[ClusterRow],
    since: datetime | None,
) -> list[ClusterRow]:
    ids = [row.id for row in rows]
    w = waves.c
    on = select(w.cluster_id).where(w.repository_id == repository_id, w.ended_at.is_(None), w.cluster_id.in_(ids))
    rising = set(connection.execute(on).scalars())
    reported = _reported(connection, generation_id, ids, since)
    return [replace(row, reported=reported[row.id], wave=row.id in rising) for row in rows]


def _reported(
    connection: Connection, generation_id: int, ids: Sequence[str], since: datetime | None
) -> Mapping[str, list[datetime]]:
    m = cluster_members.c
    found: dict[str, list[datetime]] = defaultdict(list)
    query = select(m.cluster_id, m.reported_at).where(m.generation_id == generation_id).order_by(m.reported_at)
    query = query.where(m.reported_at.is_not(None) if since is None else m.reported_at >= since)
    for some in chunks(ids):
        for cluster, at in connection.execute(query.where(m.cluster_id.in_(some))):
            found[cluster].append(at)
    return found
