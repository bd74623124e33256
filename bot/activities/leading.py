"""Clusters' canonical issues follow GitHub: one that was closed, locked or deleted, or is a duplicate, gives way.

Known clusters' likewise, but for those for which the configuration or a person set one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from bot.activities.dress import canonical_choice
from bot.activities.overridden import set_canonical
from bot.activities.people import apart_of
from bot.case import root_of
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.canonical import can_be
from models.cluster import Cluster
from models.issue import Issue
from models.text import looks_like_security_report


def follow_canonicals(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    clusters: Collection[str],
    beside: Collection[str] = (),
) -> None:
    """Choose the canonical issues of these clusters anew where they can be it no more; of those `beside` where that
    shows without the history's duplicates, which take their time to read. The caller holds the repository's lock. Safe
    to repeat."""
    asked = {*clusters, *beside}
    for one in services.storage.clusters_in_force(repository.id, ids=asked) if asked else ():
        if one.id not in clusters and _seems_led(services.storage, repository.id, config, one):
            continue
        now = led(services, repository.id, config, one)
        if now != one:
            services.storage.amend(repository.id, [now])


def led(services: Services, repository_id: int, config: RepoConfig, cluster: Cluster) -> Cluster:
    """The cluster with the canonical issue that was set, or else its own while that can be it – one that another
    outdoes by now stays –, or else the one that the written policy chooses."""
    fixed = set_canonical(services.storage, repository_id, config, cluster)
    if can_be(_issue(services.storage, repository_id, fixed)):
        return replace(cluster, canonical=fixed)
    if _leads(services.storage, repository_id, cluster):
        return cluster
    return replace(cluster, canonical=canonical_choice(services, repository_id, cluster, None).number)


def _seems_led(storage: Storage, repository_id: int, config: RepoConfig, cluster: Cluster) -> bool:
    """Whether its canonical issue is a fit member, and none but it was set."""
    if cluster.canonical not in cluster.members or not _is_fit(storage, repository_id, cluster.canonical):
        return False
    return set_canonical(storage, repository_id, config, cluster) in (None, cluster.canonical)


def _leads(storage: Storage, repository_id: int, cluster: Cluster) -> bool:
    """Whether its canonical issue is there, fit, no duplicate, a member or what one duplicates, and was not told apart
    from a member."""
    number = cluster.canonical
    if number is None or not _is_fit(storage, repository_id, number):
        return False
    duplicates = storage.duplicates(repository_id)
    if number in duplicates or number in cluster.members:
        return number not in duplicates
    apart = apart_of(storage.feedback(repository_id), [number]).get(number, ())
    return number in {root_of(one, duplicates) for one in cluster.members} and set(cluster.members).isdisjoint(apart)


def _is_fit(storage: Storage, repository_id: int, number: int) -> bool:
    """Whether it is there, and can be shown (INV 44) and pointed to (INV 3)."""
    stored = storage.issue(repository_id, number)
    if stored is None:
        return False
    issue = stored.issue
    return issue.state == "open" and not issue.locked and can_be(issue) and not looks_like_security_report(stored.text)


def _issue(storage: Storage, repository_id: int, number: int | None) -> Issue | None:
    stored = None if number is None else storage.issue(repository_id, number)
    return None if stored is None else stored.issue
