"""Pages that hear of news: while they are seen, and no longer than their reader is signed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bot.storage.dashboard_records import SessionRecord
from tests.fakes.dashboard import NAME
from tests.fakes.stored import decision
from webhooks.dashboard import secrets
from webhooks.dashboard.cookies import SESSION

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
OVERVIEW = f"/r/{NAME}/overview"
CONNECTIONS = 6  # that a browser opens to one server
SEE = """(seen) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => !seen });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def listening(page: Page) -> Page:
    """The overview, with its stream open."""
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.goto(OVERVIEW)
    return page


def test_hidden_pages_take_no_connection_from_those_that_are_seen(window: Window) -> None:
    first = listening(window())
    for _ in range(CONNECTIONS):
        first.evaluate(SEE, False)
        first = listening(first.context.new_page())
    assert len(first.context.pages) > CONNECTIONS
    expect(first.get_by_role("heading", level=1)).to_have_text("Overview")


def test_more_pages_than_a_browser_has_connections_share_one_stream_and_all_are_live(
    window: Window, served: Any
) -> None:
    first, streams = listening(window()), []
    first.context.on("request", lambda asked: streams.append(asked.url) if "/live?" in asked.url else None)
    pages = [first, *(first.context.new_page() for _ in range(CONNECTIONS + 1))]
    for page in pages[1:]:
        page.goto(OVERVIEW)
    assert streams == []
    served.runtime.storage.save_decision(decision(37, 1, decided_at=datetime.now(UTC)), [])
    for page in pages:
        expect(page.get_by_role("link", name="#37", exact=True).first).to_be_visible()


def test_when_the_page_that_listens_is_closed_another_one_goes_on(window: Window, served: Any) -> None:
    first = listening(window())
    second, third = first.context.new_page(), first.context.new_page()
    for page in (second, third):
        page.goto(OVERVIEW)
    with second.expect_response(lambda answer: "/live?" in answer.url):
        first.close()
    second.evaluate(SEE, False)
    served.runtime.storage.save_decision(decision(36, 1, decided_at=datetime.now(UTC)), [])
    expect(third.get_by_role("link", name="#36", exact=True).first).to_be_visible()
    second.evaluate(SEE, True)
    expect(second.get_by_role("link", name="#36", exact=True).first).to_be_visible()


def test_without_locks_each_page_that_is_seen_has_a_stream(window: Window) -> None:
    page = window()
    page.context.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    listening(listening(page).context.new_page())


def test_a_page_that_is_shown_again_hears_what_it_missed(window: Window, served: Any) -> None:
    page = listening(window())
    page.evaluate(SEE, False)
    served.runtime.storage.save_decision(decision(38, 1, decided_at=datetime.now(UTC)), [])
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.evaluate(SEE, True)
    expect(page.get_by_role("link", name="#38", exact=True).first).to_be_visible()


def test_the_standing_in_the_heading_is_live_too(window: Window, served: Any) -> None:
    page, storage = listening(window()), served.runtime.storage
    shop = storage.repository(NAME)
    standing = page.locator(".heading .state")
    expect(standing).not_to_have_text("stopped")
    storage.update_repository(replace(shop, state="suspended"))
    expect(standing).to_have_text("stopped")
    storage.update_repository(shop)
    expect(standing).not_to_have_text("stopped")


def test_a_page_whose_sign_in_ended_says_so_and_leads_back_in(
    window: Window, served: Any, axe: Callable[[Page], list[str]]
) -> None:
    secret, now = secrets.new_secret(), datetime.now(UTC)
    session = SessionRecord(secrets.session_id(secret), "local", "local", now, now + timedelta(hours=1))
    served.runtime.storage.open_session(session)
    page = window(signed=False, refusals=True)
    page.context.add_cookies([{"name": SESSION, "value": secret, "url": served.url}])
    other = listening(page).context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    expect(page.locator("#ended")).to_contain_text("Your sign-in is over: what stands here is as it was on")
    expect(page.locator("#said")).to_contain_text("Your sign-in is over")
    assert axe(page) == []
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert page.url.endswith("next=%2Fr%2Facme%2Fshop%2Foverview")


def test_while_the_server_does_not_answer_a_live_page_says_since_when(window: Window) -> None:
    page = window(refusals=True)
    page.clock.install()
    page.route("**/live?*", lambda route: route.abort())
    page.goto(OVERVIEW)
    page.clock.fast_forward("00:45")
    expect(page.locator("#ended")).to_contain_text("The server does not answer: what stands here is as it was on")
    page.unroute("**/live?*")
    expect(page.locator("#ended")).to_have_count(0)


def test_while_a_proxy_answers_for_the_server_a_live_page_says_since_when(window: Window) -> None:
    page, refused = window(refusals=True), 0
    page.clock.install()
    page.route("**/live?*", lambda route: route.fulfill(status=502))
    page.goto(OVERVIEW)
    while page.locator("#ended").count() == 0 and refused < 2 * CONNECTIONS:
        with page.expect_response(lambda answer: answer.status == 502):
            page.clock.fast_forward("00:10")
        refused += 1
    expect(page.locator("#ended")).to_contain_text("The server does not answer: what stands here is as it was on")
    page.unroute("**/live?*")
    page.clock.fast_forward("00:10")
    expect(page.locator("#ended")).to_have_count(0)


def test_how_long_ago_something_was_grows_with_the_time(window: Window) -> None:
    page = window()
    page.clock.install()
    page.goto(OVERVIEW)
    last = page.locator(".wave-line time")
    minutes = int(last.inner_text().removesuffix(" min ago"))
    page.clock.fast_forward("05:00")
    expect(last).to_have_text(re.compile(f"^({minutes + 5}|{minutes + 6}) min ago$"))


def test_what_only_grows_old_is_read_anew_after_minutes(window: Window) -> None:
    page = window()
    page.clock.install()
    listening(page)
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.clock.fast_forward("05:10")
