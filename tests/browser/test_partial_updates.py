"""htmx: lists, acts and live parts replace the page's content in place, and nothing is lost by that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"


def marked(page: Page) -> Page:
    """With a mark that only a page has that was not loaded anew."""
    page.evaluate("window.stayed = true")
    return page


def stayed(page: Page) -> bool:
    return page.evaluate("window.stayed === true") is True


def test_a_filter_changes_the_list_the_address_and_the_exports_but_not_the_page(
    window: Window, axe: Callable[[Page], list[str]]
) -> None:
    page = window()
    page.goto(f"{ROOT}/issues")
    marked(page).get_by_role("searchbox").fill("report 1")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("1–15 of 15 issues")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert "q=report%201&" in page.url
    assert "q=report%201&" in (page.get_by_role("link", name="CSV").get_attribute("href") or "")
    page.get_by_role("columnheader", name="Issue").get_by_role("link").click()
    expect(page.locator("tbody th .number").first).to_have_text("#1")
    assert stayed(page)
    assert axe(page) == []


def test_pages_of_a_list_follow_each_other_in_place_and_back_is_back(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/issues")
    marked(page).get_by_role("link", name="Next").click()
    expect(page.get_by_text("51–60 of 60 issues")).to_be_visible()
    assert stayed(page)
    page.go_back()
    expect(page.get_by_text("1–50 of 60 issues")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issues")


def test_an_act_on_a_cluster_is_answered_in_place(window: Window, axe: Callable[[Page], list[str]]) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/c-dark")
    marked(page).get_by_label("Label").fill("area: colours")
    page.locator("form[action$='/do/label']").get_by_role("button").click()
    expect(page.locator("#notice.done")).to_contain_text("label was done")
    page.get_by_label("Choose #31").check()
    page.get_by_role("button", name="Keep out for good").click()
    expect(page.locator("#notice.done")).to_contain_text("exclude was done")
    assert stayed(page)
    assert axe(page) == []


def test_what_is_refused_is_said_in_place(window: Window) -> None:
    page = window(refusals=True)
    page.goto(f"{ROOT}/clusters/c-dark")
    marked(page).get_by_label("Canonical issue").fill("no number")
    with page.expect_response(lambda answer: answer.status == 400):
        page.locator("form[action$='/do/canonical']").get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text("must be a number")
    assert stayed(page)


def test_a_filter_that_the_server_does_not_answer_says_so_and_leaves_the_page(window: Window) -> None:
    page = window(refusals=True)
    page.goto(f"/r/{NAME}/issues")
    page.route("**/issues?*", lambda route: route.abort())
    page.locator("#filter").click()
    expect(page.locator("#notice")).to_have_text("Not done: the server did not answer. Try again.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Issues")


def test_who_is_signed_out_meanwhile_comes_back_to_the_page(window: Window) -> None:
    page = window(refusals=True)
    page.goto(f"{ROOT}/issues")
    page.context.clear_cookies()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "next=%2Fr%2F" in page.url


def test_an_act_after_the_sign_in_ended_leaves_what_was_typed_and_leads_to_sign_in(window: Window) -> None:
    page = window(refusals=True)
    page.goto(f"{ROOT}/clusters/c-dark")
    page.get_by_label("Title").fill("A title that took thought")
    page.context.clear_cookies()
    page.get_by_role("button", name="Rename").click()
    expect(page.locator("#notice.refused")).to_contain_text("Your sign-in is over, so nothing was done.")
    expect(page.get_by_label("Title")).to_have_value("A title that took thought")
    page.locator("#notice").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "clusters%2Fc-dark" in page.url


def test_the_enter_key_on_a_chosen_report_does_nothing(window: Window) -> None:
    page, sent = window(), []
    page.goto(f"{ROOT}/clusters/c-dark")
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    page.get_by_label("Choose #31").press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Choose #31")).to_be_checked()
    page.get_by_role("button", name="Keep out for good").click()
    expect(page.locator("#notice.done")).to_contain_text("exclude was done")
    assert [one.rpartition("/")[2] for one in sent] == ["exclude"]


def test_a_text_that_was_changed_after_its_preview_is_not_told(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/extra-usage-400/status?text=First+text.")
    text, tell = page.get_by_label("Status"), page.get_by_role("button", name="Tell it")
    expect(tell).to_be_enabled()
    text.fill("Second text.")
    expect(tell).to_be_disabled()
    expect(page.get_by_text("The text was changed: preview it first.")).to_be_visible()
    text.fill("First text.")
    expect(tell).to_be_enabled()


def test_the_colours_change_after_a_part_was_replaced_and_it_stays(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/issues")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("51–60 of 60 issues")).to_be_visible()
    page.get_by_label("Colours").select_option("dark")
    page.get_by_role("button", name="Set colours").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_text("51–60 of 60 issues")).to_be_visible()


def test_colours_are_tried_with_the_arrow_keys_and_set_with_the_button_and_nothing_typed_is_lost(
    window: Window,
) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/extra-usage-400")
    page.get_by_label("Label").fill("area: half")
    marked(page).get_by_label("Colours").press("ArrowDown")
    page.get_by_label("Colours").press("ArrowDown")
    expect(page.get_by_label("Colours")).to_have_value("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
    page.get_by_role("button", name="Set colours").press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("[data-plot]").first).to_have_attribute("data-drawn", "#0d1117")
    expect(page.get_by_role("button", name="Set colours")).to_be_focused()
    expect(page.get_by_label("Label")).to_have_value("area: half")
    assert stayed(page)
