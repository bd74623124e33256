"""What the review queue says of answers that were given, that wait, that were refused and that were taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from bot.storage.dashboard_records import ActRecord
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime

World = tuple[FastAPI, DashboardRuntime]
REVIEW = f"/r/{NAME}/review?kind=missed"


@pytest.mark.parametrize("state", ["refused", "failed"])
async def test_an_answer_that_was_refused_was_not_taken_back_and_can_be_given_again(
    world: World, maintainer: httpx.AsyncClient, state: str
) -> None:
    _answered(world, state, "#50 is not there")
    shown = (await maintainer.get(REVIEW)).text
    assert "not done: <a" in shown
    assert "(undone)" not in shown
    assert "data-undo" not in shown
    assert 'data-question="50-44"' in shown
    assert shown.count('data-answer="confirm"') == 2


async def test_what_waits_for_a_worker_is_not_asked_again(world: World, maintainer: httpx.AsyncClient) -> None:
    _answered(world, "asked", None)
    shown = (await maintainer.get(REVIEW)).text
    assert "Answered; a worker has yet to keep it" in shown
    assert shown.count('data-answer="confirm"') == 1
    questions = (await maintainer.get(f"/r/{NAME}/review.json?kind=missed")).json()["questions"]
    assert {one["number"]: one["is_answered"] for one in questions} == {50: True, 51: False}


async def test_what_was_taken_back_says_so_and_names_its_question(world: World, maintainer: httpx.AsyncClient) -> None:
    given = _answered(world, "done", "#50 is a duplicate of #44")
    assert 'data-undo="50-44"' in (await maintainer.get(REVIEW)).text
    storage = world[1].storage
    undo = storage.save_act(ActRecord(None, SHOP, datetime.now(UTC), "mia", "undo", undoes=given))
    storage.finish_act(undo, "done", "as it was before")
    shown = (await maintainer.get(REVIEW)).text
    assert "(undone)" in shown
    assert "data-undo" not in shown


def _answered(world: World, state: str, outcome: str | None) -> int:
    storage = world[1].storage
    act = storage.save_act(ActRecord(None, SHOP, datetime.now(UTC), "mia", "confirm", None, 50, {"other": 44}))
    if state != "asked":
        storage.finish_act(act, state, outcome or "")
    return act
