"""What one refit may take: time, and memory beyond what the process held before it."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.errors import TriageError
from bot.settings import Settings

MEGABYTE = 1024 * 1024
_STATM = Path("/proc/self/statm")  # Linux; elsewhere the peak has to do


class OverBudget(TriageError):
    """The work was given up, because it took more time or memory than it may."""


class Budget:
    """Begins when it is made; `check` is asked between pieces of work, and ends it."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
        memory: Callable[[], float] | None = None,
    ) -> None:
        self._clock = clock
        self._memory = memory or resident_megabytes
        self._seconds = settings.refit_seconds
        self._megabytes = settings.refit_memory_mb
        self._began = clock()
        self._held = self._memory()
        self._most = 0.0

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return self._clock() - self._began

    @property
    def megabytes(self) -> float:
        """The most memory that it was seen to take."""
        return self._most

    def check(self) -> None:
        """Raises OverBudget, with the setting that would allow more."""
        self._most = max(self._most, self._memory() - self._held)
        if self.seconds > self._seconds:
            raise OverBudget(f"it took longer than {self._seconds} s (TRIAGE_REFIT_SECONDS)")
        if self._most > self._megabytes:
            raise OverBudget(f"it took more than {self._megabytes} MB of memory (TRIAGE_REFIT_MEMORY_MB)")


def resident_megabytes() -> float:
    """What this process holds in memory now, or, where that cannot be asked, the most that it ever held."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    except (OSError, ValueError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (MEGABYTE if sys.platform == "darwin" else 1024)
