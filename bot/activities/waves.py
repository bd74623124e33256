"""Look for waves: one alarm for each, once; its end is noticed; nothing here ever fails a decision (INV 35)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.comment import WaveView
from bot.errors import StorageError, where
from bot.services import Services
from bot.storage.records import RepositoryRecord, WaveRecord
from bot.storage.wave_protocol import LOOK
from models.cluster import Wave
from models.waves import Past, follow, notice, replay

HOUR = timedelta(hours=1)
LONGEST = 24  # hours of a wave that the comment looks back on
KEPT = 500  # reports of a wave by which its cluster is found again
UNTOLD_FOR = timedelta(days=1)  # how long after its end a wave is news

log = structlog.get_logger(__name__)

Reports = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class News:
    """A wave's beginning, or its end, that the outgoing webhook has to be told."""

    wave_id: int
    ended: bool


def look(services: Services, repository: RepositoryRecord, cluster_id: str) -> list[News]:
    """After an issue joined or started a cluster: is it a wave, and is an earlier one over? Repeating does nothing.

    Takes time by the size of the cluster. Never raises; a failed look is logged and counted.
    """
    return _guarded(services, repository, lambda: _look(services, repository, cluster_id))


def follow_waves(services: Services, repository: RepositoryRecord) -> list[News]:
    """From time to time: the waves that are over by now, those whose cluster has another id since a refit, and what
    the webhook was not told yet. Never raises."""
    return _guarded(services, repository, lambda: _follow_all(services, repository))


def learn_waves(services: Services, repository: RepositoryRecord) -> list[News]:
    """After an import or a refit: the waves in the past of clusters that never had one, so that they are not taken for
    what is usual. Nobody is told, except of one that is on. Never raises."""
    return _guarded(services, repository, lambda: _learn(services, repository))


def waves_on(services: Services, repository_id: int) -> dict[str, WaveRecord]:
    """Cluster → the wave on it."""
    return {record.cluster_id: record for record in services.storage.waves(repository_id, on=True)}


def wave_comments(services: Services, repository_id: int, on: Iterable[str]) -> dict[str, int]:
    """Cluster with a wave → the comments that its reports were given in the last hour."""
    since = services.clock() - HOUR
    return {one: services.storage.cluster_comments_since(repository_id, one, since) for one in on}


def wave_view(record: WaveRecord | None, reported: Sequence[datetime], at: datetime) -> WaveView | None:
    """What a comment at a moment says of a wave: the reports of as many hours as it lasts, a day at most."""
    if record is None or record.wave.began_at > at:
        return None
    lasted = (at - record.wave.began_at) / HOUR
    hours = min(LONGEST, max(1, -int(-lasted // 1)))
    return WaveView(sum(at - hours * HOUR <= one <= at for one in reported), hours)


def _guarded(services: Services, repository: RepositoryRecord, work: Callable[[], list[News]]) -> list[News]:
    try:
        return work()
    except Exception as error:  # whatever it is, the decision that led here stands
        reason = " at ".join(where(error))
        log.warning("wave.look_failed", repository=repository.full_name, reason=reason)
        try:
            storage = services.storage
            storage.finish_task(storage.start_task(LOOK, repository.full_name), reason)
        except StorageError:
            log.warning("wave.look_not_counted")
        return []


def _look(services: Services, repository: RepositoryRecord, cluster_id: str) -> list[News]:
    reports = services.storage.cluster_reports(repository.id, cluster_id).get(cluster_id, ())
    if not reports:
        return []
    _brought_home(services, repository.id)
    rows = list(services.storage.waves(repository.id, cluster_id=cluster_id))
    past = services.indexes.usual(repository.id, services.clock())
    news: list[News] = []
    if rows and _is_in(rows[0], reports[-1][0]):
        rows[0] = _followed(services, rows[0], reports, replace(past, waves=_periods(rows[1:])))
        news = _ended(rows[0])
    if not rows or not _is_in(rows[0], reports[-1][0]):
        past = replace(past, waves=_periods(rows))
        noticed = notice(_moments(reports), past)
        if noticed is not None:
            noticed = follow(noticed, _moments(reports), past, services.clock())
            news += _started(services, repository, cluster_id, noticed, reports)
    return news


def _follow_all(services: Services, repository: RepositoryRecord) -> list[News]:
    rows = services.storage.waves(repository.id, on=True)
    reports = services.storage.cluster_reports(repository.id) if rows else {}
    past = services.indexes.usual(repository.id, services.clock()) if rows else None
    for row in rows:
        assert past is not None  # noqa: S101 - there are rows
        at = _at_home(services, row)
        own = reports.get(at.cluster_id, ())
        earlier = [one for one in services.storage.waves(repository.id, cluster_id=at.cluster_id) if one.id != row.id]
        _followed(services, at, own, replace(past, waves=_periods(earlier)))
    return _untold(services, repository)


def _learn(services: Services, repository: RepositoryRecord) -> list[News]:
    past = services.indexes.usual(repository.id, services.clock(), anew=True)
    everything = services.storage.cluster_reports(repository.id)
    _brought_home(services, repository.id)
    known = {row.cluster_id for row in services.storage.waves(repository.id, limit=100_000)}
    news: list[News] = []
    for cluster_id, reports in everything.items():
        found = () if cluster_id in known else replay(_moments(reports), past, services.clock())
        for wave in found:
            news += _started(services, repository, cluster_id, wave, reports)
    return news


def _moments(reports: Reports) -> list[datetime]:
    return [at for at, _ in reports]


def _periods(rows: Sequence[WaveRecord]) -> tuple[tuple[datetime, datetime], ...]:
    """When the earlier waves were; one that is still on counts up to its last report."""
    return tuple((row.wave.began_at, row.wave.ended_at or row.wave.last_arrival_at) for row in rows)


def _is_in(row: WaveRecord, moment: datetime) -> bool:
    """Whether a report of that moment belongs to the wave; also to one that a clock ahead of its time had ended."""
    return row.wave.ended_at is None or moment <= row.wave.ended_at


def _followed(services: Services, row: WaveRecord, reports: Reports, past: Past) -> WaveRecord:
    """The wave brought up to date, and kept where something changed."""
    wave = follow(row.wave, _moments(reports), past, services.clock())
    numbers = _numbers(reports, wave) or row.numbers
    fresh = replace(row, wave=wave, last_number=_last_number(reports, wave, row.last_number), numbers=numbers)
    if fresh != services.storage.wave(row.id or 0):
        services.storage.save_wave(fresh)
        if row.wave.ended_at is None and wave.ended_at is not None:
            log.info("wave.ended", cluster=row.cluster_id, reports=wave.reports, peak_per_hour=wave.peak_per_hour)
    return fresh


def _numbers(reports: Reports, wave: Wave) -> tuple[int, ...]:
    """The latest that came while it lasted."""
    return tuple(number for at, number in reports if wave.began_at <= at <= wave.last_arrival_at)[-KEPT:]


def _last_number(reports: Reports, wave: Wave, otherwise: int) -> int:
    return next((number for at, number in reversed(reports) if at <= wave.last_arrival_at), otherwise)


def _brought_home(services: Services, repository_id: int) -> None:
    """The waves whose reports are in another cluster by now go there: that is no second wave."""
    for row in services.storage.waves(repository_id, on=True):
        at = _at_home(services, row)
        if at != row:
            services.storage.save_wave(at)


def _at_home(services: Services, row: WaveRecord) -> WaveRecord:
    """The wave under the id of the cluster that has most of its reports, where most of them left its own."""
    numbers = set(row.numbers or (row.last_number,))  # those of before the numbers were kept have the last one alone
    found = services.storage.clusters_in_force(row.repository_id, holding=numbers)
    held = {one.id: len(numbers.intersection(one.members)) for one in found}
    stayed = held.pop(row.cluster_id, 0)
    if not held or 2 * stayed >= len(numbers):
        return row
    heir, went = max(held.items(), key=lambda item: (item[1], item[0]))
    return replace(row, cluster_id=heir) if went > stayed and heir not in waves_on(services, row.repository_id) else row


def _started(
    services: Services, repository: RepositoryRecord, cluster_id: str, wave: Wave, reports: Reports
) -> list[News]:
    """Keep a new wave. One that is over already (the bot was away, or it is history) is nobody's alarm."""
    is_on = wave.ended_at is None
    last, numbers = _last_number(reports, wave, 0), _numbers(reports, wave)
    record = WaveRecord(None, repository.id, cluster_id, wave, last, alarmed=is_on, numbers=numbers)
    made = services.storage.start_wave(record)
    if made is None or not is_on:
        return []
    log.warning(
        "wave.noticed",
        repository=repository.full_name,
        cluster=cluster_id,
        reports=wave.reports,
        expected=round(wave.expected, 2),
        probability=wave.probability,
    )
    return [News(made, ended=False)]


def _ended(row: WaveRecord) -> list[News]:
    told = row.wave.ended_at is None or not row.alarmed or row.told_ended_at is not None
    return [] if told or row.id is None else [News(row.id, ended=True)]


def _untold(services: Services, repository: RepositoryRecord) -> list[News]:
    """What a worker that died in between did not tell the webhook, while it is news."""
    news: list[News] = []
    since = services.clock() - UNTOLD_FOR
    for row in services.storage.waves(repository.id):
        if row.id is None or not row.alarmed or (row.wave.ended_at or since) < since:
            continue
        if row.told_began_at is None:
            news.append(News(row.id, ended=False))
        if row.wave.ended_at is not None and row.told_ended_at is None:
            news.append(News(row.id, ended=True))
    return news
