"""The configuration's clusters as people want them by now: a title, label or canonical issue that was set on one counts
for what reporters are told, until it is undone (INV 16: the file or a maintainer's act names a label)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.activities.people import holding
from bot.config_keys import ClusterConfig, can_be_seen, is_addressable
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from models.cluster import Cluster
from models.curation import Curation, curate

PARTING = frozenset({"exclude", "split", "pin"})


def overridden(storage: Storage, repository_id: int, config: RepoConfig) -> RepoConfig:
    """The configuration with what people set on its clusters, by the dashboard or the command line."""
    return as_curated(config, curation_of(storage, repository_id, config))


def as_curated(config: RepoConfig, curation: Curation) -> RepoConfig:
    """The same, by what their acts come to."""
    return config.model_copy(update={"clusters": tuple(_overridden(one, curation, config) for one in config.clusters)})


def kept_out_of(curation: Curation, config: RepoConfig, number: int) -> frozenset[str]:
    """The slugs of the known clusters that people keep the issue out of: they excluded it, or put it into another
    cluster, by a split, too."""
    pins = [one for one in curation.pins if one.number == number]
    homes = {one.cluster for one in pins if one.inside}
    slugs = {one.slug for one in config.clusters}
    return frozenset({one.cluster for one in pins if not one.inside} & slugs | (slugs - homes if homes else set()))


def curation_of(storage: Storage, repository_id: int, config: RepoConfig) -> Curation:
    """What people's acts come to for the configuration's clusters; nothing where it has none."""
    acts = [one.edit for one in holding(storage.edits(repository_id))] if config.clusters else []
    named = {one for act in acts for one in (act.cluster, act.value) if one is not None}
    curation = curate(acts, named, [one.slug for one in config.clusters])
    # a merge or a canonical issue alone takes no issue out of anything
    return curation if any(one.kind in PARTING for one in acts) else replace(curation, pins=())


def set_canonical(storage: Storage, repository_id: int, config: RepoConfig, cluster: Cluster) -> int | None:
    """The canonical issue that a person, who put it into the cluster by that, or the configuration set, if any did."""
    by_people = set_by_people(storage, repository_id, config, cluster)
    return configured_for(cluster, config) if by_people is None else by_people


def set_by_people(storage: Storage, repository_id: int, config: RepoConfig, cluster: Cluster) -> int | None:
    """The canonical issue that a person set, while it is in the cluster."""
    acts = [act.edit for act in holding(storage.edits(repository_id))]
    number = curate(acts, [cluster.id], [one.slug for one in config.clusters]).canonicals.get(cluster.id)
    return number if number in cluster.members else None


def configured_for(cluster: Cluster, config: RepoConfig) -> int | None:
    """The canonical issue that the configuration names for the cluster."""
    return next((one.canonical for one in config.clusters if one.slug == cluster.id), None)


def refusal(label: str, slug: str | None, config: RepoConfig) -> str | None:
    """Why this cannot be the label of the cluster, in words: no label may mean two things, and all have an address."""
    if not (is_addressable(label) and can_be_seen(label)):
        return f"{label!r} cannot be the name of a label"
    styles = {name.casefold() for name in config.model_copy(update={"clusters": ()}).label_styles()}
    others = {one.label.casefold() for one in config.clusters if one.label and one.slug != slug}
    if label.casefold() in styles:
        return f"the label {label!r} stands for a verdict"
    if label.casefold() in {name.casefold() for name in config.ignore.labels}:
        return f"issues with the label {label!r} are left alone by the configuration"
    return f"the label {label!r} is another cluster's" if label.casefold() in others else None


def _overridden(cluster: ClusterConfig, curation: Curation, config: RepoConfig) -> ClusterConfig:
    found: dict[str, Any] = {}
    if cluster.slug in curation.titles:
        found["title"] = curation.titles[cluster.slug]
    if cluster.slug in curation.canonicals:
        found["canonical"] = curation.canonicals[cluster.slug]
    if cluster.slug in curation.labels:
        label = curation.labels[cluster.slug]
        if label is None or not refusal(label, cluster.slug, config):  # else the file has its say again
            found["label"] = label
    return cluster.model_copy(update=found)
