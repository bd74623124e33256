"""A person's act on clusters: kept for every refit to come, and followed at once in the generation in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.activities.dress import dressed
from bot.activities.people import People, holding, pending, people_of
from bot.errors import NotFound, TriageError
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import EditRecord, RepositoryRecord
from models.canonical import can_be
from models.changes import Change
from models.cluster import Cluster, Group
from models.curation import Edit
from models.reconcile import Fit, fresh_id, reconcile
from models.text import looks_like_security_report

INSTANT = timedelta(microseconds=1)
UNDO = "undo"
PUTTING = frozenset({"pin", "canonical"})


@dataclass(frozen=True, slots=True)
class Acted:
    """What an act came to: its id, the clusters as they are now, those that ended, and what it could not do."""

    id: int
    changed: tuple[Cluster, ...]
    gone: tuple[str, ...]
    changes: tuple[Change, ...]
    problems: tuple[str, ...]


def act(
    services: Services, repository: RepositoryRecord, config: RepoConfig, edit: Edit, undoes: int | None = None
) -> Acted:
    """Keep the act and follow it; the caller holds the repository's lock. Raises NotFound where it names what is not
    there, and TriageError where it cannot be followed."""
    generation = services.storage.current_generation(repository.id)
    if generation is None:
        raise NotFound(f"{repository.full_name} has no clusters yet: run `triage refit {repository.full_name}` first")
    acts = services.storage.edits(repository.id)
    edit = replace(edit, at=_moment(services, acts))
    _check_issues(services, repository, edit)
    undone = next((one for one in acts if one.id == undoes), None)
    (next_one,) = pending(repository.id, [edit])
    then = [replace(one, undone_by=next_one.id) if one is undone else one for one in acts] + [next_one]
    last = generation.clusters
    before, after = (people_of(services, repository.id, config, last, one) for one in (acts, then))
    refused = [one for one in after.curation.problems if one not in before.curation.problems]
    if refused and undone is None:
        raise TriageError("; ".join(refused))
    changed, gone, changes = _followed(services, repository, config, last, _without(last, undone), after)
    made = services.storage.amend(repository.id, changed, gone, edit, undoes)
    problems = tuple(one for one in after.problems if one not in before.problems)
    return Acted(made or 0, changed, gone, changes, problems)


def split_of(services: Services, repository_id: int, cluster: Cluster, numbers: Sequence[int], actor: str) -> Edit:
    """The act by which these members leave the cluster for a new one of their own; raises TriageError."""
    if set(cluster.members) <= set(numbers):
        raise TriageError(f"{cluster.id} has no other issues: there is nothing to split")
    used = services.storage.cluster_ids(repository_id)
    stayed = tuple(number for number in cluster.members if number not in set(numbers))
    leaving = tuple(sorted(set(numbers)))
    return Edit("split", services.clock(), actor, cluster.id, leaving, fresh_id(leaving, {*used, cluster.id}), stayed)


def last_act(services: Services, repository_id: int, number: int | None = None) -> EditRecord:
    """The newest act that holds, or the one with this id; NotFound where there is none."""
    standing = holding(services.storage.edits(repository_id))
    if number is not None:
        standing = [one for one in standing if one.id == number]
    if not standing:
        raise NotFound("there is no act that could be undone" if number is None else f"no act {number} is in force")
    return standing[-1]


def _moment(services: Services, acts: Sequence[EditRecord]) -> datetime:
    """Now, but after every earlier act, so that the newest wins whatever the clock did."""
    last = max((one.edit.at for one in acts), default=None)
    now = services.clock()
    return now if last is None or last < now else last + INSTANT


def _check_issues(services: Services, repository: RepositoryRecord, edit: Edit) -> None:
    """What a person names has to be an issue that is known here."""
    if edit.kind in {"merge", UNDO}:
        return
    rows = {row.issue.number: row for row in services.storage.issues(repository.id, edit.numbers)}
    for number in edit.numbers:
        if number not in rows:
            raise NotFound(f"{repository.full_name}#{number} is not in the database: is the number right?")
        if rows[number].issue.is_pull_request:
            raise NotFound(f"{repository.full_name}#{number} is a pull request, and clusters hold issues")
        if edit.kind in PUTTING and looks_like_security_report(rows[number].text):
            raise TriageError(f"#{number} reads like a security report, and clusters are public")  # INV 44
        if edit.kind == "canonical" and not can_be(rows[number].issue):
            raise TriageError(f"#{number} is a bot's or was closed as a duplicate, so that nothing can point to it")


def _without(last: Sequence[Cluster], undone: EditRecord | None) -> tuple[Cluster, ...]:
    """The clusters as they would be without a merge or a split that is undone, as far as its issues are still there."""
    if undone is None or undone.edit.kind not in {"merge", "split"} or undone.edit.value is None:
        return tuple(last)
    edit, other = undone.edit, undone.edit.value
    home, away = (other, edit.cluster) if edit.kind == "merge" else (edit.cluster, other)
    held = {one.id: set(one.members) for one in last}
    moved = set(edit.numbers) & held.get(away, set())
    found = [replace(one, members=tuple(sorted(held[one.id] - moved))) if one.id == away else one for one in last]
    if home not in held:
        return (*found, Cluster(home, home, members=tuple(sorted(moved))))
    return tuple(replace(one, members=tuple(sorted(held[home] | moved))) if one.id == home else one for one in found)


def _followed(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    in_force: Sequence[Cluster],
    last: Sequence[Cluster],
    told: People,
) -> tuple[tuple[Cluster, ...], tuple[str, ...], tuple[Change, ...]]:
    """The clusters that change, the ids of those that end, and the changes; nothing is clustered anew."""
    groups = [
        Group(one.members, one.coherence, one.held, one.canonical or one.members[0])
        for one in last
        if one.slug is None and one.members
    ]
    numbers = {number for one in last for number in one.members} | set(told.constraints.anchors)
    there = {row.issue.number for row in services.storage.issues(repository.id, sorted(numbers))}
    known = [_as_defined(one, config) for one in last if one.slug]
    fit = Fit(groups, known, there, config.limits.cluster_cap)
    used = services.storage.cluster_ids(repository.id)
    made = reconcile(last, fit, told.constraints, told.curation, used)
    was = {one.id: one for one in in_force}
    changed = [one for one in made.clusters if _restored(one, was.get(one.id)) != was.get(one.id)]
    fresh = dressed(services, repository.id, services.indexes.index(repository.id), changed, made.medoids)
    return fresh, tuple(sorted(was.keys() - {one.id for one in made.clusters})), made.changes


def _as_defined(cluster: Cluster, config: RepoConfig) -> Cluster:
    """A known cluster with what the configuration says of it: what people set comes on top, and goes when undone."""
    entry = next((one for one in config.known_clusters() if one.slug == cluster.slug), None)
    if entry is None:
        return cluster
    return replace(cluster, title=entry.title, label=entry.label, canonical=entry.canonical)


def _restored(cluster: Cluster, was: Cluster | None) -> Cluster:
    """The cluster with what reconciling leaves to be dressed, as it was; equal to what it was where nothing changed."""
    if was is None:
        return cluster
    canonical = was.canonical if cluster.canonical is None else cluster.canonical
    return replace(cluster, canonical=canonical, parts=was.parts, terms=was.terms)
