"""The keyboard's place: it is the same after a part of the page was replaced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME
from tests.fakes.stored import decision

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"


def test_a_button_that_was_pressed_has_the_focus_when_the_act_is_done(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/c-dark")
    button = page.locator("form[action$='/do/label']").get_by_role("button")
    button.press("Enter")
    expect(page.locator("#notice.done")).to_contain_text("label was done")
    expect(button).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label("Label")).to_be_focused()


def test_what_an_act_came_to_has_the_focus_where_its_button_is_gone(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/c-dark")
    page.locator("form[action$='/do/label']").get_by_role("button").press("Enter")
    page.locator("#notice").get_by_role("button", name="Undo").press("Enter")
    expect(page.locator("#notice.done")).to_contain_text("undo was done")
    expect(page.locator("#notice")).to_be_focused()


def test_a_button_whose_act_was_refused_has_the_focus_still(window: Window) -> None:
    page = window(refusals=True)
    page.goto(f"{ROOT}/clusters/c-dark")
    page.get_by_label("Canonical issue").fill("no number")
    button = page.locator("form[action$='/do/canonical']").get_by_role("button")
    button.press("Enter")
    expect(page.locator("#notice.refused")).to_be_visible()
    expect(button).to_be_focused()


def test_the_head_of_a_column_has_the_focus_when_the_list_is_sorted(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/issues")
    head = page.get_by_role("columnheader", name="Issue")
    for order in ("ascending", "descending"):
        head.get_by_role("link").press("Enter")
        expect(head).to_have_attribute("aria-sort", order)
        expect(head.get_by_role("link")).to_be_focused()


def test_news_leave_the_focus_where_it_is(window: Window, served: Any) -> None:
    page = window()
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.goto(f"{ROOT}/overview")
    link = page.get_by_role("link", name="See the reports")
    link.focus()
    served.runtime.storage.save_decision(decision(37, 1, decided_at=datetime.now(UTC)), [])
    expect(page.get_by_role("link", name="#37", exact=True).first).to_be_visible()
    expect(link).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_enter_key_in_the_box_of_a_report_does_nothing_with_it(window: Window, scripts: bool) -> None:
    page, posted = window(scripts=scripts), []
    page.on("request", lambda one: posted.append(one.url) if one.method == "POST" else None)
    page.goto(f"/r/{NAME}/clusters/c-dark")
    box = page.locator("input[type=checkbox][name=numbers]").first
    box.press("Space")
    box.press("Enter")
    page.get_by_role("link", name="Issues", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issues")
    assert posted == []
