"""/r/OWNER/REPO/live: server-sent events while something moves; a page that listens fetches its parts anew."""

from __future__ import annotations

import asyncio
import hashlib
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bot.storage.protocol import Storage
from bot.storage.records import ImportRecord
from webhooks.dashboard.answers import refused
from webhooks.dashboard.headers import HEADERS
from webhooks.dashboard.page import Asked

LOOKS_EVERY = 1.0  # seconds
LASTS = 60.0  # seconds; then the browser asks again, and is asked again who it is
MOST_LISTENERS = 100  # in one process
MOST_OF_ONE = 10  # of them for one person, in all their windows
RETRY_MS = 2000
LONGEST_MARK = 16  # characters
ACTS = 8  # the newest ones, whose outcomes are news
SET_ASIDE = 100  # deliveries, the newest ones: as many as the overview counts


class Live:
    """Tells who listens that there is news of a repository; what the news is, they read from the page itself."""

    def __init__(
        self,
        asked: Callable[[Request], Awaitable[Asked]],
        ending: threading.Event,
        is_in: Callable[[Request], bool] = lambda _: True,
    ) -> None:
        self._asked = asked
        self._ending = ending
        self._is_in = is_in  # whether who began to listen is signed in still
        self._listeners: Counter[str] = Counter()  # by who listens

    async def listen(self, request: Request) -> Response:
        """GET the stream; 429 where too many pages of this person listen already, 503 where too many of all do."""
        asked = await self._asked(request)
        if self._listeners[asked.viewer.login] >= MOST_OF_ONE:
            return refused(429, "too many of your pages listen already; reload instead")
        if self._listeners.total() >= MOST_LISTENERS:
            return refused(503, "too many pages listen already; reload instead")
        headers = {**HEADERS, "X-Accel-Buffering": "no"}
        seen = request.headers.get("last-event-id") or asked.query.text("seen")
        events = self._events(asked, seen[:LONGEST_MARK], lambda: self._is_in(request))
        return StreamingResponse(events, 200, headers, "text/event-stream")

    async def _events(self, asked: Asked, seen: str, is_in: Callable[[], bool] = lambda: True) -> AsyncIterator[str]:
        """`seen`: the mark that the page was read at, or that was sent before the connection broke, so that nothing in
        between is missed."""
        self._listeners[asked.viewer.login] += 1
        try:
            last = time.monotonic() + LASTS
            found = await asyncio.to_thread(state_of, asked.storage, asked.repository.id)
            seen = seen or found
            yield f"retry: {RETRY_MS}\nid: {seen}\n\n"
            while time.monotonic() < last and not self._ending.is_set():
                if found != seen:
                    seen = found
                    yield f"event: news\nid: {found}\ndata: {found}\n\n"
                await asyncio.sleep(LOOKS_EVERY)
                if not await asyncio.to_thread(is_in):
                    return
                found = await asyncio.to_thread(state_of, asked.storage, asked.repository.id)
        finally:
            self._listeners -= Counter([asked.viewer.login])


def state_of(storage: Storage, repository_id: int) -> str:
    """A mark that changes whenever a wave, a decision, an act, the clusters, the configuration, the first reading, the
    repository's state or what was set aside do."""
    waves = [(one.id, one.wave.reports, one.wave.ended_at) for one in storage.waves(repository_id, on=True)]
    decisions = [one.id for one in storage.decisions(repository_id, limit=1)]
    acts = [(one.id, one.state) for one in storage.acts(repository_id, limit=ACTS)]
    generation = [one.number for one in storage.generations(repository_id, limit=1)]
    paused = repository_id in storage.pauses(repository_id)
    config = storage.config(repository_id)
    aside = [one.id for one in storage.deliveries(state="failed", repository_id=repository_id, limit=SET_ASIDE)]
    repository = storage.repository_by_id(repository_id)
    standing = repository and (repository.state, repository.imported_at)
    first = _reading(storage.import_progress(repository_id))
    found = (waves, decisions, acts, generation, paused, config.valid_text, config.error, aside, standing, first)
    return hashlib.sha256(repr(found).encode()).hexdigest()[:LONGEST_MARK]


def _reading(one: ImportRecord | None) -> tuple[object, ...]:
    """How far the first reading is, to the per cent: each batch would be news without end."""
    if one is None:
        return ()
    parts = ((one.read, one.total), (one.embedded, one.to_embed))
    return (one.usable_at, one.ended_at, one.error, *(100 * done // whole if whole else 0 for done, whole in parts))
