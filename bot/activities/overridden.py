"""The configuration's clusters as people want them by now: a title, label or canonical issue that was set on one counts
for what reporters are told, until it is undone (INV 16: the file or a maintainer's act names a label)."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from bot.activities.people import holding
from bot.config_keys import ClusterConfig, can_be_seen, is_addressable
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from models.curation import Curation, curate

SETTING = frozenset({"rename", "label", "canonical", "merge"})  # a merge may bring what was set elsewhere
PARTING = frozenset({"exclude", "split", "pin"})


def overridden(storage: Storage, repository_id: int, config: RepoConfig) -> RepoConfig:
    """The configuration with what people set on its clusters, by the dashboard or the command line."""
    curation = _curation(storage, repository_id, config, SETTING)
    if curation is None:
        return config
    return config.model_copy(update={"clusters": tuple(_overridden(one, curation, config) for one in config.clusters)})


def kept_out_of(storage: Storage, repository_id: int, config: RepoConfig, number: int) -> frozenset[str]:
    """The slugs of the known clusters that people keep the issue out of: they excluded it, or put it into another
    cluster, by a split, too."""
    curation = _curation(storage, repository_id, config, PARTING)
    pins = [one for one in curation.pins if one.number == number] if curation is not None else []
    homes = {one.cluster for one in pins if one.inside}
    slugs = {one.slug for one in config.clusters}
    return frozenset({one.cluster for one in pins if not one.inside} & slugs | (slugs - homes if homes else set()))


def _curation(storage: Storage, repository_id: int, config: RepoConfig, kinds: Set[str]) -> Curation | None:
    """What all acts come to, where some of these kinds are among them."""
    acts = [one.edit for one in holding(storage.edits(repository_id))] if config.clusters else []
    if not any(one.kind in kinds for one in acts):
        return None
    named = {one for act in acts for one in (act.cluster, act.value) if one is not None}
    return curate(acts, named, [one.slug for one in config.clusters])


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
