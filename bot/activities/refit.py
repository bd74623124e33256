"""The clusters made anew from everything that is known, compared with those in force, and published or refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

import structlog

from bot.activities.assign import DEFINITIONS
from bot.activities.people import People
from bot.activities.refit_budget import OverBudget
from bot.activities.refit_plan import Judged, Plan, Progress, Said, brought_up_to_now, judged, nobody, planned
from bot.errors import StorageError, TriageError, where
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import Provenance, RefitRecord, RepositoryRecord
from models.changes import Change
from models.cluster import Generation
from models.embedder import ModelUnavailable

PUBLISHED, REFUSED, FAILED = "published", "refused", "failed"
NIGHTLY, BY_HAND, IMPORT, BY_COMMAND, ROLLBACK = "nightly", "by hand", "import", "by command", "rollback"
ONE_PLACE = frozenset({NIGHTLY, BY_HAND})  # begun by a worker in the place of the repository's refits in the queue
OF_ONE_PROCESS = frozenset({BY_COMMAND, ROLLBACK})  # begun and ended in one turn, by a process that nobody takes over
IN_TURN = "waiting for its turn"  # what the progress is told first
OVERTAKEN = "generation {} was published meanwhile: the database was away and gave the turn to another refit"
INTERRUPTED = "it was interrupted"
CUT_OFF = "it was cut off: the process that made it ended before it did"
LOOKS = 3  # plans made at most, because people said something while they were made; the last one keeps them waiting

log = structlog.get_logger(__name__)


def begun(services: Services, repository: RepositoryRecord, origin: str) -> int:
    """Note that an attempt begins; returns its id."""
    return services.storage.start_refit(repository.id, origin, services.clock())


def refit(services: Services, repository: RepositoryRecord, config: RepoConfig, attempt: int) -> RefitRecord:
    """Plan and publish, or say why not; everything is embedded already, and the caller holds no lock.

    Never two at once: it waits until another has ended. Decisions pass: they wait only while the index is copied and
    while the result, brought up to what was decided meanwhile, is published. Safe to repeat: an attempt that has ended
    is not made again (INV 38).
    """
    with services.storage.lock(repository.id, refit=True):
        return _in_turn(services, repository, config, attempt, force=False, progress=nobody)


def refit_at_once(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    *,
    force: bool = False,
    progress: Progress = nobody,
) -> RefitRecord:
    """The same by a command: the attempt begins in its turn, and ends with the process in words, whatever ends it.

    `force` publishes whatever moved.
    """
    progress(IN_TURN, 0, 1)
    with services.storage.lock(repository.id, refit=True):
        attempt = begun(services, repository, BY_COMMAND)
        try:
            return _in_turn(services, repository, config, attempt, force=force, progress=progress)
        except BaseException as error:
            with suppress(StorageError):  # without a database, the next attempt says that this one was cut off
                give_up(services, attempt, _words(error))
            raise


def give_up(services: Services, attempt: int, reason: str) -> None:
    """Note that the attempt failed, where it did not end otherwise."""
    known = services.storage.refit(attempt)
    if known is not None and known.outcome is None:
        ended = replace(known, finished_at=services.clock(), outcome=FAILED, reason=reason)
        services.storage.finish_refit(ended)


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


def _in_turn(
    services: Services,
    repository: RepositoryRecord,
    config: RepoConfig,
    attempt: int,
    *,
    force: bool,
    progress: Progress,
) -> RefitRecord:
    """The caller holds the lock that lets one refit in."""
    known = services.storage.refit(attempt)
    if known is None:
        return RefitRecord(attempt, repository.id, "", services.clock(), outcome=FAILED, reason="forgotten")
    if known.outcome is not None and known.reason != CUT_OFF:
        return known
    known = replace(known, finished_at=None, outcome=None, reason=None)
    _end_what_was_cut_off(services, known)
    try:
        work = judged(services, repository, config, progress)
        return _made(services, repository, config, known, work, force=force, progress=progress)
    except OverBudget as over:
        return _ended(services, known, FAILED, str(over))


def _end_what_was_cut_off(services: Services, mine: RefitRecord) -> None:
    """End the earlier attempts that nobody can be making now; one that is taken up after all is made all the same."""
    mates = ONE_PLACE if mine.origin in ONE_PLACE else {mine.origin}
    for one in services.storage.refits(mine.repository_id):
        if one.outcome is None and one.id < mine.id and one.origin in OF_ONE_PROCESS | mates:
            give_up(services, one.id, CUT_OFF)


def _words(error: BaseException) -> str:
    """A sentence, or a bug's type and place."""
    if isinstance(error, TriageError | ModelUnavailable):
        return str(error)
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else " at ".join(where(error))


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
            if (other := _published_meanwhile(services, repository.id, work)) is not None:
                return _ended(services, known, FAILED, OVERTAKEN.format(other))
            now = Said.until_now(services, repository.id)
            if now != said and look < LOOKS - 1:
                continue
            if now != said:
                plan, people = planned(services, repository.id, config, work, now, progress)
            return _decided(services, config, known, plan, people, force=force)
    raise AssertionError("the last look ends the attempt")


def _published_meanwhile(services: Services, repository_id: int, work: Judged) -> int | None:
    """The generation of another refit, if there is one: a database that was away gave the turn to others (INV 38)."""
    newest = next(iter(services.storage.generations(repository_id, limit=1)), None)
    known = None if work.previous is None else work.previous.number
    return None if newest is None or newest.number == known else newest.number


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
