"""A maintainer at work in a browser, with a worker behind it: every act is done, seen, and undone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bot.storage.dashboard_records import ActRecord
from bot.storage.records import MissedRecord
from bot.wiring import BotRuntime
from models.issue import Issue
from tests.fakes.dashboard import TOKEN, cookies_of_maintainer
from tests.fakes.deliveries import settings
from tests.fakes.github import FakeGitHub
from tests.fakes.running import Running, tracker, working
from tests.fakes.small_world import LABEL
from tests.fakes.told import words
from webhooks.app import create_app
from webhooks.github_double.serving import listen

pytestmark = pytest.mark.browser

Window = Callable[..., Page]


@dataclass(frozen=True)
class Desk:
    """A served bot at work, and the cookies of somebody who gave the local token."""

    url: str
    runtime: BotRuntime
    github: FakeGitHub
    cookies: list[Any]


@dataclass(frozen=True)
class Work:
    """A repository of its own, with a report that the bot called a duplicate of #5 and two pairs that it missed."""

    desk: Desk
    bot: Running
    issue: Issue

    def open(self, page: Page, path: str) -> Page:
        """The page of the repository, signed in."""
        page.context.add_cookies(self.desk.cookies)
        page.goto(f"{self.desk.url}/r/{self.bot.name}/{path}")
        return page


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    github = FakeGitHub()
    with (
        working(tmp_path_factory.mktemp("desk") / "triage.db", github) as runtime,
        listen(create_app(settings(), runtime=runtime, token=TOKEN)) as url,
    ):
        yield Desk(url, runtime, github, cookies_of_maintainer(url))


@pytest.fixture
def work(desk: Desk) -> Work:
    bot = Running(desk.runtime, desk.github, tracker(desk.github))
    issue = bot.report()
    row = asyncio.run(bot.handled(issue))
    assert row.outcome == "duplicate"
    at = bot.runtime.storage.decisions(bot.record.id, limit=1)[0].decided_at
    missed = MissedRecord(bot.record.id, 4, 3, at, at, "not retrieved")
    bot.storage.save_missed([missed, replace(missed, number=3, other=2)])
    return Work(desk, bot, issue)


def done(page: Page, outcome: str) -> None:
    """The page says what came of the act."""
    expect(page.locator("#notice.done")).to_contain_text(outcome)


def test_the_queue_is_worked_off_with_the_keyboard(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "review?kind=missed")
    questions = page.locator("[data-question]")
    expect(questions).to_have_count(2)
    page.keyboard.press("j")
    expect(questions.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(questions.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(questions.nth(0)).to_be_focused()
    page.keyboard.press("y")
    expect(questions).to_have_count(1)
    expect(questions.nth(0)).to_be_focused()
    done(page, "#4 is a duplicate of #3")
    assert ("duplicate", "local", 3) in words(work.bot, 4)
    page.keyboard.press("n")
    expect(questions).to_have_count(0)
    assert ("separated", "local", 2) in words(work.bot, 3)
    page.keyboard.press("u")
    expect(questions).to_have_count(1)
    assert words(work.bot, 3) == []


def test_answers_that_are_given_faster_than_they_are_kept_are_all_kept_and_all_taken_back(
    work: Work, window: Window
) -> None:
    page = work.open(window(signed=False), "review?kind=missed")
    questions = page.locator("[data-question]")
    for key in "jyn":
        page.keyboard.press(key)
    expect(questions).to_have_count(0)
    assert ("duplicate", "local", 3) in words(work.bot, 4)
    assert ("separated", "local", 2) in words(work.bot, 3)
    expect(page.get_by_role("main")).to_be_focused()
    for key in "uukj":
        page.keyboard.press(key)
    expect(questions).to_have_count(2)
    expect(page.locator("[data-question]:focus")).to_have_count(1)
    assert words(work.bot, 3) == words(work.bot, 4) == []


def test_buttons_that_are_pressed_faster_than_answers_are_kept_wait_in_line(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "review?kind=missed")
    for pair in ("#4 and #3", "#3 and #2"):
        page.get_by_role("button", name=re.compile(f"Same problem.*{pair}")).click()
    expect(page.locator("[data-question]")).to_have_count(0)
    assert ("duplicate", "local", 3) in words(work.bot, 4)
    assert ("duplicate", "local", 2) in words(work.bot, 3)


@pytest.mark.parametrize("refused", [False, True])
def test_news_that_come_while_an_answer_is_under_way_wait_for_it(work: Work, window: Window, refused: bool) -> None:
    page = work.open(window(signed=False, refusals=refused), "review?kind=missed")
    held: list[Route] = []  # the news and the answer; what comes after them is let through
    page.route(
        re.compile(r"/do/confirm|/review\?kind=missed$"),
        lambda one: held.append(one) if len(held) < 2 else one.continue_(),
    )
    at = work.bot.storage.decisions(work.bot.record.id, limit=1)[0].decided_at
    work.bot.storage.save_missed([MissedRecord(work.bot.record.id, 5, 1, at, at, "not retrieved")])
    work.bot.storage.save_act(
        ActRecord(None, work.bot.record.id, at, "mia", "rename", "extra", None, {}, "done", "", at)
    )
    until(page, lambda: len(held) == 1)
    for key in "jy":
        page.keyboard.press(key)
    until(page, lambda: len(held) == 2)
    news, answer = held
    with page.expect_event("requestfinished", lambda one: one.url == news.request.url):
        news.continue_()
    expect(page.locator("[data-question='4-3'].busy")).to_be_visible()
    expect(page.locator("[data-question]")).to_have_count(2)
    answer.fulfill(status=403) if refused else answer.continue_()
    expect(page.locator("[data-question='5-1']")).to_be_visible()
    expect(page.locator("[data-question='4-3']")).to_have_count(1 if refused else 0)


@pytest.mark.parametrize("status", [403, 409, 500])
def test_an_answer_that_is_refused_keeps_its_question_and_says_so(work: Work, window: Window, status: int) -> None:
    page = work.open(window(signed=False, refusals=True), "review?kind=missed")
    body = "<main><div class='empty'><p>The moon is in the way.</p></div></main>"
    page.route("**/do/confirm", lambda one: one.fulfill(status=status, content_type="text/html", body=body))
    page.keyboard.press("j")
    page.keyboard.press("y")
    expect(page.locator("#notice.refused")).to_have_text("Not done: The moon is in the way.")
    expect(page.locator("#said")).to_have_text("Not done: The moon is in the way.")
    expect(page.locator("[data-question]")).to_have_count(2)
    expect(page.locator("[data-question='4-3']")).to_be_focused()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert "(undone)" not in page.get_by_role("main").inner_text()
    page.unroute("**/do/confirm")
    page.keyboard.press("y")
    done(page, "#4 is a duplicate of #3")
    expect(page.locator("#said")).to_have_text("#4 is a duplicate of #3")


def test_a_server_that_is_gone_is_said_and_the_question_stays(work: Work, window: Window) -> None:
    page = work.open(window(signed=False, refusals=True), "review?kind=missed")
    page.route("**/do/confirm", lambda one: one.abort())
    for key in "jyj":
        page.keyboard.press(key)
    expect(page.locator("#said")).to_contain_text("Not done: the server did not answer")
    expect(page.locator("[data-question]")).to_have_count(2)


def test_at_the_ends_of_the_queue_and_without_one_keys_say_why_nothing_happens(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "review?kind=missed")
    said = page.locator("#said")
    page.keyboard.press("y")  # an answer is for the question that is marked; this marks the first
    expect(page.locator("[data-question='4-3']")).to_be_focused()
    page.keyboard.press("k")
    expect(said).to_have_text("This is the first question on this page.")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(said).to_have_text("This is the last question on this page.")
    page.keyboard.press("u")
    expect(said).to_have_text("There is nothing of yours to undo.")
    assert work.bot.storage.acts(work.bot.record.id) == []
    page.goto(page.url.replace("missed", "near"))
    for key in "jkyn":
        page.keyboard.press(key)
    expect(said).to_have_text("No question waits here.")


def test_a_question_that_comes_up_meanwhile_comes_by_itself_and_leaves_the_reader_where_they_are(
    work: Work, window: Window
) -> None:
    page = work.open(window(signed=False), "review?kind=missed")
    page.keyboard.press("j")
    page.keyboard.press("j")
    at = work.bot.storage.decisions(work.bot.record.id, limit=1)[0].decided_at
    repository = work.bot.record.id
    work.bot.storage.save_missed([MissedRecord(repository, 5, 1, at, at, "not retrieved")])
    news = ActRecord(None, repository, at, "mia", "rename", "extra", None, {}, "done", "renamed", at)
    work.bot.storage.save_act(news)
    expect(page.locator("[data-question]")).to_have_count(3)
    expect(page.locator("[data-question='3-2']")).to_be_focused()


def test_keys_do_nothing_while_somebody_types(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "issues")
    page.get_by_role("searchbox").fill("usage")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_have_value("usagey")
    assert work.bot.storage.acts(work.bot.record.id) == []


def test_the_queue_is_worked_off_without_scripts(work: Work, window: Window) -> None:
    page = work.open(window(signed=False, scripts=False), "review?kind=missed")
    page.get_by_role("button", name=re.compile("Same problem.*#4 and #3")).click()
    done(page, "#4 is a duplicate of #3")
    expect(page.locator("[data-question]")).to_have_count(1)
    page.locator("#notice").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-question]")).to_have_count(2)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_cluster_gets_what_a_person_sets(work: Work, window: Window, scripts: bool) -> None:
    page = work.open(window(signed=False, scripts=scripts), "clusters")
    page.get_by_role("link", name="Extra usage 400 despite balance").click()
    page.get_by_label("Label").fill("area: money")
    page.locator("form[action$='/do/label']").get_by_role("button").click()
    done(page, "reports")
    expect(page.get_by_label("Label")).to_have_value("area: money")
    expect(page.locator(".history")).to_contain_text("local set the label area: money")
    page.locator(".history").get_by_role("button", name="Undo").click()
    done(page, "the label is undone")
    expect(page.get_by_label("Label")).to_have_value("billing: extra")


def test_chosen_members_leave_get_a_name_and_come_back(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "clusters/extra")
    page.get_by_label(f"Choose #{work.issue.number}").check()
    page.get_by_role("button", name="Make a cluster of their own").click()
    done(page, "reports")
    generation = work.bot.storage.current_generation(work.bot.record.id)
    assert generation is not None
    (made,) = [one.id for one in generation.clusters if one.members == (work.issue.number,)]
    work.open(page, f"clusters/{made}")
    page.get_by_label("Title").fill("Extra usage, once more")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Extra usage, once more")
    expect(page.locator(".under")).to_contain_text("given by a maintainer")
    page.get_by_label("Merge into").fill("extra")
    page.get_by_role("button", name="Merge").click()
    expect(page.locator("main")).to_contain_text("This cluster ended")
    page.locator(".empty").get_by_role("link", name="Extra usage 400").click()
    expect(page.get_by_label(f"Choose #{work.issue.number}")).to_be_visible()


def test_members_are_put_in_kept_out_and_made_canonical(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "clusters/extra")
    page.get_by_label("Put issues in for good").fill("1, #2")
    page.get_by_role("button", name="Put in").click()
    expect(page.get_by_label("Choose #2")).to_be_visible()
    page.get_by_label("Choose #2").check()
    page.get_by_role("button", name="Keep out for good").click()
    expect(page.get_by_label("Choose #2")).to_have_count(0)
    page.get_by_label("Choose #1").check()
    page.get_by_role("button", name="Make canonical").click()
    expect(page.locator("main")).to_contain_text("Why this one: set by local")


def test_an_issue_is_told_apart_and_that_is_taken_back(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), f"issues/{work.issue.number}")
    expect(page.locator(".verdict-line .verdict")).to_have_text("duplicate")
    page.get_by_role("button", name="Another problem").click()
    done(page, f"#{work.issue.number} is another problem than #5")
    until(page, lambda: LABEL not in work.bot.labels(work.issue.number))
    page.locator("#notice").get_by_role("button", name="Undo").click()
    done(page, f"what was said of #{work.issue.number} is as it was before")
    until(page, lambda: LABEL in work.bot.labels(work.issue.number))


def test_an_issue_is_decided_again(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), f"issues/{work.issue.number}")
    page.get_by_role("button", name="Decide again").click()
    done(page, f"#{work.issue.number} was decided again: duplicate")


def test_what_is_refused_is_said_in_words(work: Work, window: Window) -> None:
    page = work.open(window(signed=False), "clusters/extra")
    page.get_by_label("Put issues in for good").fill("999")
    page.get_by_role("button", name="Put in").click()
    expect(page.locator("#notice.refused")).to_contain_text("is not known here")


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for what the worker does, in turns of the browser."""
    for _ in range(600):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("the worker did not do it")
