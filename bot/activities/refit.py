"""The clusters made anew from everything that is known, compared with those in force, and published or refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import structlog

from bot.activities.assign import DEFINITIONS
from bot.activities.people import People
from bot.activities.refit_budget import OverBudget
from bot.activities.refit_plan import Judged, Plan, Progress, Said, brought_up_to_now, judged, nobody, planned
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import Provenance, RefitRecord, RepositoryRecord
from models.changes import Change
from models.cluster import Generation

PUBLISHED, REFUSED, FAILED = "published", "refused", "failed"
NIGHTLY, BY_HAND, IMPORT = "nightly", "by hand", "import"
IN_TURN = "waiting for its turn"  # what the progress is told first
LOOKS = 3  # plans made at most, because people said something while they were made; the last one keeps them waiting

log = structlog.get_logger(__name__)


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
    """Plan and publish, or say why not; everything is embedded already, and the caller holds no lock.

    Never two at once: it waits until another has ended. Decisions pass: they wait only while the index is copied and
    while the result, brought up to what was decided meanwhile, is published. Safe to repeat: an attempt that has ended
    is not made again (INV 38). `force` publishes whatever moved.
    """
    progress(IN_TURN, 0, 1)
    with services.storage.lock(repository.id, refit=True):
        known = services.storage.refit(attempt)
        if known is None or known.outcome is not None:
            return known or RefitRecord(
                attempt, repository.id, "", services.clock(), outcome=FAILED, reason="forgotten"
            )
        try:
            work = judged(services, repository, config, progress)
            return _made(services, repository, config, known, work, force=force, progress=progress)
        except OverBudget as over:
            return _ended(services, known, FAILED, str(over))


def plan_refit(
    services: Services, repository: RepositoryRecord, config: RepoConfig, *, progress: Progress = nobody
) -> Plan:
    """What a refit would do; deterministic, writes nothing. The caller holds no lock. Raises OverBudget."""
    work = judged(services, repository, config, progress)
    return planned(services, repository.id, config, work, Said.until_now(services, repository.id), progress)[0]


def told(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes as JSON-able data."""
    return [asdict(change) for change in changes]


def next_number(services: Services, repository_id: int) -> int:
    """Of the generation to be published now."""
    kept = services.storage.generations(repository_id)
    return max((one.number for one in kept), default=0) + 1


def _made(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    known: RefitRecord,
    work: Judged,
    *,
    force: bool,
    progress: Progress,
) -> RefitRecord:
    """Plan under what people said, and end the attempt; plan again where they said more meanwhile."""
    for look in range(LOOKS):
        said = Said.until_now(services, repository.id)
        plan, people = planned(services, repository.id, config, work, said, progress)
        with services.storage.lock(repository.id):
            now = Said.until_now(services, repository.id)
            if now != said and look < LOOKS - 1:
                continue
            if now != said:
                plan, people = planned(services, repository.id, config, work, now, progress)
            return _decided(services, config, known, plan, people, force=force)
    raise AssertionError("the last look ends the attempt")


def _decided(
    services: Services, config: RepoConfig, known: RefitRecord, plan: Plan, people: People, *, force: bool
) -> RefitRecord:
    """Published or refused; the caller holds the repository's lock."""
    figures = {**plan.figures, "problems": list(plan.problems)}
    made = replace(known, churn=plan.churn, figures=figures, changes=told(plan.changes))
    if plan.refusal is not None and not force:
        return _ended(services, made, REFUSED, plan.refusal)
    clusters = brought_up_to_now(services, known.repository_id, config, plan, people)
    return _published(services, made, replace(plan, clusters=clusters))


def _published(services: Services, made: RefitRecord, plan: Plan) -> RefitRecord:
    number = next_number(services, made.repository_id)
    at = services.clock()
    ended = replace(made, finished_at=at, outcome=PUBLISHED, generation=number)
    provenance = Provenance(made.origin, str(services.embedder.model_id), services.scorer_id)
    services.storage.publish(made.repository_id, Generation(number, at, plan.clusters), provenance, ended, plan.acts)
    counts = {name: value for name, value in plan.figures.items() if name != DEFINITIONS}
    log.info("refit.published", generation=number, churn=round(plan.churn, 4), **counts)
    return ended


def _ended(services: Services, made: RefitRecord, outcome: str, reason: str) -> RefitRecord:
    ended = replace(made, finished_at=services.clock(), outcome=outcome, reason=reason)
    services.storage.finish_refit(ended)
    log.warning(f"refit.{outcome}", reason=reason)
    return ended
