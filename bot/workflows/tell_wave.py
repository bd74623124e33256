"""A wave on its way to the operator's webhook: durable, patient, and in nobody's way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import structlog
from dbos import DBOS

from bot.activities.tell import known_as, tell
from bot.activities.waves import follow_waves, learn_waves, look
from bot.errors import StorageError, where
from bot.workflows.enqueue import enqueue
from bot.workflows.steps import MAX_RECOVERIES, StepFailed, StepPostponed, StepRefused, services, step

TASK = "tell_wave"
PARTITION = "alerts"  # of the queue: a dead receiver holds up no repository
AGAIN_AFTER = (60.0, 300.0, 900.0, 3600.0, 7200.0, 14400.0)  # seconds, about seven hours in all

log = structlog.get_logger(__name__)

News = tuple[int, bool]  # a wave's id, and whether it is its end


@DBOS.workflow(name=TASK, max_recovery_attempts=MAX_RECOVERIES)
def tell_wave(news: dict[str, Any]) -> str:
    """The outcome is an enumerated word; a receiver that stays silent is asked again with growing delays."""
    try:
        return str(post_notice(news["wave"], news["ended"]))
    except StepPostponed as postponed:
        return _again(news, str(postponed))
    except StepRefused as refusal:
        return _given_up(news, str(refusal))
    except StepFailed as failure:
        return _given_up(news, " at ".join(failure.args))


@step
def post_notice(wave_id: int, ended: bool) -> str:
    """Post it unless it was posted."""
    return tell(services(), wave_id, ended=ended)


def look_after(repository_id: int, number: int) -> None:
    """After a decision: is there a wave where the issue is now? Whatever fails here, the decision stands (INV 35)."""
    announce(look_for_waves(repository_id, number))


def announce(news: Iterable[News]) -> None:
    """Set the telling going; what fails to go is found again by the schedule."""
    for wave, ended in news:
        try:
            row = services().storage.wave(wave)
            identity = known_as(row, ended=ended) if row is not None else f"wave/{wave}/forgotten"
            enqueue(TASK, identity, PARTITION, {"wave": wave, "ended": ended, "attempt": 0})
        except Exception as error:  # the engine raises whatever its driver raises
            log.warning("wave.not_announced", wave=wave, reason=" at ".join(where(error)))


@step
def look_for_waves(repository_id: int, number: int) -> list[News]:
    """Look at the cluster that holds the issue; returns what is to be told, where there is somebody to tell."""
    try:
        repository = services().storage.repository_by_id(repository_id)
        cluster = services().storage.cluster_of(repository_id, number)
    except StorageError as error:
        log.warning("wave.look_failed", reason=str(error))
        return []
    if repository is None or cluster is None:
        return []
    found = look(services(), repository, cluster)
    return [(one.wave_id, one.ended) for one in found] if services().settings.alert_url else []


@step
def learn_past_waves(repository: str) -> list[News]:
    """Keep the waves of the past of clusters that never had one; one that is on is news."""
    try:
        record = services().storage.repository(repository)
    except StorageError as error:
        log.warning("wave.look_failed", reason=str(error))
        return []
    found = [] if record is None else learn_waves(services(), record)
    return [(one.wave_id, one.ended) for one in found] if services().settings.alert_url else []


@step
def follow_all_waves() -> list[News]:
    """Notice the ends of waves, and what was not told yet, in every repository that has had one."""
    try:
        concerned = {row.repository_id for row in services().storage.waves()}
        repositories = [one for one in services().storage.repositories() if one.id in concerned]
    except StorageError as error:
        log.warning("wave.look_failed", reason=str(error))
        return []
    found = [one for repository in repositories for one in follow_waves(services(), repository)]
    return [(one.wave_id, one.ended) for one in found] if services().settings.alert_url else []


def _again(news: dict[str, Any], reason: str) -> str:
    attempt = news["attempt"]
    if attempt >= len(AGAIN_AFTER):
        return _given_up(news, reason)
    before = str(DBOS.workflow_id).removesuffix(f"/{attempt}") if attempt else str(DBOS.workflow_id)
    enqueue(TASK, f"{before}/{attempt + 1}", PARTITION, {**news, "attempt": attempt + 1}, AGAIN_AFTER[attempt])
    return "postponed"


def _given_up(news: dict[str, Any], reason: str) -> str:
    log.warning("wave.not_told", wave=news["wave"], reason=reason)
    return f"given up: {reason}"
