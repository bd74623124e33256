from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.look_records import BacktestRecord
from bot.storage.records import ConfigRecord, DeliveryRecord, ImportRecord, MissedRecord, RefitRecord, TaskRun
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime
from tests.fakes.stored import decision, word
from webhooks.dashboard.access import utc_now

World = tuple[FastAPI, DashboardRuntime]
OVERVIEW = f"/r/{NAME}/overview"


async def model(http: httpx.AsyncClient, path: str = OVERVIEW) -> dict[str, Any]:
    answer = await http.get(f"{path}.json")
    assert answer.status_code == 200
    return dict(answer.json())


async def test_it_says_what_rises_and_how_much_is_indexed(maintainer: httpx.AsyncClient) -> None:
    shown = await model(maintainer)
    (wave,) = shown["waves"]
    assert (wave["title"], wave["reports"], wave["last_number"]) == ("Extra usage 400 despite balance", 17, 24)
    assert len(wave["arrivals"]) == 48
    assert sum(wave["arrivals"]) == 12  # members #13 to #24 were reported in the last 48 hours
    assert shown["coverage"] == {"open": 60, "closed": 0, "indexed": 58}
    assert shown["standing"]["word"] == "at work"


async def test_a_wave_that_is_over_is_remembered_for_a_while(maintainer: httpx.AsyncClient, world: World) -> None:
    storage = world[1].storage
    (record,) = storage.waves(SHOP)
    storage.save_wave(replace(record, wave=replace(record.wave, ended_at=utc_now() - timedelta(hours=1))))
    shown = await model(maintainer)
    assert (shown["waves"], [one["reports"] for one in shown["past"]]) == ([], [17])
    storage.save_wave(replace(record, wave=replace(record.wave, ended_at=utc_now() - timedelta(days=40))))
    assert (await model(maintainer))["past"] == []


@pytest.mark.parametrize("is_paused", [False, True])
async def test_inv_26_where_nothing_is_written_the_pages_that_tell_reporters_something_say_so(
    maintainer: httpx.AsyncClient, world: World, is_paused: bool
) -> None:
    status = f"/r/{NAME}/clusters/extra-usage-400/status?text=Wait"
    before = [(await maintainer.get(path)).text for path in (OVERVIEW, status)]
    assert [text.count("only recorded") for text in before] == [0, 0]
    storage = world[1].storage
    if is_paused:
        storage.save_feedback(word(0, "paused"))
    else:
        storage.save_config(SHOP, ConfigRecord("e", utc_now(), "mode: shadow\n", None))
    reason = "the bot is paused here" if is_paused else "the mode is shadow"
    standing = (await model(maintainer))["standing"]
    assert (standing["word"], standing["silent"]) == ("paused" if is_paused else "in shadow mode", reason)
    overview, preview = [(await maintainer.get(path)).text for path in (OVERVIEW, status)]
    assert f"What is told is only recorded: {reason}" in overview
    assert "button small primary" not in overview
    assert f"only recorded, and no comment changes: {reason}" in preview
    assert "as it would stand in" in preview
    assert "Tell it<" not in preview


async def test_inv_30_a_preview_says_when_the_budget_lets_the_last_comment_follow(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage, page = world[1].storage, f"/r/{NAME}/clusters/extra-usage-400/status"
    asking = {"text": "Wait"}
    assert "no room for all of them" not in (await maintainer.get(page, params=asking)).text
    storage.save_config(SHOP, ConfigRecord("e", utc_now(), "limits: {comments_per_hour: 1}\n", None))
    shown = (await maintainer.get(f"{page}.json", params=asking)).json()
    waits = datetime.fromisoformat(shown["last_at"]) - utc_now()
    assert timedelta(hours=len(shown["numbers"]) - 2) < waits <= timedelta(hours=len(shown["numbers"]))
    assert "no room for all of them" in (await maintainer.get(page, params=asking)).text
    storage.save_config(SHOP, ConfigRecord("e", utc_now(), "limits: {comments_per_hour: 0}\n", None))
    assert (await maintainer.get(f"{page}.json", params=asking)).json()["last_at"] is None


async def todo(http: httpx.AsyncClient) -> list[str]:
    return [one["sentence"] for one in (await model(http))["todo"]]


async def test_nothing_needs_a_person_where_all_is_well(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get("/r/acme/secret/overview")).text
    assert "Nothing." in page


async def test_a_repository_that_github_does_not_let_the_bot_work_in_is_stopped(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    storage = world[1].storage
    known = storage.repository_by_id(SHOP)
    assert known is not None
    storage.save_repository(replace(known, state="stopped", state_reason="a permission is missing"))
    shown = await model(maintainer)
    reason = "a permission is missing"
    assert shown["standing"] == {"word": "stopped", "sentence": reason, "silent": reason}
    assert "The bot does not write here: a permission is missing." in [one["sentence"] for one in shown["todo"]]


async def test_the_first_reading_is_shown_until_it_ends(maintainer: httpx.AsyncClient, world: World) -> None:
    record = ImportRecord(SHOP, utc_now(), total=200, read=60, embedded=40, to_embed=50)
    world[1].storage.save_import(record)
    assert "60 of 200 read, 40 of 50 embedded" in (await maintainer.get(OVERVIEW)).text
    world[1].storage.save_import(replace(record, ended_at=utc_now()))
    assert (await model(maintainer))["reading"] is None


async def test_inv_27_where_no_file_was_ever_valid_the_pages_say_that_nothing_is_written(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    world[1].storage.save_config(SHOP, ConfigRecord("e", utc_now(), None, "line 3: wrong", source="absent"))
    said = " ".join(await todo(maintainer))
    assert "no valid one was read before, so the bot records what it would do and writes nothing" in said
    assert (await model(maintainer))["is_shadow"]
    settings = (await maintainer.get(OVERVIEW.replace("overview", "settings"))).text
    assert "no valid one was read before" in settings
    assert "defaults hold" not in settings
    assert "stays in force" not in said + settings


async def test_what_needs_a_person_is_said_with_where_to_go(maintainer: httpx.AsyncClient, world: World) -> None:
    storage, now = world[1].storage, utc_now()
    storage.save_config(SHOP, ConfigRecord("e", now, "mode: comment\n", "line 3: wrong"))
    storage.save_feedback(word(0, "paused", said_at=now))
    storage.start_delivery(DeliveryRecord("d", "issues", "opened", "triage_issue", now, NAME, SHOP, 5))
    storage.finish_delivery("d", "failed", "set aside", "a bug")
    refit = storage.start_refit(SHOP, "nightly", now)
    storage.finish_refit(RefitRecord(refit, SHOP, "nightly", now, now, "refused", "too different"))
    storage.save_missed([MissedRecord(SHOP, 58, 57, now, now, "not retrieved")])
    storage.save_decision(decision(59, verdict="refer-to-maintainers", decided_at=now), [])
    said = " ".join(await todo(maintainer))
    for words in (
        "wait for a person's word",
        "configuration has errors",
        "does not write here",
        "set aside",
        "refit was refused",
        "security",
    ):
        assert words in said


async def test_a_task_is_overdue_once_it_had_its_time(maintainer: httpx.AsyncClient, world: World) -> None:
    runtime, before = world[1], utc_now() - timedelta(days=3)
    runtime.storage.start_delivery(DeliveryRecord("d", "issues", "opened", "triage_issue", before, NAME, SHOP, 5))
    tasks = {one["name"]: one["is_stale"] for one in (await model(maintainer))["tasks"]}
    assert tasks == dict.fromkeys(tasks, True)  # at work for three days, and nothing ever ran
    runtime.storage.finish_task(runtime.storage.start_task("poll_reactions", None))
    tasks = {one["name"]: one["is_stale"] for one in (await model(maintainer))["tasks"]}
    assert tasks == {"refit_clusters": True, "poll_reactions": False, "recover_deliveries": True}
    assert isinstance(runtime.storage.task_runs()[0], TaskRun)


async def test_nothing_is_overdue_on_a_server_that_has_just_begun(maintainer: httpx.AsyncClient, world: World) -> None:
    storage = world[1].storage
    storage.finish_task(storage.start_task("tidy_up", None), "a failure")  # the first trace of its work: a moment ago
    for path in (OVERVIEW, "/operator"):
        tasks = (await model(maintainer, path))["tasks"]
        assert [one["is_stale"] for one in tasks] == [False, False, False]


async def test_what_needs_a_person_is_counted(maintainer: httpx.AsyncClient, world: World) -> None:
    for number in (58, 59):
        record = decision(number, verdict="refer-to-maintainers", decided_at=utc_now())
        world[1].storage.save_decision(record, [])
    (told,) = [one for one in (await model(maintainer))["todo"] if "security" in one["sentence"]]
    assert (told["count"], told["href"]) == (2, "issues?verdict=refer-to-maintainers")


async def test_an_empty_repository_says_what_comes_next(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get("/r/acme/secret/overview")).text
    assert "Nothing was decided yet" in page
    assert "No wave is on" in page
    assert "reading" in page


@pytest.mark.parametrize("word_of", ["suspended", "archived", "paused"])
async def test_a_repository_that_is_stopped_says_why(maintainer: httpx.AsyncClient, world: World, word_of: str) -> None:
    storage = world[1].storage
    known = storage.repository(NAME)
    assert known is not None
    storage.save_repository(replace(known, state=word_of, state_reason="because"))
    rows = (await model(maintainer, "/index"))["rows"]
    (row,) = [one for one in rows if one["name"] == NAME]
    assert row["standing"] == {"word": "stopped", "sentence": "because", "silent": "because"}


async def test_all_repositories_are_listed_those_with_waves_first(maintainer: httpx.AsyncClient) -> None:
    rows = (await model(maintainer, "/index"))["rows"]
    assert [(row["name"], row["waves"]) for row in rows] == [(NAME, 1), ("acme/secret", 0)]
    csv = (await maintainer.get("/index.csv")).text
    assert csv.lstrip("\ufeff").startswith("repository,standing,why,waves now")


def found(**changes: Any) -> dict[str, Any]:
    """What a backtest keeps."""
    share = {"right": 9, "whole": 10, "part": 0.9, "low": 0.596, "high": 0.982}
    figures = {"threshold": 0.9, "flagged": 10, "precision": share, "recall": {**share, "whole": 20, "part": 0.45}}
    wrong = {"number": 31, "named": 7, "probability": 0.97, "url": "https://h/31", "named_url": "https://h/7"}
    other = {**figures, "threshold": 0.8, "threshold_elsewhere": 0.951}  # an older record has no such figure
    kept = {"duplicates": 20, "in_force": figures, "recommended": other, "worst": [wrong] * 10}
    return {**kept, "wanted_precision": 0.9, **changes}


async def test_after_the_first_reading_it_shows_what_the_bot_would_have_said(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    assert "would have said" not in (await maintainer.get(OVERVIEW)).text
    world[1].storage.save_backtest(BacktestRecord(SHOP, utc_now(), 500, found()))
    for path in (OVERVIEW, f"/r/{NAME}/quality"):
        page = (await maintainer.get(path)).text
        assert "What it would have said in the past" in page
        assert "500 issues replayed" in page
        assert all(
            words in page
            for words in (
                "in force",
                "recommended",
                "90.0\u00a0%",
                "45.0\u00a0%",
                "59.6\u00a0% to 98.2\u00a0%",
                "95.1\u00a0%",
            )
        )
        assert page.count('<a href="https://h/31">#31</a> as a duplicate of <a href="https://h/7">#7</a>') == 10


async def test_a_replay_without_a_recommendation_says_why(maintainer: httpx.AsyncClient, world: World) -> None:
    world[1].storage.save_backtest(BacktestRecord(SHOP, utc_now(), 500, found(recommended=None, worst=[])))
    assert "No threshold is recommended" in (await maintainer.get(OVERVIEW)).text


async def test_an_old_replay_is_shown_only_while_the_bot_is_silent(maintainer: httpx.AsyncClient, world: World) -> None:
    storage = world[1].storage
    storage.save_backtest(BacktestRecord(SHOP, utc_now() - timedelta(days=40), 500, found()))
    assert (await model(maintainer))["trial"] is None
    storage.save_config(SHOP, replace(storage.config(SHOP), valid_text="mode: shadow\n"))
    shown = await model(maintainer)
    assert (shown["trial"]["issues"], shown["is_shadow"]) == (500, True)


async def test_a_wave_says_what_can_be_done_about_it_and_whether_it_was(
    maintainer: httpx.AsyncClient, world: World
) -> None:
    (wave,) = (await model(maintainer))["waves"]
    assert (wave["canonical"], wave["members"], wave["told"]) == (1, 24, None)
    page = (await maintainer.get(OVERVIEW)).text
    assert f'href="/r/{NAME}/clusters/extra-usage-400/status">Tell its reporters something</a>' in page
    world[1].storage.set_status(SHOP, "extra-usage-400", "A fix is on its way.", "mia", utc_now())
    assert "Its reporters were told something" in (await maintainer.get(OVERVIEW)).text


async def test_while_the_history_is_read_no_decision_is_promised(maintainer: httpx.AsyncClient) -> None:
    page = (await maintainer.get("/r/acme/secret/overview")).text
    assert "Decisions begin when the history is read." in page
    assert "within seconds" not in page
    assert "0 of 0" not in page
