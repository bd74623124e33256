"""The line in which answers of the review queue wait: what is pressed meanwhile waits in it, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from bot.storage.dashboard_records import ActRecord
from tests.fakes.dashboard import NAME, SHOP
from tests.fakes.stored import decision
from webhooks.dashboard.access import utc_now

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
QUEUE = f"/r/{NAME}/review?kind=missed"


@pytest.fixture
def answered(served: Any) -> list[int]:
    """Two answers in the list of what was answered: one's own, and a newer one of somebody else."""
    details = {"other": 44}
    acts = [
        ActRecord(None, SHOP, utc_now(), who, "confirm", None, 51, details, "done", who) for who in ("local", "mia")
    ]
    return [served.runtime.storage.save_act(act) for act in acts]


def answering(page: Page) -> Route:
    """An answer under way: the first one is held until it is let go on."""
    held: list[Route] = []
    page.route("**/do/confirm", lambda one: held.append(one))  # noqa: PLW0108 - a plain method cannot be wrapped
    page.goto(QUEUE)
    page.keyboard.press("j")
    with page.expect_request("**/do/confirm"):
        page.keyboard.press("y")
    page.wait_for_function("document.querySelector('[data-question].busy') !== null")
    return held[0]


def test_who_follows_a_link_goes_there_when_the_answers_are_kept(window: Window) -> None:
    page = window()
    answer = answering(page)
    page.get_by_role("link", name="Issues", exact=True).click()
    expect(page.locator("#said")).to_have_text("You go on when your answers are kept.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Review")
    answer.continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issues")


def test_who_follows_a_link_stays_where_an_answer_is_refused(window: Window) -> None:
    page = window(refusals=True)
    answer = answering(page)
    page.get_by_role("link", name="Objections").click()
    answer.fulfill(status=403, content_type="text/html", body="<main><div class='empty'><p>No.</p></div></main>")
    expect(page.locator("#notice.refused")).to_be_visible()
    expect(page.get_by_role("link", name="Missed")).to_have_attribute("aria-current", "true")


def test_an_undo_by_mouse_waits_for_the_answers_before_it(window: Window, answered: list[int]) -> None:
    page, undone = window(), []
    page.on("request", lambda one: undone.append(one) if one.url.endswith("/do/undo") else None)
    answer = answering(page)
    page.locator(f"[data-undo][data-act='{answered[1]}']").click()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert undone == []
    with page.expect_request("**/do/undo") as asked:
        answer.continue_()
    assert about(asked.value) == answered[1]


def test_the_undo_key_takes_back_ones_own_answer_and_no_one_elses(window: Window, answered: list[int]) -> None:
    page = window()
    page.goto(QUEUE)
    with page.expect_request("**/do/undo") as asked:
        page.keyboard.press("u")
    assert about(asked.value) == answered[0]


def test_news_scroll_nothing_under_the_readers_eyes(window: Window, served: Any) -> None:
    page = window(size="phone")
    page.goto(QUEUE)
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    before = page.evaluate("scrollY")
    assert before > 0
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        served.runtime.storage.save_decision(decision(35, 1, decided_at=utc_now()), [])
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator("[data-question]:focus")).to_have_count(1)
    assert page.evaluate("scrollY") == before


def about(asked: Request) -> int:
    """The act that it takes back."""
    return int((asked.post_data or "").partition("&act=")[2].partition("&")[0])
