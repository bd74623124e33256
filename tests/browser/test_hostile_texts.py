"""Titles and names that nobody should write, windows that are tiny, addresses with wrong values, ways back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.storage.protocol import Storage
from bot.storage.records import Provenance, RefitRecord
from models.cluster import Cluster, Generation
from tests.fakes.dashboard import NAME, SHOP, dashboard
from tests.fakes.looking import look_at
from tests.fakes.stored import decision, stored_issue
from webhooks.dashboard.every import PAGES
from webhooks.github_double.serving import listen

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
TITLES = (
    "x" * 10_000,
    "\u202eevil si siht \u2066 شكرا \u05e9\u05dc\u05d5\u05dd",
    "👩‍👩‍👧‍👦" * 300,
    "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>{{ 7 * 7 }}",
    "</title></main><style>body{display:none}</style>",
    "\u200b",
)
PLAIN = [ROOT + one.path if one.about == "repository" else one.path for one in PAGES if "{" not in one.path]
OTHERS = [f"{ROOT}/{name}" for name in ("issues/101", "issues/104", "clusters/c-hostile", "clusters/c-hostile/status")]
WRONG = [
    *(f"{ROOT}/{page}?page={number}" for page in ("issues", "clusters", "review") for number in ("-1", "0", "9" * 30)),
    *(f"{ROOT}/{page}?sort=nothing&order=up&page=7" for page in ("issues", "clusters", "waves", "activity")),
    f"{ROOT}/map?by=nothing&issue=-4&only=nobody&page=99",
    f"{ROOT}/map?issue=999999999999999999999",
    f"{ROOT}/review?kind=nothing&page=50",
    f"{ROOT}/activity?kind=x&state=y&issue=z&day=2026-02-31&view=q",
    f"{ROOT}/issues?cluster=nobody&verdict=x&state=%00&q=%F0%9F%92%A9",
    f"{ROOT}/refits?page=abc",
    f"{ROOT}/issues?act=99999999999",
]


def hostile(storage: Storage) -> None:
    """A cluster of issues with such titles, and one of each decided."""
    now = datetime.now(UTC)
    for place, title in enumerate(TITLES):
        storage.save_issues(SHOP, [stored_issue(101 + place, title=title, author="ann" * 13, created_at=now)])
        storage.save_decision(decision(101 + place, 101 if place else None, decided_at=now), [])
    generation = storage.current_generation(SHOP)
    assert generation is not None
    members = tuple(range(101, 101 + len(TITLES)))
    made = Cluster("c-hostile", TITLES[0][:120], canonical=101, members=members, title_by="person", label="l" * 50)
    refit = RefitRecord(
        storage.start_refit(SHOP, "nightly", now), SHOP, "nightly", now, now, "published", None, 9, 0.0, {}
    )
    following = Generation(
        9, now, (*generation.clusters, made, replace(made, id="c-other", title=TITLES[3], members=()))
    )
    storage.publish(SHOP, following, Provenance("nightly", "m", "s"), refit)


@contextmanager
def served_hostile(folder: Path) -> Iterator[str]:
    """The address of a dashboard full of them."""
    with dashboard(folder) as (application, runtime), listen(application) as url:
        look_at(runtime.storage)
        hostile(runtime.storage)
        yield url
        application.state.dashboard.ending.set()


SERVED = served_hostile


def test_a_title_that_turns_the_text_round_turns_nothing_around_it(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/issues?q=evil")
    row = page.locator("th.title", has_text="evil")
    title, link = row.locator("bdi").bounding_box(), row.locator(".outward").bounding_box()
    assert title
    assert link
    assert link["x"] >= title["x"] + title["width"] or link["y"] > title["y"]


def too_wide(page: Page) -> int:
    """By how many pixels the page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("scripts", [True, False])
def test_every_page_fits_the_smallest_window_and_the_largest_letters(window: Window, scripts: bool) -> None:
    page = window(scripts=scripts)
    for width, height in ((320, 568), (640, 400)):  # a small phone; a laptop at 200 %
        page.set_viewport_size({"width": width, "height": height})
        for address in (*PLAIN, *OTHERS):
            page.goto(address)
            assert too_wide(page) <= 0, (address, width)
            assert page.locator("h1").is_visible(), address
            assert page.title() != "taken"


def test_axe_finds_nothing_wrong_with_hostile_titles_in_the_dark(
    window: Window, axe: Callable[[Page], list[str]]
) -> None:
    page = window(size="phone", colours="dark")
    for address in (f"{ROOT}/overview", f"{ROOT}/issues", *OTHERS):
        page.goto(address)
        assert axe(page) == [], address


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_value_in_an_address_is_as_if_it_was_not_there(window: Window, address: str) -> None:
    page = window()
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.parametrize("name", ["clusters/nobody", "issues/999999", "refits/77", "clusters/nobody/status", "nothing"])
def test_what_is_not_there_is_said_in_words_and_leads_on(window: Window, name: str) -> None:
    page = window(refusals=True)
    answer = page.goto(f"{ROOT}/{name}")
    assert answer is not None
    assert answer.status == 404
    page.get_by_role("link", name="All repositories").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Repositories")


def test_the_way_back_leads_through_what_was_shown(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/issues")
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("51–")).to_be_visible()
    page.get_by_role("searchbox").fill("report 1")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_text("1–15 of 15 issues")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("51–")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("1–50 of")).to_be_visible()
    page.go_forward()
    expect(page.get_by_text("51–")).to_be_visible()
    expect(page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", f"{ROOT}/issues.csv?{page.url.partition('?')[2]}"
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_an_empty_repository_has_pages_that_say_what_will_be_there(
    window: Window, axe: Callable[[Page], list[str]], scripts: bool
) -> None:
    page = window(size="phone", scripts=scripts)
    for address in (one.replace(NAME, "acme/secret") for one in PLAIN):
        page.goto(address)
        assert len(page.get_by_role("main").inner_text()) > 30, address
        assert too_wide(page) <= 0, address
        if scripts:
            assert axe(page) == [], address
