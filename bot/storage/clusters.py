"""Clusters in generations: written aside, then switched to in one statement; and small changes to the one in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from bot.errors import NotFound
from bot.storage.cluster_tables import cluster_edits, cluster_ids, cluster_members, clusters, generations
from bot.storage.curation import insert_edit
from bot.storage.door import Door, chunks
from bot.storage.records import GenerationRecord, Provenance, RefitRecord
from bot.storage.refits import end_refit
from bot.storage.tables import issue_changes, issues, repositories
from models.cluster import Cluster, Generation, Part
from models.curation import Edit

GENERATIONS_KEPT = 30  # a month of nightly refits; older ones go when the next is published
FIRST_PUBLISHED = Provenance()


class Clusters(Door):
    """The part of `Storage` about clusters."""

    def publish(
        self,
        repository_id: int,
        generation: Generation,
        provenance: Provenance = FIRST_PUBLISHED,
        refit: RefitRecord | None = None,
        acts: Sequence[Edit] = (),
    ) -> None:
        """Write the generation aside and switch to it. Publishing the same number again replaces it."""
        with self._writing() as connection:
            same = (generations.c.repository_id == repository_id) & (generations.c.number == generation.number)
            _drop(connection, connection.execute(select(generations.c.id).where(same)).scalars().all())
            generation_id = _write_aside(connection, repository_id, generation, provenance)
            self._keep_ids(connection, repository_id, [cluster.id for cluster in generation.clusters])
            _drop(connection, _outdated(connection, repository_id, generation_id))
            if refit is not None:
                end_refit(connection, refit)
            for act in acts:
                insert_edit(connection, repository_id, act)
            own = repositories.c.id == repository_id
            connection.execute(update(repositories).where(own).values(generation_id=generation_id))
            _leave_deleted(connection, repository_id, generation_id)

    def current_generation(self, repository_id: int) -> Generation | None:
        """The generation in force, its clusters in the order in which they were published."""
        with self._reading() as connection:
            found = connection.execute(_current(repository_id)).one_or_none()
            return None if found is None else _generation(connection, found)

    def generation(self, repository_id: int, number: int) -> Generation | None:
        """One that is still kept, as it was when the next one took its place."""
        c = generations.c
        query = select(c.id, c.number, c.published_at).where(c.repository_id == repository_id, c.number == number)
        with self._reading() as connection:
            found = connection.execute(query).one_or_none()
            return None if found is None else _generation(connection, found)

    def generations(self, repository_id: int, limit: int = 1000) -> Sequence[GenerationRecord]:
        """Those that are kept, newest first."""
        g, m = generations.c, cluster_members.c
        groups = select(func.count()).where(clusters.c.generation_id == g.id).scalar_subquery()
        held = select(func.count()).where(m.generation_id == g.id).scalar_subquery()
        columns = (g.number, g.published_at, g.origin, g.model_id, g.scorer_id, groups, held)
        query = select(*columns).where(g.repository_id == repository_id).order_by(g.number.desc()).limit(limit)
        with self._reading() as connection:
            return [GenerationRecord(*row) for row in connection.execute(query)]

    def clusters_in_force(
        self,
        repository_id: int,
        *,
        ids: Collection[str] | None = None,
        holding: Collection[int] | None = None,
        known: bool = False,
    ) -> Sequence[Cluster]:
        """Clusters of the generation in force, in its order: those with these ids, those that hold any of these
        issues, those of the configuration; what is not asked for is not read."""
        with self._reading() as connection:
            found = connection.execute(_current(repository_id)).one_or_none()
            if found is None:
                return []
            wanted = None if ids is None else set(ids)
            if holding is not None:
                held = set(_held_by(connection, found.id, sorted(set(holding))))
                wanted = held if wanted is None else wanted & held
            return _clusters(connection, found.id, wanted, known=known)

    def clusters_led_by(self, repository_id: int, number: int) -> Sequence[str]:
        """Ids alone, in the order of the generation."""
        c, r = clusters.c, repositories.c
        query = select(c.id).join(repositories, (r.id == c.repository_id) & (r.generation_id == c.generation_id))
        query = query.where(r.id == repository_id, c.canonical == number).order_by(c.position)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def cluster_ids(self, repository_id: int, beginning: str = "") -> frozenset[str]:
        """Every id that a cluster of the repository ever had, or those that begin so."""
        c = cluster_ids.c
        query = select(c.id).where(c.repository_id == repository_id)
        if beginning:
            query = query.where(c.id.startswith(beginning, autoescape=True))
        with self._reading() as connection:
            return frozenset(connection.execute(query).scalars())

    def join_cluster(self, repository_id: int, cluster_id: str, number: int) -> None:
        """Add an issue to a cluster of the current generation, leaving any other; NotFound where that generation has
        no such cluster."""
        with self._writing() as connection:
            generation_id = _in_force(connection, repository_id)
            there = select(clusters.c.id).where(clusters.c.generation_id == generation_id, clusters.c.id == cluster_id)
            if connection.execute(there).one_or_none() is None:
                raise NotFound(f"the current generation of repository {repository_id} has no such cluster")
            _leave(connection, generation_id, [number])
            key = {"generation_id": generation_id, "number": number, "cluster_id": cluster_id}
            _add_members(connection, [key | {"repository_id": repository_id}])
            _leave_deleted(connection, repository_id, generation_id, [cluster_id])

    def leave_cluster(self, repository_id: int, number: int) -> None:
        """Take an issue out of whatever cluster of the current generation it is in."""
        with self._writing() as connection:
            found = connection.execute(_current(repository_id).with_for_update()).one_or_none()
            if found is not None:
                _leave(connection, found.id, [number])

    def amend(
        self,
        repository_id: int,
        changed: Sequence[Cluster],
        gone: Collection[str] = (),
        edit: Edit | None = None,
        undoes: int | None = None,
    ) -> int | None:
        """In one transaction, put these clusters into the generation in force as they are here (their members leave
        any other; issues deleted since are left out), end those that are gone, and keep the act that led to it; returns
        the act's id. NotFound where nothing was ever published."""
        with self._writing() as connection:
            generation_id = _in_force(connection, repository_id)
            ids = sorted({*(cluster.id for cluster in changed), *gone})
            places = _places(connection, generation_id, ids)
            last = _last_place(connection, generation_id)
            for table, column in ((cluster_members, "cluster_id"), (clusters, "id")):
                own = table.c.generation_id == generation_id
                connection.execute(delete(table).where(own, table.c[column].in_(ids)))
            _leave(connection, generation_id, sorted({number for cluster in changed for number in cluster.members}))
            new = [cluster.id for cluster in changed if cluster.id not in places]
            positions = places | {name: last + 1 + at for at, name in enumerate(new)}
            _write_clusters(connection, repository_id, generation_id, [(positions[one.id], one) for one in changed])
            _leave_deleted(connection, repository_id, generation_id, [cluster.id for cluster in changed])
            self._keep_ids(connection, repository_id, new)
            return None if edit is None else insert_edit(connection, repository_id, edit, undoes)

    def _keep_ids(self, connection: Connection, repository_id: int, ids: Iterable[str]) -> None:
        rows = [{"repository_id": repository_id, "id": name} for name in sorted(set(ids))]
        if rows:
            connection.execute(self._backend.insert(cluster_ids).on_conflict_do_nothing(), rows)


def leave_for_ever(connection: Connection, repository_id: int, number: int) -> None:
    """An issue that is gone leaves the clusters of every generation. One in force that it leaves empty ends, but for
    known ones, and for those in an act of a person, which keep what was set on them."""
    c, m, e = clusters.c, cluster_members.c, cluster_edits.c
    now = select(repositories.c.generation_id).where(repositories.c.id == repository_id).scalar_subquery()
    own = (m.repository_id == repository_id) & (m.number == number)
    homes = connection.execute(select(m.cluster_id).where(own, m.generation_id == now)).scalars().all()
    connection.execute(delete(cluster_members).where(own))
    member = exists().where(m.generation_id == c.generation_id, m.cluster_id == c.id)
    act = exists().where(e.repository_id == repository_id, or_(e.cluster_id == c.id, e.value == c.id))
    empty = (c.generation_id == now, c.id.in_(homes), c.slug.is_(None), ~member, ~act)
    connection.execute(delete(clusters).where(*empty))


def _leave_deleted(
    connection: Connection, repository_id: int, generation_id: int, ids: Sequence[str] | None = None
) -> None:
    """An issue that was deleted after its cluster was read does not come back with it: not as a member, and not as what
    the machine chose. The caller holds the repository's row, as a deletion does: the later of the two sees the other.
    """
    m, c = cluster_members.c, clusters.c
    members = (m.generation_id == generation_id, _is_deleted(repository_id, m.number))
    chosen = (c.generation_id == generation_id, c.slug.is_(None), _is_deleted(repository_id, c.canonical))
    for some in [None] if ids is None else chunks(ids):
        among = [column.in_(some) if some is not None else true() for column in (m.cluster_id, c.id)]
        connection.execute(delete(cluster_members).where(*members, among[0]))
        connection.execute(update(clusters).where(*chosen, among[1]).values(canonical=None))


def _is_deleted(repository_id: int, number: Column[int]) -> ColumnElement[bool]:
    """Whether an issue was here and is not any more; what was never here is not asked for."""
    g, i = issue_changes.c, issues.c
    was_here = exists().where(g.repository_id == repository_id, g.number == number)
    return was_here & ~exists().where(i.repository_id == repository_id, i.number == number)


def _current(repository_id: int) -> Any:
    in_force = generations.c.id == repositories.c.generation_id
    columns = (generations.c.id, generations.c.number, generations.c.published_at)
    return select(*columns).join(repositories, in_force).where(repositories.c.id == repository_id)


def _in_force(connection: Connection, repository_id: int) -> int:
    found = connection.execute(_current(repository_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound(f"repository {repository_id} has no clusters yet: nothing was published")
    return int(found.id)


def _generation(connection: Connection, found: Any) -> Generation:
    return Generation(found.number, found.published_at, tuple(_clusters(connection, found.id, None, known=False)))


def _clusters(connection: Connection, generation_id: int, ids: set[str] | None, *, known: bool) -> list[Cluster]:
    """The clusters with their members; all, or those with these ids."""
    c = clusters.c
    query = select(clusters).where(c.generation_id == generation_id)
    if known:
        query = query.where(c.slug.is_not(None))
    parts = [query] if ids is None else [query.where(c.id.in_(names)) for names in chunks(sorted(ids))]
    rows = [row for part in parts for row in connection.execute(part)]
    members = _members(connection, generation_id, None if ids is None and not known else [row.id for row in rows])
    return [_cluster(row, members[row.id]) for row in sorted(rows, key=lambda row: row.position)]


def _members(connection: Connection, generation_id: int, ids: Sequence[str] | None) -> dict[str, list[int]]:
    c = cluster_members.c
    query = select(c.cluster_id, c.number).where(c.generation_id == generation_id).order_by(c.number)
    members: dict[str, list[int]] = defaultdict(list)
    parts = [query] if ids is None else [query.where(c.cluster_id.in_(names)) for names in chunks(ids)]
    for part in parts:
        for cluster_id, number in connection.execute(part):
            members[cluster_id].append(number)
    return members


def _held_by(connection: Connection, generation_id: int, numbers: Sequence[int]) -> Iterable[str]:
    c = cluster_members.c
    for some in chunks(numbers):
        query = select(c.cluster_id).where(c.generation_id == generation_id, c.number.in_(some))
        yield from connection.execute(query).scalars()


def _cluster(row: Row[Any], members: Sequence[int]) -> Cluster:
    """A member that was deleted since is in no part either."""
    present = set(members)
    kept = [Part(fact, value, tuple(one for one in own if one in present)) for fact, value, own in row.parts]
    parts = tuple(part for part in kept if part.members)
    terms, columns = tuple(row.terms), (row.id, row.title, row.slug, row.label, row.canonical)
    return Cluster(*columns, tuple(members), row.coherence, row.held, row.title_by, parts, terms)


def _write_aside(connection: Connection, repository_id: int, generation: Generation, provenance: Provenance) -> int:
    row = {"repository_id": repository_id, "number": generation.number, "published_at": generation.published_at}
    statement = insert(generations).values(row | asdict(provenance)).returning(generations.c.id)
    generation_id = int(connection.execute(statement).scalar_one())
    _write_clusters(connection, repository_id, generation_id, enumerate(generation.clusters))
    return generation_id


def _write_clusters(
    connection: Connection, repository_id: int, generation_id: int, placed: Iterable[tuple[int, Cluster]]
) -> None:
    owner: dict[str, Any] = {"generation_id": generation_id, "repository_id": repository_id}
    cluster_rows: list[dict[str, Any]] = []
    member_rows: list[dict[str, Any]] = []
    for position, cluster in placed:
        cluster_rows.append(owner | {"position": position} | _cluster_row(cluster))
        numbers = dict.fromkeys(cluster.members)
        member_rows.extend(owner | {"cluster_id": cluster.id, "number": number} for number in numbers)
    if cluster_rows:
        connection.execute(insert(clusters), cluster_rows)
    _add_members(connection, member_rows)


def _add_members(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """With the time at which each was reported, which never changes."""
    if not rows:
        return
    own = (issues.c.repository_id == bindparam("of_repository"), issues.c.number == bindparam("of_number"))
    reported = select(issues.c.created_at).where(*own).scalar_subquery()
    asked = [row | {"of_repository": row["repository_id"], "of_number": row["number"]} for row in rows]
    connection.execute(insert(cluster_members).values(reported_at=reported), asked)


def _cluster_row(cluster: Cluster) -> dict[str, Any]:
    return {
        "id": cluster.id,
        "title": cluster.title,
        "slug": cluster.slug,
        "label": cluster.label,
        "canonical": cluster.canonical,
        "coherence": float(cluster.coherence),
        "held": cluster.held,
        "title_by": cluster.title_by,
        "parts": [[part.fact, part.value, list(part.members)] for part in cluster.parts],
        "terms": list(cluster.terms),
    }


def _leave(connection: Connection, generation_id: int, numbers: Sequence[int]) -> None:
    c = cluster_members.c
    for some in chunks(numbers):
        connection.execute(delete(cluster_members).where(c.generation_id == generation_id, c.number.in_(some)))


def _places(connection: Connection, generation_id: int, ids: Sequence[str]) -> dict[str, int]:
    c = clusters.c
    query = select(c.id, c.position).where(c.generation_id == generation_id, c.id.in_(ids))
    return {name: position for name, position in connection.execute(query)}


def _last_place(connection: Connection, generation_id: int) -> int:
    query = select(func.max(clusters.c.position)).where(clusters.c.generation_id == generation_id)
    found = connection.execute(query).scalar()
    return -1 if found is None else int(found)


def _outdated(connection: Connection, repository_id: int, keep: int) -> Sequence[int]:
    own = (generations.c.repository_id == repository_id) & (generations.c.id != keep)
    query = select(generations.c.id).where(own).order_by(generations.c.id.desc()).offset(GENERATIONS_KEPT - 1)
    return connection.execute(query).scalars().all()


def _drop(connection: Connection, ids: Sequence[int]) -> None:
    if ids:
        for table, column in ((cluster_members, "generation_id"), (clusters, "generation_id"), (generations, "id")):
            connection.execute(delete(table).where(table.c[column].in_(ids)))
