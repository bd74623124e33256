"""The clusters made anew from everything that is known, compared with those in force, and published or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from bot.activities.assign import assigned
from bot.activities.dress import dressed
from bot.activities.people import People, pending, people_of
from bot.activities.private import public
from bot.activities.refit_budget import Budget, OverBudget
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import Provenance, RefitRecord, RepositoryRecord
from models.changes import Change
from models.cluster import Cluster, Generation
from models.clustering import ClusterLimits, cluster
from models.curation import Edit, renamed_slugs
from models.pair_graph import PairGraph, pair_graph
from models.reconcile import Fit, reconcile
from models.seating import settle_known

PUBLISHED, REFUSED, FAILED = "published", "refused", "failed"
NIGHTLY, BY_HAND, IMPORT = "nightly", "by hand", "import"
FEW = 2  # issues that may always move: in a small repository they are a large share
Progress = Callable[[str, int, int], None]  # what is being done, how much of it is done, of how much

log = structlog.get_logger(__name__)


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


def nobody(_what: str, _done: int, _whole: int) -> None:
    """Progress that nobody watches."""


def begun(services: Services, repository: RepositoryRecord, origin: str) -> int:
    """Note that an attempt begins; returns its id."""
    return services.storage.start_refit(repository.id, origin, services.clock())


def refit(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    attempt: int,
    *,
    force: bool = False,
    progress: Progress = nobody,
) -> RefitRecord:
    """Plan and publish, or say why not; the caller holds the repository's lock and has embedded everything.

    Safe to repeat: an attempt that has ended is not made again (INV 38). `force` publishes whatever moved.
    """
    known = services.storage.refit(attempt)
    if known is None or known.outcome is not None:
        return known or RefitRecord(attempt, repository.id, "", services.clock(), outcome=FAILED, reason="forgotten")
    try:
        plan = plan_refit(services, repository, config, progress=progress)
    except OverBudget as over:
        return _ended(services, known, FAILED, str(over))
    made = replace(
        known, churn=plan.churn, figures={**plan.figures, "problems": list(plan.problems)}, changes=told(plan.changes)
    )
    if plan.refusal is not None and not force:
        return _ended(services, made, REFUSED, plan.refusal)
    return _published(services, made, plan)


def plan_refit(
    services: Services, repository: RepositoryRecord, config: RepoConfig, *, progress: Progress = nobody
) -> Plan:
    """What a refit would do; deterministic, writes nothing. Raises OverBudget."""
    budget = Budget(services.settings)
    previous = services.storage.current_generation(repository.id)
    last = previous.clusters if previous else ()
    progress("known clusters", 0, 1)
    known = assigned(services, repository, config)
    acts = renamed_slugs(last, known, services.clock())
    told_by_people = _people(services, repository.id, config, last, acts)
    index = services.indexes.index(repository.id)
    known = settle_known(known, told_by_people.constraints, index.numbers())
    budget.check()
    taken = {number for one in known for number in one.members}
    free = [number for number in index.numbers() if number not in taken]
    graph = pair_graph(index, services.scorer, numbers=free, tick=_ticking(budget, progress))
    progress("clusters", 0, 1)
    groups = cluster(graph, told_by_people.constraints, limits_of(config), [one.members for one in last])
    budget.check()
    fit = public(index, Fit(groups, known, index.numbers(), config.limits.cluster_cap))
    used = services.storage.cluster_ids(repository.id)
    made = reconcile(last, fit, told_by_people.constraints, told_by_people.curation, used)
    progress("names", 0, 1)
    clusters = dressed(services, repository.id, made.clusters, made.medoids)
    budget.check()
    refusal = _refusal(services, repository.id, config, last, clusters, made.churn)
    figures = _figures(graph, clusters, budget)
    return Plan(previous, clusters, made.changes, made.churn, refusal, told_by_people.problems, figures, acts)


def limits_of(config: RepoConfig) -> ClusterLimits:
    """The clusters' bounds: the repository's cap, and what was measured for the rest."""
    return ClusterLimits(cap=config.limits.cluster_cap)


def told(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as JSON-able data."""
    return [asdict(change) for change in changes]


def next_number(services: Services, repository_id: int) -> int:
    """Of the generation to be published now."""
    kept = services.storage.generations(repository_id)
    return max((one.number for one in kept), default=0) + 1


def _people(
    services: Services, repository_id: int, config: RepoConfig, last: Sequence[Cluster], acts: Sequence[Edit]
) -> People:
    kept = services.storage.edits(repository_id)
    return people_of(services, repository_id, config, last, [*kept, *pending(repository_id, acts)])


def _ticking(budget: Budget, progress: Progress) -> Callable[[int, int], None]:
    def tick(done: int, whole: int) -> None:
        budget.check()
        progress("pairs", done, whole)

    return tick


def _figures(graph: PairGraph, clusters: Sequence[Cluster], budget: Budget) -> dict[str, Any]:
    return {
        "issues": len(graph.numbers) + sum(len(one.members) for one in clusters if one.slug),
        "pairs": len(graph.left),
        "clusters": len(clusters),
        "members": sum(len(one.members) for one in clusters),
        "held": sum(one.held is not None for one in clusters),
        "seconds": round(budget.seconds, 2),
        "megabytes": round(budget.megabytes),
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
    words = f"{churn:.0%} of the settled members would move, the limit is {limit:.0%} (limits.churn)"
    made_by = next(iter(services.storage.generations(repository_id)), None)
    if made_by is not None and made_by.model_id not in {None, str(services.embedder.model_id)}:
        words += f"; the model is another than the one that made the clusters in force ({made_by.model_id})"
    return words


def _published(services: Services, made: RefitRecord, plan: Plan) -> RefitRecord:
    number = next_number(services, made.repository_id)
    at = services.clock()
    ended = replace(made, finished_at=at, outcome=PUBLISHED, generation=number)
    provenance = Provenance(made.origin, str(services.embedder.model_id), services.scorer_id)
    services.storage.publish(made.repository_id, Generation(number, at, plan.clusters), provenance, ended, plan.acts)
    log.info("refit.published", generation=number, churn=round(plan.churn, 4), **plan.figures)
    return ended


def _ended(services: Services, made: RefitRecord, outcome: str, reason: str) -> RefitRecord:
    ended = replace(made, finished_at=services.clock(), outcome=outcome, reason=reason)
    services.storage.finish_refit(ended)
    log.warning(f"refit.{outcome}", reason=reason)
    return ended
