"""Clusters' canonical issues follow GitHub: one that was closed, locked or deleted, or is a duplicate, gives way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.activities.dress import canonical_choice
from bot.activities.people import apart_of, people_of
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.canonical import can_be
from models.cluster import Cluster


def follow_canonicals(
    services: Services, repository: RepositoryRecord, config: RepoConfig, clusters: Collection[str]
) -> None:
    """Choose the canonical issues of these clusters anew, by the written policy, where they can be it no more: one that
    another outdoes by now stays. The caller holds the repository's lock. Safe to repeat."""
    for one in services.storage.clusters_in_force(repository.id, ids=clusters) if clusters else ():
        fixed = set_canonical(services, repository, config, one)
        if fixed is None and _leads(services.storage, repository.id, one):
            continue
        choice = canonical_choice(services, repository.id, one, fixed)
        if choice.number != one.canonical:
            services.storage.amend(repository.id, [replace(one, canonical=choice.number)])


def _leads(storage: Storage, repository_id: int, cluster: Cluster) -> bool:
    """Whether its canonical issue is there, open and unlocked, no duplicate, and was not told apart from a member."""
    number = cluster.canonical
    stored = storage.issue(repository_id, number) if number is not None else None
    if number is None or stored is None or stored.issue.state != "open" or stored.issue.locked:
        return False
    if not can_be(stored.issue) or number in storage.duplicates(repository_id):
        return False
    apart = () if number in cluster.members else apart_of(storage.feedback(repository_id), [number]).get(number, ())
    return set(cluster.members).isdisjoint(apart)


def set_canonical(services: Services, repository: RepositoryRecord, config: RepoConfig, cluster: Cluster) -> int | None:
    """The canonical issue that a person or the configuration set, if any did."""
    by_people = people_of(services, repository.id, config, [cluster]).curation.canonicals.get(cluster.id)
    configured = next((one.canonical for one in config.clusters if one.slug == cluster.id), None)
    return by_people or configured
