"""Clusters in generations: written aside, then switched to in one statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot.errors import NotFound
from bot.storage.door import Door
from bot.storage.tables import cluster_members, clusters, generations, repositories
from models.cluster import Cluster, Generation

GENERATIONS_KEPT = 30  # a month of nightly refits; older ones go when the next is published


class Clusters(Door):
    """The part of `Storage` about clusters."""

    def publish(self, repository_id: int, generation: Generation) -> None:
        """Write the generation aside and switch to it. Publishing the same number again replaces it."""
        with self._writing() as connection:
            same = (generations.c.repository_id == repository_id) & (generations.c.number == generation.number)
            _drop(connection, connection.execute(select(generations.c.id).where(same)).scalars().all())
            generation_id = _write_aside(connection, repository_id, generation)
            _drop(connection, _outdated(connection, repository_id, generation_id))
            own = repositories.c.id == repository_id
            connection.execute(update(repositories).where(own).values(generation_id=generation_id))

    def current_generation(self, repository_id: int) -> Generation | None:
        """The generation in force, its clusters in the order in which they were published."""
        with self._reading() as connection:
            found = connection.execute(_current(repository_id)).one_or_none()
            if found is None:
                return None
            own = clusters.c.generation_id == found.id
            rows = connection.execute(select(clusters).where(own).order_by(clusters.c.position)).all()
            members = _members(connection, found.id)
        listed = tuple(_cluster(row, members[row.id]) for row in rows)
        return Generation(found.number, found.published_at, listed)

    def join_cluster(self, repository_id: int, cluster_id: str, number: int) -> None:
        """Add an issue to a cluster of the current generation, leaving any other; NotFound where that generation has
        no such cluster."""
        with self._writing() as connection:
            found = connection.execute(_current(repository_id).with_for_update()).one_or_none()
            generation_id = None if found is None else found.id
            there = select(clusters.c.id).where(clusters.c.generation_id == generation_id, clusters.c.id == cluster_id)
            if connection.execute(there).one_or_none() is None:
                raise NotFound(f"the current generation of repository {repository_id} has no such cluster")
            key = {"generation_id": generation_id, "number": number, "cluster_id": cluster_id}
            c = cluster_members.c
            connection.execute(delete(cluster_members).where(c.generation_id == generation_id, c.number == number))
            connection.execute(insert(cluster_members).values(key | {"repository_id": repository_id}))


def _current(repository_id: int) -> Any:
    in_force = generations.c.id == repositories.c.generation_id
    columns = (generations.c.id, generations.c.number, generations.c.published_at)
    return select(*columns).join(repositories, in_force).where(repositories.c.id == repository_id)


def _members(connection: Connection, generation_id: int) -> dict[str, list[int]]:
    c = cluster_members.c
    query = select(c.cluster_id, c.number).where(c.generation_id == generation_id).order_by(c.number)
    members: dict[str, list[int]] = defaultdict(list)
    for cluster_id, number in connection.execute(query):
        members[cluster_id].append(number)
    return members


def _cluster(row: Row[Any], members: Sequence[int]) -> Cluster:
    return Cluster(row.id, row.title, row.slug, row.label, row.canonical, tuple(members))


def _write_aside(connection: Connection, repository_id: int, generation: Generation) -> int:
    row = {"repository_id": repository_id, "number": generation.number, "published_at": generation.published_at}
    generation_id = int(connection.execute(insert(generations).values(row).returning(generations.c.id)).scalar_one())
    owner: dict[str, Any] = {"generation_id": generation_id, "repository_id": repository_id}
    cluster_rows = [
        owner
        | {
            "id": c.id,
            "position": position,
            "title": c.title,
            "slug": c.slug,
            "label": c.label,
            "canonical": c.canonical,
        }
        for position, c in enumerate(generation.clusters)
    ]
    member_rows = [
        owner | {"cluster_id": cluster.id, "number": number}
        for cluster in generation.clusters
        for number in dict.fromkeys(cluster.members)
    ]
    for table, rows in ((clusters, cluster_rows), (cluster_members, member_rows)):
        if rows:
            connection.execute(insert(table), rows)
    return generation_id


def _outdated(connection: Connection, repository_id: int, keep: int) -> Sequence[int]:
    own = (generations.c.repository_id == repository_id) & (generations.c.id != keep)
    query = select(generations.c.id).where(own).order_by(generations.c.id.desc()).offset(GENERATIONS_KEPT - 1)
    return connection.execute(query).scalars().all()


def _drop(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        for table, column in ((cluster_members, "generation_id"), (clusters, "generation_id"), (generations, "id")):
            connection.execute(delete(table).where(table.c[column].in_(ids)))
