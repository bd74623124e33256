"""How pages say things: one style of numbers, one form of verbs, the singular where there is one."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape

import httpx
import pytest
from fastapi import FastAPI

from bot.activities.follow import UNDOING
from bot.storage.dashboard_records import ActRecord
from models.tallies import MONDAY
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime, do
from tests.fakes.looking import look_at
from webhooks.dashboard import templating
from webhooks.dashboard.access import utc_now
from webhooks.dashboard.notices import UNDOABLE
from webhooks.dashboard.templating import period

World = tuple[FastAPI, DashboardRuntime]
ROOT = f"/r/{NAME}"
PAGES = ("overview", "quality", "settings", "refits", "refits/2", "clusters/extra-usage-400", "issues/21", "review")


async def said(http: httpx.AsyncClient, path: str) -> str:
    """The page's words, without its markup."""
    answer = await http.get(f"{ROOT}/{path}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", "", answer.text)).split(" "))


@pytest.mark.parametrize("path", PAGES)
async def test_a_percentage_is_written_in_one_way_and_breaks_over_no_line(
    maintainer: httpx.AsyncClient, world: World, path: str
) -> None:
    look_at(world[1].storage)
    signs = re.findall(r"\S?.?%", await said(maintainer, path))
    assert [sign for sign in signs if not re.fullmatch("\\d\u00a0%", sign)] == []


async def test_a_list_of_one_is_counted_in_the_singular(maintainer: httpx.AsyncClient) -> None:
    assert "1 wave\n" in await said(maintainer, "waves") + "\n"
    assert "1–50 of 60 issues" in await said(maintainer, "issues")


async def test_the_bots_effects_are_named_alike_on_all_pages(maintainer: httpx.AsyncClient, world: World) -> None:
    look_at(world[1].storage)
    for path in ("activity", "issues/21"):
        page = await said(maintainer, path)
        assert "Add label possible-duplicate" in page
        assert "label added" not in page.casefold()


@pytest.mark.parametrize(
    ("kind", "details", "words"),
    [
        ("rename", {"value": "Night"}, "renamed it to Night"),
        ("rename", {"value": ""}, "took its title away"),
        ("label", {"value": "ui"}, "set the label ui"),
        ("label", {}, "took its label away"),
        ("canonical", {"numbers": [31]}, "set the canonical issue #31"),
        ("canonical", {"numbers": []}, "left the canonical issue to the policy"),
        ("broadcast", {"value": "Fixed."}, "told all reporters Fixed."),
        ("broadcast", {"value": "", "text": None}, "took away what all reporters were told"),
    ],
)
async def test_activity_says_whether_something_was_set_or_given_back(
    maintainer: httpx.AsyncClient, world: World, kind: str, details: dict[str, object], words: str
) -> None:
    storage = world[1].storage
    act = ActRecord(None, SHOP, utc_now(), "ann", kind, "c-dark", None, details, "done", "so it is")
    first = storage.save_act(act)
    storage.save_act(ActRecord(None, SHOP, utc_now(), "leo", "undo", "c-dark", None, {}, "done", "", undoes=first))
    page = await said(maintainer, "activity?view=people")
    assert page.count(words) == 2
    csv = (await maintainer.get(f"{ROOT}/activity.csv?view=people")).text
    assert f", c-dark: {words}" in csv.replace("“", "").replace("”", "")


async def test_what_was_told_and_taken_back_is_not_said_to_stand_in_comments(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage = world[1].storage
    spread = {"cluster": "c-dark", "line": "> x", "total": 3, "left": [30, 31]}
    details = {"value": "Fixed.", "text": "Fixed.", "spread": spread}
    told = storage.save_act(
        ActRecord(None, SHOP, utc_now(), "ann", "broadcast", "c-dark", None, details, "done", "it is told")
    )
    address = f"{ROOT}/activity.csv?view=people"
    assert "1 of 3 comments have it" in (await maintainer.get(address)).text
    undo = ActRecord(None, SHOP, utc_now(), "leo", "undo", "c-dark", undoes=told)
    storage.finish_act(storage.save_act(undo), "done", "it is taken out")
    csv, page = (await maintainer.get(address)).text, await said(maintainer, "activity?view=people")
    assert ("comments have it" in csv, "comments have it" in page) == (False, False)
    assert "it is told,yes" in csv


@pytest.mark.parametrize(
    ("state", "words"),
    [("asked", "waits"), ("refused", "not done #99 is gone"), ("failed", "failed #99 is gone")],
)
async def test_activity_says_of_an_act_that_it_was_not_done(
    maintainer: httpx.AsyncClient, world: World, state: str, words: str
) -> None:
    outcome = None if state == "asked" else "#99 is gone"
    world[1].storage.save_act(
        ActRecord(None, SHOP, utc_now(), "ann", "pin", "c-dark", None, {"numbers": [99]}, state, outcome)
    )
    assert words in await said(maintainer, "activity?view=people")
    assert f",{state}," in (await maintainer.get(f"{ROOT}/activity.csv?view=people")).text


@pytest.mark.parametrize("kind", ["rerun", "rerun-cluster", "refit", "rollback", "undo", "undo-edit"])
async def test_no_undo_is_offered_where_there_is_none(maintainer: httpx.AsyncClient, world: World, kind: str) -> None:
    act = ActRecord(None, SHOP, utc_now(), "ann", kind, None, None, {}, "done", "so it is")
    page = (await maintainer.get(f"{ROOT}/issues?act={world[1].storage.save_act(act)}")).text
    assert "<p>so it is</p>" in page
    assert (">Undo</button>" in page, "All refits" in page) == (False, kind in {"refit", "rollback"})


def test_undo_is_offered_for_all_that_a_worker_can_undo() -> None:
    assert set(UNDOING) == UNDOABLE


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("activity?page=77", "36 effects"),
        ("activity?view=people&page=77", "acts and words"),
        ("waves?page=9", "1 wave"),
        ("issues?page=9999", "51–60 of 60 issues"),
        ("clusters/extra-usage-400?page=3", "1–24 of 24 reports"),
        ("review?kind=missed&page=2", "Is #50 the same problem as #44?"),
    ],
)
async def test_a_page_past_the_end_of_a_list_is_its_last_one(
    maintainer: httpx.AsyncClient, address: str, words: str
) -> None:
    assert words in await said(maintainer, address)


async def test_the_contradictions_of_the_queue_are_in_its_table(maintainer: httpx.AsyncClient) -> None:
    assert "#2 and #9 were told apart" in (await maintainer.get(f"{ROOT}/review.csv?kind=conflict")).text


async def test_who_chose_no_report_is_told_to_choose_one(maintainer: httpx.AsyncClient) -> None:
    refused = await do(maintainer, "split", f"{ROOT}/clusters/c-dark", cluster="c-dark")
    assert (refused.status_code, "Choose a report first, or write its number." in refused.text) == (400, True)


async def test_an_archived_repository_stands_as_it_is_written_and_keeps_the_age_of_its_clusters(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage = world[1].storage
    shop = storage.repository(NAME)
    assert shop is not None
    storage.save_repository(replace(shop, state="archived", state_reason="it is archived on GitHub"))
    assert "archived on GitHub." in await said(maintainer, "settings")
    assert "Clusters published9 h ago" in await said(maintainer, "overview")


async def test_after_telling_a_long_text_one_is_back_at_the_clusters_status(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get(f"{ROOT}/clusters/extra-usage-400/status?text={'%D1%8F' * 400}")).text
    form = page.partition("/do/broadcast")[2]
    assert f'name="back" value="{ROOT}/clusters/extra-usage-400/status"' in form.partition("</form>")[0]


async def test_growth_is_counted_in_whole_spans(maintainer: httpx.AsyncClient) -> None:
    data = (await maintainer.get(f"{ROOT}/clusters/extra-usage-400.json")).json()["growth"]
    begins, ends = (datetime.fromisoformat(data[name]) for name in ("since", "until"))
    span = (ends - begins) / len(data["counts"])
    assert span in {timedelta(hours=1), timedelta(hours=2)}  # by the minute of the hour, thirty hours may hold them all
    assert (begins - MONDAY) % span == timedelta()
    assert sum(data["counts"]) == 24
    assert f"Reports in each {period(span)} since" in await said(maintainer, "clusters/extra-usage-400")


def test_a_span_is_said_as_people_say_it() -> None:
    hour = timedelta(hours=1)
    spans = (1, 2, 24, 48, 168, 336)
    assert [period(hour * one) for one in spans] == ["hour", "2 hours", "day", "2 days", "week", "2 weeks"]


def test_templates_are_compiled_once_and_no_value_that_was_shown_is_kept() -> None:
    assert templating._environment() is templating._environment()
    assert not hasattr(templating._straight, "cache_info")
    assert templating._straight("a\u202eb") == "ab"
    assert templating._straight(["unhashable"]) == ["unhashable"]
