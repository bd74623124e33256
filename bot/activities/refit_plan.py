"""What a refit would make of everything that is known; computed beside the decisions, which it lets pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.activities.assign import DEFINITIONS, assigned, defined_alike, definitions, redefined
from bot.activities.dress import dressed
from bot.activities.leading import led
from bot.activities.people import People, holding, pending, people_of
from bot.activities.private import public
from bot.activities.refit_budget import Budget
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import EditRecord, FeedbackRecord, RepositoryRecord
from models.changes import Change
from models.cluster import Cluster, Generation
from models.clustering import ClusterLimits, cluster
from models.curation import Edit, renamed_slugs
from models.meanwhile import Meanwhile, caught_up
from models.pair_graph import PairGraph, pair_graph
from models.reconcile import Fit, reconcile
from models.retrieval import IssueIndex
from models.seating import settle_known
from models.share import percent

FEW = 2  # issues that may always move: in a small repository they are a large share
Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refit would publish, and how it differs from what is in force; `refusal` says why it may not.

    `problems` are people's acts that clash or name what is gone, in words; `figures` are counts and durations. `acts`
    follow from the configuration, where it calls a known cluster otherwise.
    """

    previous: Generation | None
    clusters: tuple[Cluster, ...]
    changes: tuple[Change, ...]
    churn: float
    refusal: str | None
    problems: tuple[str, ...]
    figures: Mapping[str, Any]
    acts: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What people said and set until a moment."""

    edits: tuple[EditRecord, ...]
    feedback: tuple[FeedbackRecord, ...]

    @classmethod
    def until_now(cls, services: Services, repository_id: int) -> Said:
        """As it is kept."""
        return cls(tuple(services.storage.edits(repository_id)), tuple(services.storage.feedback(repository_id)))


@dataclass(frozen=True, slots=True)
class Judged:
    """The long part of a refit, which no act of a person changes: a copy of the index, and what it says.

    `previous` is the generation that was in force when the copy was made.
    """

    index: IssueIndex
    previous: Generation | None
    known: tuple[Cluster, ...]
    graph: PairGraph
    budget: Budget


def nobody(_what: str, _done: int, _whole: int) -> None:
    """Progress that nobody watches."""


def limits_of(config: RepoConfig) -> ClusterLimits:
    """The clusters' bounds: the repository's cap, and what was measured for the rest."""
    return ClusterLimits(cap=config.limits.cluster_cap)


def judged(services: Services, repository: RepositoryRecord, config: RepoConfig, progress: Progress = nobody) -> Judged:
    """Copy the index under the repository's lock, and judge the pairs without it. Raises OverBudget."""
    budget = Budget(services.settings)
    with services.storage.lock(repository.id):
        previous = services.storage.current_generation(repository.id)
        index = services.indexes.index(repository.id).snapshot()
    budget.check()
    progress("known clusters", 0, 1)
    last = previous.clusters if previous else ()
    known = assigned(services, repository.id, config, index, last)
    held = _people(services, repository.id, config, last, Said.until_now(services, repository.id), ()).constraints
    taken = {number for one in settle_known(known, held, index.numbers()) for number in one.members}
    free = [number for number in index.numbers() if number not in taken]
    graph = pair_graph(index, services.scorer, numbers=free, tick=_ticking(budget, progress))
    return Judged(index, previous, known, graph, budget)


def planned(
    services: Services,
    repository_id: int,
    config: RepoConfig,
    work: Judged,
    said: Said,
    progress: Progress = nobody,
) -> tuple[Plan, People]:
    """The clusters under what people said, and that; deterministic, writes nothing. Raises OverBudget."""
    index, previous, budget = work.index, work.previous, work.budget
    last = previous.clusters if previous else ()
    alike = defined_alike(services, repository_id, config)
    acts = renamed_slugs(last, work.known, services.clock(), alike)
    people = _people(services, repository_id, config, last, said, acts)
    known = settle_known(work.known, people.constraints, index.numbers())
    progress("clusters", 0, 1)
    graph = _without(work.graph, {number for one in known for number in one.members})
    groups = cluster(graph, people.constraints, limits_of(config), [one.members for one in last], budget.check)
    budget.check()
    fit = public(index, Fit(groups, known, index.numbers(), config.limits.cluster_cap), people.constraints)
    used = services.storage.cluster_ids(repository_id)
    anew = redefined(services, repository_id, config)
    made = reconcile(last, fit, people.constraints, people.curation, used, anew)
    progress("names", 0, 1)
    clusters = dressed(services, repository_id, index, made.clusters, made.medoids)
    budget.check()
    refusal = _refusal(services, repository_id, config, last, clusters, made.churn)
    figures = {**_figures(work, clusters), DEFINITIONS: definitions(config)}
    return Plan(previous, clusters, made.changes, made.churn, refusal, people.problems, figures, acts), people


def brought_up_to_now(
    services: Services, repository_id: int, config: RepoConfig, plan: Plan, people: People
) -> tuple[Cluster, ...]:
    """The plan's clusters with what was decided while they were made; the caller holds the repository's lock."""
    now = services.storage.current_generation(repository_id)
    meanwhile = Meanwhile(plan.previous.clusters if plan.previous else (), now.clusters if now else ())
    found = caught_up(plan.clusters, meanwhile, people.constraints, limits_of(config))
    was = {one.id: one for one in plan.clusters}
    touched = {act.edit.cluster for act in holding(services.storage.edits(repository_id))}
    kept = [one for one in found if len(one.members) > 1 or one.slug or one.id in touched or was.get(one.id) == one]
    return tuple(led(services, repository_id, config, one) if was.get(one.id) != one else one for one in kept)


def _people(
    services: Services,
    repository_id: int,
    config: RepoConfig,
    last: Sequence[Cluster],
    said: Said,
    acts: Sequence[Edit],
) -> People:
    edits = [*said.edits, *pending(repository_id, acts)]
    return people_of(services, repository_id, config, last, edits, said.feedback)


def _without(graph: PairGraph, numbers: set[int]) -> PairGraph:
    """The graph of the other issues: somebody put these into a known cluster since it was made."""
    kept = np.array([number not in numbers for number in graph.numbers.tolist()], dtype=bool)
    if kept.all():
        return graph
    place = np.cumsum(kept) - 1
    pairs = kept[graph.left] & kept[graph.right]
    left, right = (place[side[pairs]].astype(np.int32) for side in (graph.left, graph.right))
    return PairGraph(graph.numbers[kept], left, right, graph.probabilities[pairs], graph.floors[kept])


def _ticking(budget: Budget, progress: Progress) -> Callable[[int, int], None]:
    def tick(done: int, whole: int) -> None:
        budget.check()
        progress("pairs", done, whole)

    return tick


def _figures(work: Judged, clusters: Sequence[Cluster]) -> dict[str, Any]:
    return {
        "issues": len(work.index),
        "pairs": len(work.graph.left),
        "clusters": len(clusters),
        "members": sum(len(one.members) for one in clusters),
        "held": sum(one.held is not None for one in clusters),
        "seconds": round(work.budget.seconds, 2),
        "megabytes": round(work.budget.megabytes),
    }


def _refusal(
    services: Services,
    repository_id: int,
    config: RepoConfig,
    last: Sequence[Cluster],
    clusters: Sequence[Cluster],
    churn: float,
) -> str | None:
    """Why the generation may not take the place of the last one, if it may not (INV 38)."""
    limit = config.limits.churn
    after = {number: one.id for one in clusters for number in one.members}
    moved = sum(after.get(number) != one.id for one in last for number in one.members)
    if churn <= limit or moved <= FEW:
        return None
    words = f"{percent(churn, 0)} of the settled members would move, the limit is {percent(limit, 0)} (limits.churn)"
    made_by = next(iter(services.storage.generations(repository_id)), None)
    if made_by is not None and made_by.model_id not in {None, str(services.embedder.model_id)}:
        words += f"; the model is another than the one that made the clusters in force ({made_by.model_id})"
    return words
