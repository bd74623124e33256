"""What people said of issues and set on clusters, gathered for the models: constraints, overrides, and what clashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import EditRecord, FeedbackRecord
from models.cluster import Cluster
from models.constraints import Constraint, Constraints, Pin, resolve
from models.curation import Curation, Edit, curate


@dataclass(frozen=True, slots=True)
class People:
    """What holds (`constraints`, `curation`), and in words what could not be followed."""

    constraints: Constraints
    curation: Curation

    @property
    def problems(self) -> tuple[str, ...]:
        """For a maintainer: the acts that contradict newer ones, or name what is not there."""
        return (*(conflict.words for conflict in self.constraints.conflicts), *self.curation.problems)


def people_of(
    services: Services,
    repository_id: int,
    config: RepoConfig,
    clusters: Iterable[Cluster],
    acts: Sequence[EditRecord] | None = None,
    said: Iterable[FeedbackRecord] | None = None,
) -> People:
    """All that people said and did in the repository, over the clusters in force; `acts` and `said` in place of what
    is kept."""
    existing = [one.id for one in clusters]
    slugs = [one.slug for one in config.clusters]
    done = services.storage.edits(repository_id) if acts is None else acts
    spoken = services.storage.feedback(repository_id) if said is None else said
    return people(spoken, done, existing, slugs)


def people(
    said: Iterable[FeedbackRecord], acts: Sequence[EditRecord], existing: Collection[str], slugs: Collection[str]
) -> People:
    """`existing`: ids of the clusters in force; `slugs`: those of the configuration."""
    spoken = list(said)
    curation = curate([act.edit for act in holding(acts)], existing, slugs)
    objections = [
        Pin(one.number, slug, inside=False, at=one.said_at, source="objection")
        for one in spoken
        if one.kind == "objection"
        for slug in slugs
    ]
    return People(resolve(constraints_of(spoken), [*curation.pins, *objections]), curation)


def constraints_of(said: Iterable[FeedbackRecord]) -> list[Constraint]:
    """The pairs that people told apart or put together (INV 8)."""
    return [
        Constraint(one.number, one.other, one.kind == "duplicate", one.said_at, one.source)
        for one in said
        if one.kind in {"duplicate", "separated"} and one.other is not None
    ]


def apart_of(said: Iterable[FeedbackRecord], numbers: Collection[int]) -> dict[int, frozenset[int]]:
    """Issue, of these → those that people told apart from it, but for whom they put together with it since (INV 8)."""
    spoken, asked = list(said), set(numbers)
    found: dict[int, set[int]] = defaultdict(set)
    if any(one.kind == "separated" and not asked.isdisjoint((one.number, one.other)) for one in spoken):
        for one, other in resolve(constraints_of(spoken)).apart:
            found[one].add(other)
            found[other].add(one)
    return {number: frozenset(found[number]) for number in asked & found.keys()}


def holding(acts: Sequence[EditRecord]) -> list[EditRecord]:
    """The acts that hold, oldest first: those that were not undone, or whose undoing was undone in its turn."""
    by_id = {act.id: act for act in acts}

    def holds(act: EditRecord) -> bool:
        undo = by_id.get(act.undone_by) if act.undone_by is not None else None
        return undo is None or not holds(undo)

    return [act for act in acts if act.edit.kind != "undo" and holds(act)]


def pending(repository_id: int, edits: Iterable[Edit]) -> list[EditRecord]:
    """Acts that are not kept yet, as if they were; their ids are nobody's."""
    return [EditRecord(-1 - place, repository_id, edit) for place, edit in enumerate(edits)]


def groups_of(said: Sequence[FeedbackRecord]) -> dict[int, int]:
    """Issue → the lowest of those that people called the same problem; where they contradict each other, the newer
    word holds."""
    return {number: min(block) for block in resolve(constraints_of(said)).blocks for number in block}
