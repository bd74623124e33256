from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime
from tests.fakes.stored import decision, effect, stored_issue
from webhooks.dashboard.every import PAGES
from webhooks.dashboard.page import Page

PLAIN = [page for page in PAGES if "{" not in page.path]


def address(page: Page) -> str:
    return f"/r/{NAME}{page.path}" if page.about == "repository" else page.path


@pytest.mark.parametrize("page", PLAIN, ids=lambda page: page.path)
async def test_a_page_is_served_as_html_and_as_data(maintainer: httpx.AsyncClient, page: Page) -> None:
    path = address(page)
    shown = await maintainer.get(path)
    assert shown.status_code == 200, shown.text
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    data = await maintainer.get(f"{path if path != '/' else '/index'}.json")
    assert data.status_code == 200
    assert isinstance(data.json(), dict)


@pytest.mark.parametrize("page", PLAIN, ids=lambda page: page.path)
async def test_nobody_sees_a_page_without_signing_in(visitor: httpx.AsyncClient, page: Page) -> None:
    shown = await visitor.get(address(page))
    assert (shown.status_code, shown.headers["location"].partition("?")[0]) == (303, "/sign-in")
    data = await visitor.get(f"{address(page) if page.path != '/' else '/index'}.json")
    assert data.status_code == 401


@pytest.mark.parametrize("number", ["9" * 16, "9" * 5000, "-1", "1e3", "٣", "x"])
@pytest.mark.parametrize("kind", ["issues", "refits"])
async def test_a_number_that_nothing_has_is_not_here(maintainer: httpx.AsyncClient, kind: str, number: str) -> None:
    for end in ("", ".json"):
        assert (await maintainer.get(f"/r/{NAME}/{kind}/{number}{end}")).status_code == 404


async def test_an_issues_labels_are_those_that_the_bot_left(
    maintainer: httpx.AsyncClient, world: tuple[FastAPI, DashboardRuntime]
) -> None:
    storage, now = world[1].storage, datetime.now(UTC)
    row = stored_issue(55, labels=("bug", "possible-duplicate"), updated_at=now)
    storage.save_issues(SHOP, [row])
    done = [
        ("add-label", "of old", -2, "done"),
        ("remove-label", "possible-duplicate", 1, "done"),
        ("add-label", "duplicate", 2, "done"),
        ("add-label", "never", 3, "refused"),
    ]
    for kind, label, minutes, state in done:
        at = now + timedelta(minutes=minutes)
        made = effect(55, kind=kind, value=label, planned_at=at, finished_at=at, state=state)
        storage.save_decision(decision(55, 1, decided_at=at), [made])
    assert (await maintainer.get(f"/r/{NAME}/issues/55.json")).json()["labels"] == ["bug", "duplicate"]
