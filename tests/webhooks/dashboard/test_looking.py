"""The pages that look back: the map, waves, quality, refits, activity, settings, and the operator's."""

from __future__ import annotations

import base64
import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from markupsafe import escape

from bot.storage.dashboard_records import ActRecord
from models.issue_map import from_bytes
from tests.fakes.dashboard import ISSUES, NAME, SHOP, DashboardRuntime, do
from tests.fakes.looking import REASON, WRONG, look_at
from tests.fakes.stored import decision, effect, word
from webhooks.dashboard.access import utc_now

ROOT = f"/r/{NAME}"


@pytest.fixture
async def shop(world: tuple[Any, DashboardRuntime], maintainer: httpx.AsyncClient) -> httpx.AsyncClient:
    """A maintainer of a repository of which there is much to look at."""
    look_at(world[1].storage)
    return maintainer


async def json_of(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(ROOT + path if path.startswith("/") else path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows_of(http: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((await http.get(ROOT + path)).text.removeprefix("\ufeff"))))


# --- map


async def test_the_map_has_every_point_for_scripts_and_a_table_for_everybody(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/map.json")
    header = {
        "issues": data["issues"],
        "clusters": [one["id"] for one in data["clusters"]],
        "channels": [
            {"name": one["name"], "values": [value["name"] for value in one["values"]]} for one in data["channels"]
        ],
    }
    drawn = from_bytes(header, base64.b64decode(data["points"]))
    assert drawn.numbers.tolist() == list(range(1, ISSUES - 1))
    assert sum(one["issues"] for one in data["clusters"]) + data["alone"] == ISSUES - 2
    assert np.isfinite(drawn.places).all()
    html = (await shop.get(f"{ROOT}/map")).text
    assert all(str(escape(one["title"])) in html for one in data["clusters"])
    assert data["points"] not in html
    assert {row["cluster"] for row in await rows_of(shop, "/map.csv")} == set(header["clusters"])


async def test_the_card_of_one_issue_comes_without_the_points(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/map.json?issue=3")
    assert data["card"]["title"].startswith("Report 3")
    assert data["points"] == ""


async def test_a_colour_by_a_fact_has_its_table(shop: httpx.AsyncClient) -> None:
    html = (await shop.get(f"{ROOT}/map?by=state")).text
    assert "Issues by state" in html


async def test_without_a_map_the_page_says_when_there_will_be_one(maintainer: httpx.AsyncClient) -> None:
    assert "No map was drawn yet" in (await maintainer.get(f"{ROOT}/map")).text


# --- waves, quality


async def test_waves_are_drawn_and_listed(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/waves.json")
    assert [(one["cluster"], one["reports"], one["ended_at"]) for one in data["waves"]] == [
        ("extra-usage-400", 17, None)
    ]
    assert data["on"] == 1
    assert "plot-timeline" in (await shop.get(f"{ROOT}/waves")).text


async def test_quality_counts_what_people_said(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/quality.json")
    wrong = data["precision"]["whole"]
    assert data["precision"]["right"] == 0
    assert data["reliability"]["judged"] == wrong >= 1
    assert data["causes"]["not retrieved"] == len(data["missed"]) - 1
    html = (await shop.get(f"{ROOT}/quality")).text
    assert f"0 right of {wrong} called duplicates" in html
    assert "the other one was not among the candidates" in html
    assert len(await rows_of(shop, "/quality.csv")) == 26


async def test_a_new_word_is_counted_at_once(shop: httpx.AsyncClient, world: tuple[Any, DashboardRuntime]) -> None:
    before = (await json_of(shop, "/quality.json"))["precision"]["whole"]
    world[1].storage.save_feedback(word(11, "duplicate", 1, said_at=datetime.now(UTC), actor="leo"))
    after = (await json_of(shop, "/quality.json"))["precision"]
    assert (after["whole"], after["right"]) == (before + 1, 1)


async def test_the_ledger_is_filtered_by_cause(shop: httpx.AsyncClient) -> None:
    found = (await json_of(shop, "/quality.json?cause=not+retrieved"))["missed"]
    assert {one["cause"] for one in found} == {"not retrieved"}
    assert (await json_of(shop, "/quality.json?cause=arrived+unseen"))["missed"] == []


# --- refits


async def test_a_refused_refit_says_why_and_what_it_would_have_changed(shop: httpx.AsyncClient) -> None:
    rows = (await json_of(shop, "/refits.json"))["rows"]
    refused = rows[0]
    assert (refused["outcome"], refused["reason"], refused["changes"]) == ("refused", REASON, {"born": 1, "retired": 1})
    html = (await shop.get(f"{ROOT}/refits/{refused['id']}")).text
    assert REASON in html
    assert f'href="{ROOT}/issues/8">#8</a>' in html
    assert "was pinned twice" in html
    only = await json_of(shop, f"/refits/{refused['id']}.json?kind=retired")
    assert [one["cluster"] for one in only["changes"]] == ["c-gone"]


async def test_a_refit_of_another_repository_is_not_here(
    shop: httpx.AsyncClient, world: tuple[Any, DashboardRuntime]
) -> None:
    other = next(one for one in world[1].storage.repositories() if one.id != SHOP)
    attempt = world[1].storage.start_refit(other.id, "nightly", datetime.now(UTC))
    assert (await shop.get(f"{ROOT}/refits/{attempt}")).status_code == 404


async def test_one_goes_back_by_a_form(shop: httpx.AsyncClient, world: tuple[Any, DashboardRuntime]) -> None:
    answer = await do(shop, "rollback", back=f"{ROOT}/refits", to="1")
    assert answer.status_code == 303
    (act,) = world[1].storage.acts(SHOP, kind="rollback")
    assert act.details == {"to": 1}


# --- activity


async def test_effects_are_shown_with_state_and_reason_and_filtered(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/activity.json?state=failed")
    assert [(one["number"], one["reason"]) for one in data["effects"]] == [(21, "the issue is locked")]
    assert data["tally"]["add-label"]["shadow"] >= 1
    assert {row["issue"] for row in await rows_of(shop, "/activity.csv?issue=21")} == {"21"}
    assert (await json_of(shop, "/activity.json?day=2001-01-01"))["effects"] == []
    assert (await json_of(shop, "/activity.json?day=nonsense&issue=x"))["list"]["total"] > 2


async def test_people_are_shown_whatever_way_they_acted(shop: httpx.AsyncClient) -> None:
    people = (await json_of(shop, "/activity.json?view=people"))["people"]
    assert {(one["actor"], one["source"], one["kind"]) for one in people} >= {
        ("mia", "reaction", "separated"),
        ("mia", "dashboard", "rename"),
    }
    only = await json_of(shop, "/activity.json?view=people&actor=ada")
    assert {one["actor"] for one in only["people"]} == {"ada"}


async def test_an_act_that_was_not_done_or_waits_is_shown_as_such(
    world: tuple[FastAPI, DashboardRuntime], shop: httpx.AsyncClient
) -> None:
    storage = world[1].storage
    refused = storage.save_act(ActRecord(None, SHOP, utc_now(), "zoe", "pin", "c-dark"))
    storage.finish_act(refused, "refused", "#999 is not known here")
    storage.save_act(ActRecord(None, SHOP, utc_now(), "zoe", "rerun", number=3))
    rows = await rows_of(shop, "/activity.csv?view=people&actor=zoe")
    assert [row["state"] for row in rows] == ["asked", "refused"]
    said = re.sub(r"<[^>]+>", "", (await shop.get(f"{ROOT}/activity?view=people&actor=zoe")).text)
    assert "not done #999 is not known here" in said
    assert "waits" in said


async def test_what_was_set_aside_can_be_decided_again(shop: httpx.AsyncClient) -> None:
    html = (await shop.get(f"{ROOT}/activity?view=failures")).text
    assert "KeyError at models/text.py:9" in html
    assert f'action="{ROOT}/do/rerun"' in html


# --- settings, operator


async def test_settings_show_what_holds_and_what_is_wrong(shop: httpx.AsyncClient) -> None:
    data = await json_of(shop, "/settings.json")
    assert data["mode"] == "shadow"
    assert [one["line"] for one in data["problems"]] == [2, 4]
    own = {one["name"]: one["value"] for one in data["keys"] if one["is_own"]}
    assert own == {"mode": "shadow", "limits.links": "5"}
    html = (await shop.get(f"{ROOT}/settings")).text
    assert "/blob/HEAD/.github/triage.yml#L4" in html
    assert WRONG.splitlines()[1].partition(": ")[2] in html


async def test_inv_26_settings_that_an_upgrade_no_longer_understands_leave_the_bot_recording(
    shop: httpx.AsyncClient, world: tuple[Any, DashboardRuntime]
) -> None:
    record = world[1].storage.config(SHOP)
    world[1].storage.save_config(SHOP, type(record)(record.etag, record.checked_at, "nonsense: [", None))
    assert (await json_of(shop, "/settings.json"))["mode"] == "shadow"


async def test_the_operator_sees_tasks_failures_and_versions(shop: httpx.AsyncClient) -> None:
    data = (await shop.get("/operator.json")).json()
    assert data["aside"][0]["reason"] == "KeyError at models/text.py:9"
    assert [(one["workflow"], one["state"], one["count"]) for one in data["unfinished"]] == [
        ("triage_issue", "failed", 1)
    ]
    assert data["database_bytes"] > 4096
    assert data["versions"]["schema"]
    assert {one["name"] for one in data["repositories"]} == {NAME, "acme/secret"}
    assert [one["is_stale"] for one in data["tasks"]] == [False] * 3  # the first delivery came a moment ago


async def test_activity_as_data_holds_whole_comments_and_parts_who_from_what(
    shop: httpx.AsyncClient, world: tuple[Any, DashboardRuntime]
) -> None:
    storage, text = world[1].storage, "x" * 400
    storage.save_decision(decision(21, 1, decided_at=utc_now()), [effect(21, value=text, planned_at=utc_now())])
    assert text in (await shop.get(f"{ROOT}/activity.json")).text
    assert text in (await shop.get(f"{ROOT}/activity.csv")).text
    page = (await shop.get(f"{ROOT}/activity")).text
    assert (text in page, "x" * 200 in page) == (False, True)
    first = storage.save_act(ActRecord(None, SHOP, utc_now(), "mia", "label", "c-dark", None, {"value": "ui"}, "done"))
    storage.save_act(ActRecord(None, SHOP, utc_now(), "ann", "undo", "c-dark", None, {}, "done", undoes=first))
    people = re.sub(r"<[^>]+>", "", (await shop.get(f"{ROOT}/activity?view=people")).text)
    assert "took back mia: set the label" in people
