"""A decided issue finds its place among the clusters in force: it joins one, starts one, or leaves the one it was in.

The time that takes grows with its candidates and what people said, not with the issues or clusters there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from bot.activities.assign import assign_known, begun_known
from bot.activities.dress import canonical_choice, christened
from bot.activities.judge import POOL
from bot.activities.leading import led
from bot.activities.people import People, holding, people
from bot.activities.private import secret
from bot.activities.refit_plan import limits_of
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord
from models.cluster import Cluster
from models.constraints import Constraints
from models.decision import Decision, Verdict
from models.document import Document
from models.naming import NAMELESS
from models.pair_graph import pairs_of
from models.placing import Placement, place, with_member
from models.reconcile import fresh_id
from models.seating import settle_known


def find_place(
    services: Services, repository: RepositoryRecord, config: RepoConfig, decision: Decision, document: Document
) -> None:
    """Put the issue where it belongs; the caller holds the repository's lock. Safe to repeat."""
    number, slug = decision.number, decision.cluster
    if decision.verdict is Verdict.SECURITY:
        _leave(services, repository, services.storage.clusters_in_force(repository.id, holding=[number]), number)
        return  # INV 44
    held = _held(services, repository.id, config, {number})
    if slug is not None and held.anchors.get(number, slug) == slug and (number, slug) not in held.barred:
        _begin_known(services, repository, config, slug)
    elif services.storage.generations(repository.id, limit=1):
        slug = None
    else:
        return
    if not _is_seated(services, repository.id, config, number, slug, held):
        _place(services, repository, config, document)


def _begin_known(services: Services, repository: RepositoryRecord, config: RepoConfig, slug: str) -> None:
    """A cluster that was configured since the last generation is there from its first report on."""
    storage = services.storage
    if storage.clusters_in_force(repository.id, ids=[slug]):
        return
    if not storage.generations(repository.id, limit=1):
        assign_known(services, repository, config)
        return
    defined = next(one for one in config.known_clusters() if one.slug == slug)
    storage.amend(repository.id, [begun_known(services, repository.id, defined)])


def _is_seated(
    services: Services, repository_id: int, config: RepoConfig, number: int, slug: str | None, held: Constraints
) -> bool:
    """Whether the issue is in the known cluster that it joins, or is in (None), when people's words were followed.

    Of two that people told apart the later leaves (INV 8): the night's rule, and it holds from the word on.
    """
    storage = services.storage
    now = storage.clusters_in_force(repository_id, holding=[number])
    there = now if slug is None else storage.clusters_in_force(repository_id, ids=[slug])
    home = next((one for one in there if one.slug is not None), None)
    if home is None:
        return False
    members = {*home.members, number}
    (settled,) = settle_known([replace(home, members=tuple(sorted(members)))], held, members)
    if set(settled.members) == members:
        storage.join_cluster(repository_id, home.id, number)
    elif settled.members != home.members:
        storage.amend(repository_id, [led(services, repository_id, config, settled)])
    if number in settled.members:
        for one in now:
            _tidy(services, repository_id, one.id)
    by_people = slug is None and any(number in block for block in held.blocks)  # where its mates are, it goes
    return number in settled.members and not by_people


def _place(services: Services, repository: RepositoryRecord, config: RepoConfig, document: Document) -> None:
    number = document.number
    index = services.indexes.index(repository.id)
    if number not in index:
        return
    retrieved = index.retrieve(document, limit=POOL)
    held = _held(services, repository.id, config, {number, *retrieved})  # who comes together must not be apart either
    now = services.storage.clusters_in_force(repository.id, holding=[number])
    _leave(services, repository, [one for one in now if (number, one.id) in held.barred], number)
    mates = {one for block in held.blocks if number in block for one in block}
    hidden = secret(index, {*retrieved, *mates})  # INV 44: nobody's mate in public
    held = replace(held, blocks=tuple(block - hidden for block in held.blocks))
    # By the scorer that ships: the cuts of the clusters were chosen on its probabilities.
    judged = pairs_of(index, services.scorer, number, [one for one in retrieved if one not in hidden])
    near = list(services.storage.clusters_in_force(repository.id, holding={number, *judged, *(mates - hidden)}))
    anchor = held.anchors.get(number)
    if anchor is not None and anchor not in {one.id for one in near}:
        near += services.storage.clusters_in_force(repository.id, ids=[anchor])
    placement = place(number, judged, near, held, limits_of(config))
    _follow(services, repository, config, number, placement, {one.id: one for one in near})
    _part(services, repository.id, config, number, held)


def _part(services: Services, repository_id: int, config: RepoConfig, number: int, held: Constraints) -> None:
    """Where people put the issue beside one whom they told apart from it, the later leaves, and whom nobody put there
    before whom somebody did (INV 8): the night's rule. Who leaves with the issue stays together with it."""
    for home in services.storage.clusters_in_force(repository_id, holding=[number]):
        (settled,) = settle_known([home], held, home.members)
        if settled.members == home.members:
            continue
        services.storage.amend(repository_id, [led(services, repository_id, config, settled)])
        _tidy(services, repository_id, home.id)
        left = set(home.members) - {*settled.members, number}
        mates = tuple(sorted(one for block in held.blocks if number in block for one in block & left))
        if number not in settled.members and mates:
            fresh = _started(services, repository_id, number, Placement(starts=mates, mean=1.0))
            services.storage.amend(repository_id, [fresh])


def _held(services: Services, repository_id: int, config: RepoConfig, numbers: Collection[int]) -> Constraints:
    """What people's words and acts make hold for these issues."""
    said = services.storage.feedback(repository_id)
    return _people(services, repository_id, config, _component(said, numbers)).constraints


def _component(said: Sequence[FeedbackRecord], numbers: Collection[int]) -> list[FeedbackRecord]:
    """The words that bear on the issues: about them, or about issues that words connect them with."""
    about: dict[int, list[FeedbackRecord]] = defaultdict(list)
    for word in said:
        about[word.number].append(word)
        if word.other is not None:
            about[word.other].append(word)
    reached, left = set(numbers), list(numbers)
    while left:
        for word in about[left.pop()]:
            for one in (word.number, word.other):
                if one is not None and one not in reached:
                    reached.add(one)
                    left.append(one)
    return [word for word in said if word.number in reached]


def _people(services: Services, repository_id: int, config: RepoConfig, said: Iterable[FeedbackRecord]) -> People:
    acts = services.storage.edits(repository_id)
    named = {one.edit.cluster for one in holding(acts)} | {one.edit.value or "" for one in holding(acts)}
    existing = [one.id for one in services.storage.clusters_in_force(repository_id, ids=named)]
    return people(said, acts, existing, [one.slug for one in config.clusters])


def _follow(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    number: int,
    placement: Placement,
    near: Mapping[str, Cluster],
) -> None:
    if placement.joins is not None and placement.joins in near:
        grown = with_member(near[placement.joins], number, placement.mean, limits_of(config))
        services.storage.amend(repository.id, [grown if grown.slug is None else replace(grown, held=None)])
    elif placement.starts:
        services.storage.amend(repository.id, [_started(services, repository.id, number, placement)])
    elif placement.leaves is not None:
        services.storage.leave_cluster(repository.id, number)
    if placement.leaves is not None:
        _tidy(services, repository.id, placement.leaves)


def _started(services: Services, repository_id: int, number: int, placement: Placement) -> Cluster:
    members = tuple(sorted({number, *placement.starts}))
    used = services.storage.cluster_ids(repository_id, beginning=f"c{members[0]}")
    fresh = Cluster(fresh_id(members, used), NAMELESS, members=members, coherence=placement.mean)
    fresh = christened(services.indexes.index(repository_id), fresh)
    return replace(fresh, canonical=canonical_choice(services, repository_id, fresh, None).number)


def _leave(services: Services, repository: RepositoryRecord, clusters: Sequence[Cluster], number: int) -> None:
    for one in clusters:
        services.storage.leave_cluster(repository.id, number)
        _tidy(services, repository.id, one.id)


def _tidy(services: Services, repository_id: int, cluster_id: str) -> None:
    """After an issue left: the end of a pair, unless a person touched it."""
    for one in services.storage.clusters_in_force(repository_id, ids=[cluster_id]):
        touched = {act.edit.cluster for act in holding(services.storage.edits(repository_id))}
        if len(one.members) < 2 and one.slug is None and one.id not in touched:
            services.storage.amend(repository_id, [], [one.id])
