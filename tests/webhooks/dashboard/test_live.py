from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse

from bot.storage.dashboard_records import ActRecord
from bot.storage.records import ConfigRecord, ImportRecord
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime
from tests.fakes.deliveries import settings
from tests.fakes.stored import decision, delivery
from webhooks.dashboard import live
from webhooks.dashboard.access import utc_now
from webhooks.dashboard.live import Live, state_of
from webhooks.dashboard.page import Asked, Query, Viewer

World = tuple[FastAPI, DashboardRuntime]
Listening = Callable[[str], AsyncGenerator[str, None]]


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOKS_EVERY", 0.01)


def test_whatever_moves_changes_the_mark(world: World) -> None:
    storage = world[1].storage
    marks = [state_of(storage, SHOP)]
    assert state_of(storage, SHOP) == marks[0]
    storage.save_decision(decision(50, decided_at=datetime.now(UTC)), [])
    marks.append(state_of(storage, SHOP))
    act = storage.save_act(ActRecord(None, SHOP, datetime.now(UTC), "ann", "pause"))
    marks.append(state_of(storage, SHOP))
    storage.finish_act(act, "done", "paused")
    marks.append(state_of(storage, SHOP))
    storage.save_config(SHOP, ConfigRecord("f", datetime.now(UTC), "mode: comment\n", "line 2: no such key"))
    marks.append(state_of(storage, SHOP))
    storage.start_delivery(delivery("aside", repository_id=SHOP))
    storage.finish_delivery("aside", "failed", "set aside", "a bug")
    marks.append(state_of(storage, SHOP))
    for percent in (1, 2):
        storage.save_import(ImportRecord(SHOP, datetime.now(UTC), to_embed=500, embedded=5 * percent))
        marks.append(state_of(storage, SHOP))
    storage.save_import(ImportRecord(SHOP, datetime.now(UTC), to_embed=500, embedded=11))
    assert state_of(storage, SHOP) == marks[-1]  # a batch alone is no news
    shop = storage.repository_by_id(SHOP)
    assert shop is not None
    storage.update_repository(replace(shop, state="suspended"))
    marks.append(state_of(storage, SHOP))
    assert len(set(marks)) == len(marks)


@pytest.fixture
def listening(world: World) -> Listening:
    """Begins to listen, knowing this mark."""
    application, runtime = world
    shop = runtime.storage.repository(NAME)
    asked = Asked(runtime.storage, settings(), runtime, Viewer("ann", "local"), Query({}), utc_now(), {}, shop)
    door = Live(None, application.state.dashboard.ending)  # type: ignore[arg-type]  # who may listen is tested below
    return lambda seen: door._events(asked, seen)  # type: ignore[return-value]


async def test_who_listens_is_told_of_news_until_the_server_ends(world: World, listening: Listening) -> None:
    storage, events = world[1].storage, listening("")
    assert (await anext(events)).startswith("retry: ")
    for number in (50, 51):
        storage.save_decision(decision(number, decided_at=utc_now()), [])
        assert (await anext(events)).startswith("event: news\n")
    world[0].state.dashboard.ending.set()
    assert [one async for one in events] == []


async def test_who_comes_back_is_told_what_they_missed(world: World, listening: Listening) -> None:
    before = state_of(world[1].storage, SHOP)
    world[1].storage.save_decision(decision(50, decided_at=utc_now()), [])
    events = listening(before)
    assert f"id: {before}" in await anext(events)
    assert (await anext(events)).startswith("event: news\n")
    await events.aclose()


async def test_the_stream_is_one_of_events(world: World, maintainer: httpx.AsyncClient) -> None:
    world[0].state.dashboard.ending.set()
    answer = await maintainer.get(f"/r/{NAME}/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.startswith("retry: ")


async def test_nobody_listens_without_signing_in(visitor: httpx.AsyncClient) -> None:
    assert (await visitor.get(f"/r/{NAME}/live", headers={"accept": "text/event-stream"})).status_code == 401


async def test_one_person_cannot_take_every_place(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    application, runtime = world
    shop = runtime.storage.repository(NAME)
    people = {
        name: Asked(runtime.storage, settings(), runtime, Viewer(name, "github"), Query({}), utc_now(), {}, shop)
        for name in ("ann", "ben")
    }
    asking = "ann"

    async def asked(_: Request) -> Asked:
        return people[asking]

    door = Live(asked, application.state.dashboard.ending)
    request = Request({"type": "http", "headers": []})
    taken = []
    for _ in range(live.MOST_OF_ONE):
        answer = await door.listen(request)
        assert isinstance(answer, StreamingResponse)
        events = answer.body_iterator
        await anext(events)  # type: ignore[arg-type]
        taken.append(events)
    assert (await door.listen(request)).status_code == 429
    asking = "ben"
    assert (await door.listen(request)).status_code == 200
    asking = "ann"
    await taken.pop().aclose()  # type: ignore[union-attr]
    assert (await door.listen(request)).status_code == 200
    for events in taken:
        await events.aclose()  # type: ignore[union-attr]


async def test_a_listener_too_many_is_sent_away(maintainer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 0)
    assert (await maintainer.get(f"/r/{NAME}/live")).status_code == 503


async def test_who_signs_out_is_told_no_more(world: World) -> None:
    """Not even news that came since."""
    application, runtime = world
    shop = runtime.storage.repository(NAME)
    asked = Asked(runtime.storage, settings(), runtime, Viewer("ann", "local"), Query({}), utc_now(), {}, shop)
    signed_in = True
    door = Live(None, application.state.dashboard.ending)  # type: ignore[arg-type]  # who may listen is tested above
    events = door._events(asked, "", lambda: signed_in)
    assert (await anext(events)).startswith("retry: ")
    signed_in = False
    runtime.storage.save_decision(decision(50, decided_at=utc_now()), [])
    assert [one async for one in events] == []


async def test_a_stream_holds_as_long_as_its_session(world: World, maintainer: httpx.AsyncClient) -> None:
    dashboard = world[0].state.dashboard
    secret = maintainer.cookies["triage-session"]
    headers = [(b"cookie", f"triage-session={secret}".encode()), (b"host", b"127.0.0.1:8000")]
    scope = {"type": "http", "scheme": "http", "path": "/", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 1)}
    listener = Request(scope | {"headers": headers})
    assert dashboard._is_in(listener)
    await asyncio.to_thread(dashboard._access.close, secret)
    assert not dashboard._is_in(listener)


async def test_what_happened_since_the_page_was_read_is_news_at_once(world: World, listening: Listening) -> None:
    storage = world[1].storage
    read_at = state_of(storage, SHOP)
    storage.save_decision(decision(50, decided_at=utc_now()), [])
    events = listening(read_at)
    assert (await anext(events)).startswith("retry: ")
    assert (await anext(events)).startswith("event: news\n")
    await events.aclose()


@pytest.mark.parametrize("page", ["overview", "waves", "review"])
async def test_a_live_page_says_what_it_was_made_from(world: World, maintainer: httpx.AsyncClient, page: str) -> None:
    shown = (await maintainer.get(f"/r/{NAME}/{page}")).text
    assert f'sse-connect="/r/{NAME}/live?seen={state_of(world[1].storage, SHOP)}"' in shown
