from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.dashboard_records import ActRecord
from models.curation import Edit
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime, do
from webhooks.dashboard.access import utc_now

World = tuple[FastAPI, DashboardRuntime]
SETTINGS = f"/r/{NAME}/settings"


async def done(http: httpx.AsyncClient, kind: str, **fields: str) -> str:
    """The address that says what came of the act."""
    answer = await do(http, kind, SETTINGS, **fields)
    assert answer.status_code == 303
    return answer.headers["location"]


async def notice(http: httpx.AsyncClient, address: str) -> str:
    found = re.search(r'<div class="notice[^"]*" id="notice".*?</div>', (await http.get(address)).text, re.DOTALL)
    assert found is not None
    return found[0]


async def test_a_pause_that_was_ended_is_no_longer_told_as_the_present(maintainer: httpx.AsyncClient) -> None:
    paused = await done(maintainer, "pause")
    assert "<p>pause was done</p>" in await notice(maintainer, paused)
    resumed = await done(maintainer, "resume")
    former = await notice(maintainer, paused)
    assert "A newer act stands since: <q>pause was done</q>" in former
    assert "Undo" not in former
    assert "<p>resume was done</p>" in await notice(maintainer, resumed)


async def test_a_name_that_was_taken_back_is_told_so_and_the_one_before_stands_again(
    maintainer: httpx.AsyncClient,
) -> None:
    first = await done(maintainer, "rename", cluster="c-dark", value="One")
    elsewhere = await done(maintainer, "rename", cluster="c-mixed", value="Three")
    assert "<p>rename was done</p>" in await notice(maintainer, first)
    second = await done(maintainer, "rename", cluster="c-dark", value="Two")
    assert "A newer act stands since" in await notice(maintainer, first)
    undo = await done(maintainer, "undo", act=second.rpartition("=")[2])
    assert "Taken back since: <q>rename was done</q>" in await notice(maintainer, second)
    for address in (first, elsewhere):
        assert "<p>rename was done</p>" in await notice(maintainer, address)
    assert "<p>undo was done</p>" in await notice(maintainer, undo)
    await done(maintainer, "rename", cluster="c-dark", value="Four")
    assert "A newer act stands since: <q>undo was done</q>" in await notice(maintainer, undo)


async def test_an_act_whose_edit_was_taken_back_is_told_so(maintainer: httpx.AsyncClient, world: World) -> None:
    storage, now = world[1].storage, utc_now()
    edit = storage.save_edit(SHOP, Edit("pin", now, "ann", "c-dark", (2,)))
    act = ActRecord(None, SHOP, now, "ann", "pin", "c-dark", None, {"edit": edit}, "done", "put in", now)
    address = f"{SETTINGS}?act={storage.save_act(act)}"
    assert "<p>put in</p>" in await notice(maintainer, address)
    storage.save_edit(SHOP, Edit("undo", now, "ann", "c-dark", value=str(edit)), undoes=edit)
    assert "Taken back since: <q>put in</q>" in await notice(maintainer, address)


@pytest.mark.parametrize("query", ["act=1", "q=report%201&act=1"])
async def test_a_notice_is_no_part_of_the_pages_data(maintainer: httpx.AsyncClient, query: str) -> None:
    page = (await maintainer.get(f"/r/{NAME}/issues?{query}")).text
    kept = "?q=report%201" if "q=" in query else ""
    assert f'href="/r/{NAME}/issues.csv{kept}"' in page
