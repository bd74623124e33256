from __future__ import annotations

import httpx
import pytest

from tests.fakes.dashboard import NAME
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
