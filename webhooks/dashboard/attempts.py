"""How often somebody may try to sign in."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW = 60.0  # seconds
FROM_ONE_ADDRESS = 10
FROM_ALL = 200
MOST_ADDRESSES = 10_000


class Attempts:
    """Counts attempts of the last minute in this process, by the address that they come from."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all: deque[float] = deque()
        self._by_address: dict[str, deque[float]] = {}

    def allowed(self, address: str) -> bool:
        """Whether one more attempt is taken; it counts where it is."""
        now = self._clock()
        if address not in self._by_address and len(self._by_address) >= MOST_ADDRESSES:
            self._forget(now)
        own = self._by_address.setdefault(address, deque())
        for times in (self._all, own):
            while times and times[0] <= now - WINDOW:
                times.popleft()
        if len(own) >= FROM_ONE_ADDRESS or len(self._all) >= FROM_ALL:
            return False
        own.append(now)
        self._all.append(now)
        return True

    def _forget(self, now: float) -> None:
        kept = {key: times for key, times in self._by_address.items() if times and times[-1] > now - WINDOW}
        self._by_address = kept if len(kept) < MOST_ADDRESSES else {}
