from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.dashboard_records import ActRecord
from bot.storage.records import FeedbackRecord
from models.curation import Edit
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime, do
from tests.fakes.stored import decision, word
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


def word_by_command(kind: str, number: int, other: int | None = None) -> FeedbackRecord:
    return word(number, kind, other, said_at=utc_now(), actor="leo", source="command")


async def test_a_pause_that_a_command_ended_is_no_longer_told_as_the_present(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    paused = await done(maintainer, "pause")
    world[1].storage.save_feedback(word_by_command("paused", 5))
    assert "<p>pause was done</p>" in await notice(maintainer, paused)
    world[1].storage.save_feedback(word_by_command("resumed", 5))
    assert "A newer act stands since: <q>pause was done</q>" in await notice(maintainer, paused)


async def test_an_undone_pause_that_a_command_set_again_is_told_so(maintainer: httpx.AsyncClient, world: World) -> None:
    paused = await done(maintainer, "pause")
    undo = await done(maintainer, "undo", act=paused.rpartition("=")[2])
    assert "<p>undo was done</p>" in await notice(maintainer, undo)
    world[1].storage.save_feedback(word_by_command("paused", 5))
    assert "A newer act stands since: <q>undo was done</q>" in await notice(maintainer, undo)


async def test_a_name_that_the_command_line_changed_since_is_told_so(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage, now = world[1].storage, utc_now()
    edit = storage.save_edit(SHOP, Edit("rename", now, "ann", "c-dark", value="One"))
    act = ActRecord(None, SHOP, now, "ann", "rename", "c-dark", None, {"edit": edit}, "done", "One: 5 reports", now)
    address = f"{SETTINGS}?act={storage.save_act(act)}"
    storage.save_edit(SHOP, Edit("rename", now, "leo", "c-mixed", value="Elsewhere"))
    assert "<p>One: 5 reports</p>" in await notice(maintainer, address)
    storage.save_edit(SHOP, Edit("rename", now, "leo", "c-dark", value="Two"))
    assert "A newer act stands since: <q>One: 5 reports</q>" in await notice(maintainer, address)


async def test_a_word_that_a_command_contradicts_or_takes_back_is_told_so(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage, now = world[1].storage, utc_now()
    said = word(33, "duplicate", 30, said_at=now, actor="ann", source="dashboard")
    storage.save_feedback(said)
    added = [{"kind": "duplicate", "other": 30, "said_at": now.isoformat()}]
    details = {"other": 30, "added": added}
    act = ActRecord(None, SHOP, now, "ann", "confirm", None, 33, details, "done", "#33 is one of #30", now)
    address = f"{SETTINGS}?act={storage.save_act(act)}"
    assert "<p>#33 is one of #30</p>" in await notice(maintainer, address)
    other = word_by_command("separated", 33, 30)
    storage.save_feedback(other)
    assert "A newer act stands since" in await notice(maintainer, address)
    storage.amend_feedback(SHOP, [said, other], [])
    assert "Taken back since" in await notice(maintainer, address)


async def test_a_verdict_that_changed_since_is_not_told_as_the_present(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage, now = world[1].storage, utc_now()
    act = ActRecord(None, SHOP, now, "ann", "rerun", None, 33, {}, "done", "#33 was decided again: duplicate", now)
    address = f"{SETTINGS}?act={storage.save_act(act)}"
    storage.save_decision(decision(33, 30, decided_at=utc_now()), [])
    assert "<p>#33 was decided again: duplicate</p>" in await notice(maintainer, address)
    storage.save_decision(decision(33, None, decided_at=utc_now(), verdict="new"), [])
    assert "A newer act stands since" in await notice(maintainer, address)


@pytest.mark.parametrize("query", ["act=1", "q=report%201&act=1"])
async def test_a_notice_is_no_part_of_the_pages_data(maintainer: httpx.AsyncClient, query: str) -> None:
    page = (await maintainer.get(f"/r/{NAME}/issues?{query}")).text
    kept = "?q=report%201" if "q=" in query else ""
    assert f'href="/r/{NAME}/issues.csv{kept}"' in page
