"""No page moves under its reader: not while it is shown for the first time, not when a part of it is replaced."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME
from tests.fakes.looking import served_with_a_past
from webhooks.dashboard.every import PAGES

pytestmark = pytest.mark.browser
SERVED = served_with_a_past

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
ADDRESSES = [
    *(ROOT + one.path if one.about == "repository" else one.path for one in PAGES if "{" not in one.path),
    *(f"{ROOT}/{name}" for name in ("clusters/extra-usage-400", "issues/4", "refits/2", "map?by=state&issue=3")),
    *(f"{ROOT}/{name}" for name in ("review?kind=near", "activity?view=people", "clusters/c-dark/status?text=Soon")),
]
# Sums what moved without a click or a key shortly before, and names what it was.
WATCH = """window.moved = 0; window.what = [];
new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) {
  window.moved += one.value;
  for (const { node } of one.sources) window.what.push(node?.id || node?.className || node?.nodeName);
} }).observe({ type: 'layout-shift', buffered: true });"""
LEAST = 0.001  # of the window, times how far it went: a line of one column by a letter


def settled(page: Page) -> None:
    """Everything is drawn that scripts draw."""
    page.wait_for_load_state()
    expect(page.locator(":is([data-plot], #map-canvas):not([data-drawn])")).to_have_count(0)
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def assert_still(page: Page, address: str) -> None:
    moved, what = page.evaluate("[window.moved, window.what]")
    assert moved < LEAST, (address, moved, what)


@pytest.mark.parametrize("size", ["phone", "wide"])
def test_nothing_moves_while_a_page_is_shown(window: Window, size: str) -> None:
    page = window(size=size, timezone_id="Asia/Kathmandu", locale="en-GB")
    page.add_init_script(WATCH)
    for address in ADDRESSES:
        page.goto(address)
        settled(page)
        assert_still(page, address)


@pytest.mark.parametrize("size", ["phone", "wide"])
def test_what_stays_in_its_place_when_a_list_is_filtered_stays(window: Window, size: str) -> None:
    page = window(size=size)
    page.add_init_script(WATCH)
    page.goto(f"{ROOT}/issues")
    heading, field = page.get_by_role("heading", level=1), page.get_by_role("searchbox")
    before = (heading.bounding_box(), field.bounding_box())
    field.fill("report 1")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("1–15 of 15 issues")).to_be_visible()
    settled(page)
    assert (heading.bounding_box(), field.bounding_box()) == before
    assert_still(page, page.url)
