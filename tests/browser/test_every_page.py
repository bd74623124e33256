from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.fakes.dashboard import NAME
from webhooks.dashboard.every import PAGES

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ADDRESSES = [f"/r/{NAME}{one.path}" if one.about == "repository" else one.path for one in PAGES if "{" not in one.path]


def too_wide(page: Page) -> int:
    """By how many pixels the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_has_nothing_that_axe_finds_and_fits_every_screen(
    window: Window, axe: Callable[[Page], list[str]], address: str
) -> None:
    page = window()
    for size, colours in (((1280, 800), "light"), ((375, 720), "dark"), ((1920, 1080), "light")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=colours)
        answer = page.goto(address)
        assert answer is not None
        assert answer.ok
        assert axe(page) == []
        assert too_wide(page) <= 0


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_says_the_same_without_scripts(window: Window, address: str) -> None:
    page = window(scripts=False)
    page.goto(address)
    assert page.locator("h1").is_visible()
    assert page.locator("main").inner_text().strip()
