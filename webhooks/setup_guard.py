"""Who may register the App: a browser on this machine, or whoever has the token that was printed at the start.

A browser on this machine means a loopback connection with a loopback Host and no trace of a proxy, because a tunnel's
visitors also come from 127.0.0.1, and another site's name may be made to point there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from ipaddress import ip_address

from starlette.requests import Request

STATE_LIFETIME = 3600.0  # seconds; GitHub gives the flow an hour
MOST_STATES = 100

_PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def new_token() -> str:
    """A token for `Setup`, to be printed once at the start."""
    return secrets.token_urlsafe(32)


class States:
    """The flows under way: each state is accepted once, within its lifetime."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def issue(self) -> str:
        """A new state; the oldest is forgotten where there are too many."""
        while len(self._until) >= MOST_STATES:
            self._until.pop(next(iter(self._until)))
        state = secrets.token_urlsafe(32)
        self._until[state] = self._clock() + STATE_LIFETIME
        return state

    def holds(self, state: str) -> bool:
        """Whether the state is under way."""
        return self._until.get(state, float("-inf")) > self._clock()

    def redeem(self, state: str) -> bool:
        """Whether the state was under way; from now on it is not."""
        return self._until.pop(state, float("-inf")) > self._clock()


def is_local(request: Request) -> bool:
    """Whether the browser runs on this machine and came straight here."""
    try:
        is_loopback = request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    named_locally = request.url.hostname in _LOCAL_NAMES
    return is_loopback and named_locally and not any(name in request.headers for name in _PROXY_HEADERS)
