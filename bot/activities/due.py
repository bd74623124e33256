"""When a repository's nightly refit is due: its hour, the night that it belongs to, and whether that night was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.repo_config import RepoConfig
from bot.settings import Settings
from bot.storage.records import RefitRecord

DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
TRIES = 3  # of one night
PAUSE = timedelta(hours=1)  # between them
STALE_AFTER = timedelta(hours=26)  # without a success: a night was missed
CLOCKS_DIFFER = timedelta(minutes=10)  # an attempt from further in the future was begun under a wrong clock
_GOLDEN = 2654435769  # 2**32 over the golden ratio: neighbouring ids come out far from each other (Knuth 6.4)


def hour_of(settings: Settings, config: RepoConfig, repository_id: int) -> tuple[time, ZoneInfo]:
    """The repository's own hour, or its place in the operator's, the same every night."""
    zone = ZoneInfo(config.refit.zone or settings.refit_timezone)
    if config.refit.at is not None:
        return time.fromisoformat(config.refit.at), zone
    first, _, last = settings.refit_at.partition("-")
    begins, ends = _minutes(first), _minutes(last or first)
    width = (ends - begins) % DAY_MINUTES
    place = (repository_id * _GOLDEN) % 2**32 * width >> 32
    return time(*divmod((begins + place) % DAY_MINUTES, 60)), zone


def night_of(now: datetime, hour: time, zone: ZoneInfo) -> datetime:
    """The last moment, in UTC, at which that hour began in the zone; an hour that a clock change skips begins late."""
    today = now.astimezone(zone).date()
    moments = (_moment(today + days * DAY, hour, zone) for days in (1, 0, -1, -2))
    return next(moment for moment in moments if moment <= now)


def is_due(attempts: Sequence[RefitRecord], night: datetime, now: datetime) -> bool:
    """Whether the night's refit is still to be made: once, and again after a pause where it failed.

    `attempts` are newest first. Missed nights are one: the last. An attempt that the clock of today puts into the
    future says nothing, and one by hand that failed takes none of the night's tries.
    """
    tried = [one for one in attempts if night <= one.started_at <= now + CLOCKS_DIFFER and one.origin != "rollback"]
    if any(one.outcome in {"published", "refused"} for one in tried):
        return False
    nightly = sum(one.origin == "nightly" for one in tried)
    return not tried or (nightly < TRIES and tried[0].started_at + PAUSE <= now)


def turn_of(night: datetime, now: datetime) -> int:
    """Which try of a night it is time for where none so far noted an attempt: the first at once, the others after one,
    three, seven and fifteen hours; 0 before the night."""
    return max(0, (now - night) // PAUSE + 1).bit_length()


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)
