"""A person's act on clusters: kept for every refit to come, and followed at once in the generation in force."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.activities.assign import begun_known
from bot.activities.dress import dressed, repointed
from bot.activities.homes import NOT_KEPT, Back, displaced, homes_before, homes_of, moved_by
from bot.activities.overridden import overridden, refusal
from bot.activities.people import People, holding, pending, people_of
from bot.activities.private import secret
from bot.config_keys import TITLE_LEAST, can_be_seen
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
MOVING = PUTTING | {"exclude"}


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
    for names in (config, overridden(services.storage, repository.id, config)):
        _check_names(names, edit)
    undone = next((one for one in acts if one.id == undoes), None)
    (next_one,) = pending(repository.id, [edit])
    then = [replace(one, undone_by=next_one.id) if one is undone else one for one in acts] + [next_one]
    last = generation.clusters
    before = people_of(services, repository.id, config, last, acts)
    back = Back.of(last, homes_before(acts, undone), people_of(services, repository.id, config, last, then))
    after = people_of(services, repository.id, config, back.clusters, then)
    refused = [one for one in after.curation.problems if one not in before.curation.problems]
    if refused and undone is None:
        raise TriageError("; ".join(refused))
    anew = {after.curation.aliases.get(one, one) for one in _left_to_policy(edit, undone)}
    changed, gone, changes = _followed(services, repository, config, last, back.clusters, after, anew)
    edit = replace(edit, displaced=displaced(last, changed, gone))
    made = services.storage.amend(repository.id, changed, gone, edit, undoes)
    problems = [one for one in after.problems if one not in before.problems]
    problems += back.problems(homes_of(last, changed, gone))
    if undone is not None and undone.edit.displaced is None and undone.edit.kind in MOVING:
        problems.append(NOT_KEPT)
    return Acted(made or 0, changed, gone, changes, tuple(problems))


def put_back(
    services: Services, repository: RepositoryRecord, config: RepoConfig, homes: Mapping[int, str | None], at: datetime
) -> list[str]:
    """Put issues where they were at that moment (issue → cluster, None for none), unless an act of a person moved them
    since or what people said forbids it; the caller holds the repository's lock. Returns what could not be done."""
    generation = services.storage.current_generation(repository.id)
    if generation is None:
        return []
    last, acts = generation.clusters, services.storage.edits(repository.id)
    moved = {number for one in holding(acts) if one.edit.at > at for number, *_ in moved_by(one.edit)}
    told = people_of(services, repository.id, config, last)
    back = Back.of(last, {number: (home, True) for number, home in homes.items() if number not in moved}, told)
    changed, gone, _ = _followed(services, repository, config, last, back.clusters, told)
    if changed or gone:
        services.storage.amend(repository.id, changed, gone)
    return back.problems(homes_of(last, changed, gone))


def held_to(
    services: Services, repository: RepositoryRecord, config: RepoConfig, clusters: Sequence[Cluster]
) -> tuple[Cluster, ...]:
    """Clusters of another time under what people say and set by now, with the known ones that are configured by now;
    nothing is clustered anew. The caller holds the repository's lock."""
    defined = {one.slug: one for one in config.known_clusters()}
    hidden = secret(services.indexes.index(repository.id), {number for one in clusters for number in one.members})
    last = [_public(one if one.slug in defined else replace(one, slug=None), hidden) for one in clusters]
    there = {one.id for one in clusters}
    last += [begun_known(services, repository.id, one) for slug, one in defined.items() if slug not in there]
    told = people_of(services, repository.id, config, last)
    changed, gone, _ = _followed(services, repository, config, clusters, last, told)
    anew = {one.id: one for one in changed}
    kept = [anew.pop(one.id, one) for one in clusters if one.id not in gone]
    fixed = {*told.curation.canonicals, *(slug for slug, one in defined.items() if one.canonical is not None)}
    return repointed(services, repository.id, [*kept, *anew.values()], fixed)


def _public(cluster: Cluster, hidden: Collection[int]) -> Cluster:
    return replace(cluster, members=tuple(number for number in cluster.members if number not in hidden))


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
            raise NotFound(f"#{number} is not known here: is the number right?")
        if rows[number].issue.is_pull_request:
            raise NotFound(f"#{number} is a pull request, and clusters hold issues")
        if edit.kind in PUTTING and looks_like_security_report(rows[number].text):
            raise TriageError(f"#{number} reads like a security report, and clusters are public")  # INV 44
        if edit.kind == "canonical" and not can_be(rows[number].issue):
            raise TriageError(f"#{number} is a bot's or was closed as a duplicate, so that nothing can point to it")


def _check_names(config: RepoConfig, edit: Edit) -> None:
    refused = refusal(edit.value, edit.cluster, config) if edit.kind == "label" and edit.value else None
    if refused is not None:
        raise TriageError(f"{refused}: choose another one")
    if edit.kind == "rename" and edit.value and not can_be_seen(edit.value, TITLE_LEAST):
        raise TriageError(f"a title has {TITLE_LEAST} visible characters at least")


def _followed(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    in_force: Sequence[Cluster],
    last: Sequence[Cluster],
    told: People,
    anew: Collection[str] = (),
) -> tuple[tuple[Cluster, ...], tuple[str, ...], tuple[Change, ...]]:
    """The clusters that change, the ids of those that end, and the changes; nothing is clustered anew. `anew`: those
    whose canonical issue is chosen by the policy where nobody set one, whatever it was."""
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
    changed = [one for one in made.clusters if one.id in anew or _restored(one, was.get(one.id)) != was.get(one.id)]
    fresh = dressed(services, repository.id, services.indexes.index(repository.id), changed, made.medoids)
    return fresh, tuple(sorted(was.keys() - {one.id for one in made.clusters})), made.changes


def _left_to_policy(edit: Edit, undone: EditRecord | None) -> Collection[str]:
    """The cluster whose canonical issue is not what a person set any more."""
    given = undone.edit if undone is not None else edit
    return {given.cluster} if given.kind == "canonical" and (undone is not None or not given.numbers) else ()


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
