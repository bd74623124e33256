"""Pages that hear of news: while they are seen, and no longer than their reader is signed in."""

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


def test_a_page_that_is_shown_again_hears_what_it_missed(window: Window, served: Any) -> None:
    page = listening(window())
    page.evaluate(SEE, False)
    served.runtime.storage.save_decision(decision(38, 1, decided_at=datetime.now(UTC)), [])
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.evaluate(SEE, True)
    expect(page.get_by_role("link", name="#38", exact=True).first).to_be_visible()
