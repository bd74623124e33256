"""What is the same on every page: signing in, colours, the switcher, news, acts and their notice, the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME, SHOP
from tests.fakes.stored import decision

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
OVERVIEW = f"/r/{NAME}/overview"


def test_a_stranger_comes_to_the_page_that_says_how_to_get_in(window: Window, axe: Callable[[Page], list[str]]) -> None:
    page = window(signed=False)
    page.goto(OVERVIEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.get_by_label("Token")).to_be_visible()
    assert axe(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_colours_are_chosen_with_and_without_scripts(window: Window, scripts: bool) -> None:
    page = window(scripts=scripts)
    page.goto(OVERVIEW)
    page.get_by_label("Colours").select_option("dark")
    page.get_by_role("button", name="Set colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(13, 17, 23)")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_switcher_leads_to_another_repository_by_keyboard(window: Window) -> None:
    page = window()
    page.goto(OVERVIEW)
    page.locator(".switcher summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="acme/secret").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/r/acme/secret/overview")
    expect(page.get_by_text("Nothing was decided yet")).to_be_visible()


def test_the_first_key_leads_past_the_navigation(window: Window) -> None:
    page = window()
    page.goto(OVERVIEW)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_news_come_to_the_page_by_themselves(window: Window, served: object) -> None:
    page = window()
    page.goto(OVERVIEW)  # from here on: the page holds the mark that it was made from
    news = page.get_by_role("link", name="#40", exact=True)
    expect(news).to_have_count(0)
    storage = served.runtime.storage  # type: ignore[attr-defined]
    storage.save_decision(decision(40, 1, decided_at=datetime.now(UTC)), [])
    assert storage.last_decision(SHOP, 40) is not None
    expect(news).to_be_visible()
    expect(page.locator("h1")).to_have_text("Overview")


def test_times_are_the_readers_own(window: Window) -> None:
    page = window(timezone_id="Asia/Kathmandu", locale="en-GB")
    page.goto(OVERVIEW)
    assert "GMT+5:45" in (page.locator("time").first.get_attribute("title") or "")
