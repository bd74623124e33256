"""What GitHub says of its limits along with its answers, and how long it is to be left alone; by installation."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.errors import RetryAfter
from bot.github.failures import time_there
from bot.github.protocol import RateLimit

PLAIN_TOKEN = 0  # in place of an installation's id


class Heard:
    """The limits of every installation, as far as this process heard of them; safe to use from many threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._limits: dict[int, RateLimit] = {}
        self._left_alone: dict[int, float] = {}

    def check(self, installation: int | None, what: str) -> None:
        """Raises RetryAfter, without a request, while GitHub wants to be left alone: asking on makes it last longer."""
        if installation is None:
            return
        with self._lock:
            seconds = self._left_alone.get(installation, 0.0) - self._clock()
        if seconds > 0:
            raise RetryAfter(f"{what}: GitHub asked for patience a while ago", seconds)

    def leave_alone(self, installation: int | None, seconds: float) -> None:
        """GitHub asked for so much patience."""
        if installation is not None:
            with self._lock:
                until = self._clock() + seconds
                self._left_alone[installation] = max(until, self._left_alone.get(installation, 0.0))

    def note(self, installation: int | None, headers: Mapping[str, str]) -> None:
        """Keep what the answer says of the hour's requests."""
        found = _limit(headers, self._clock())
        if installation is not None and found is not None:
            with self._lock:
                self._limits[installation] = found

    def limits(self) -> Mapping[int, RateLimit]:
        """Installation → what GitHub said last."""
        with self._lock:
            return dict(self._limits)


def _limit(headers: Mapping[str, str], now: float) -> RateLimit | None:
    """The limit, its end by our own clock, whatever GitHub's says."""
    values = [headers.get(f"x-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
    if headers.get("x-ratelimit-resource", "core") != "core" or not all(value.isdecimal() for value in values):
        return None
    limit, remaining, reset = (int(value) for value in values)
    try:
        return RateLimit(limit, remaining, datetime.fromtimestamp(reset + now - time_there(headers, now), UTC))
    except (ValueError, OverflowError, OSError):
        return None
