"""Lists and details in every size and colour: what axe-core finds, what fits, what empty lists say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
ADDRESSES = (
    "clusters/extra-usage-400",
    "clusters/c-dark",
    "clusters/c-mixed",
    "clusters/extra-usage-400/status?text=A+fix+is+on+its+way",
    "clusters?q=nothing-like-it",
    "clusters?held=any&sort=last",
    "issues/4",
    "issues/10",
    "issues/60",
    "issues?q=nothing-like-it",
    "issues?cluster=c-dark",
    "review?kind=missed",
    "review?kind=near",
    "review?kind=conflict",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_found_by_axe_and_every_screen_is_wide_enough(
    window: Window, axe: Callable[[Page], list[str]], address: str
) -> None:
    page = window()
    for (width, height), colours in (((375, 720), "light"), ((1280, 800), "dark"), ((1920, 1080), "light")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=colours)
        page.goto(f"{ROOT}/{address}")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


@pytest.mark.parametrize("address", ["clusters/extra-usage-400", "issues/4", "review?kind=near"])
def test_the_page_says_the_same_without_scripts(window: Window, address: str) -> None:
    with_scripts, without = window(), window(scripts=False)
    for page in (with_scripts, without):
        page.goto(f"{ROOT}/{address}")
    assert without.locator("main h2").all_inner_texts() == with_scripts.locator("main h2").all_inner_texts()
    assert without.locator("main tbody tr").count() == with_scripts.locator("main tbody tr").count()


def test_a_column_sorts_and_says_how(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters")
    head = page.get_by_role("columnheader", name="Reports")
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Reports")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("tbody th a").first).to_have_text("Sign-in loops")


def test_a_filter_stays_when_the_list_is_sorted_and_is_taken_away_at_once(window: Window) -> None:
    page = window(size="phone")
    page.goto(f"{ROOT}/issues")
    page.get_by_role("searchbox").fill("report 1")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("1–15 of 15 issues")).to_be_visible()
    page.get_by_role("columnheader", name="Issue").get_by_role("link").click()
    expect(page.get_by_role("searchbox")).to_have_value("report 1")
    expect(page.locator("tbody th .number").first).to_have_text("#1")
    page.get_by_role("link", name="Clear").click()
    expect(page.get_by_text("1–50 of 60 issues")).to_be_visible()


def test_an_address_can_be_sent_to_a_colleague(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters")
    page.get_by_role("searchbox").fill("dark")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**q=dark**")
    colleague = window()
    colleague.goto(page.url)
    expect(colleague.locator("tbody th a")).to_have_text("Dark mode colours <unreadable>")
