"""The map under mouse, keys and fingers, and the pages that look back where there is much to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.fakes.dashboard import NAME, cookies_of_maintainer
from tests.fakes.looking import served_with_a_past

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
ADDRESSES = [
    *(f"{ROOT}/{name}" for name in ("map?by=state", "waves", "quality", "refits", "refits/2", "settings")),
    *(f"{ROOT}/activity{query}" for query in ("", "?view=people", "?view=failures")),
    "/operator",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard with a map and a past."""
    with served_with_a_past(tmp_path_factory.mktemp("looking")) as url:
        yield url


@pytest.fixture(scope="module")
def signed_in(server: str) -> Any:
    """The cookies of its maintainer."""
    return cookies_of_maintainer(server)


def opened(page: Page, path: str = f"{ROOT}/map") -> Page:
    page.goto(path)
    page.locator("#map-canvas[data-drawn]").wait_for()
    return page


def marked(page: Page) -> str:
    return page.locator("#map-canvas").get_attribute("data-marked") or ""


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_with_a_past_has_nothing_that_axe_finds_and_fits(
    window: Window, axe: Callable[[Page], list[str]], address: str
) -> None:
    page = window()
    for size, colours in (((1280, 800), "light"), ((375, 720), "dark")):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=colours)
        page.goto(address)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_mouse_over_an_issue_tells_its_title_and_a_click_opens_it(window: Window) -> None:
    page = opened(window(), f"{ROOT}/map?issue=3")  # it is shown in the middle
    page.locator("#map-canvas[data-marked='3']").wait_for()
    canvas = page.locator("#map-canvas")
    box = canvas.bounding_box()
    assert box is not None
    middle = (box["width"] / 2, box["height"] / 2)
    canvas.hover(position={"x": 2, "y": 2})
    assert marked(page) == ""
    canvas.hover(position={"x": middle[0], "y": middle[1]})
    assert marked(page) == "3"
    page.locator("#map-card", has_text="Report 3").wait_for()
    canvas.click(position={"x": middle[0], "y": middle[1]})
    page.wait_for_url(f"**{ROOT}/issues/3")


def test_the_wheel_zooms_and_a_drag_moves_and_neither_opens_an_issue(window: Window) -> None:
    page = opened(window(), f"{ROOT}/map?issue=3")
    page.locator("#map-canvas[data-marked='3']").wait_for()
    box = page.locator("#map-canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.mouse.move(x + 1, y)
    assert marked(page) == "3"  # what is under the pointer stays there
    page.mouse.down()
    page.mouse.move(x + 120, y + 40, steps=4)
    page.mouse.up()
    assert page.url.endswith("/map?issue=3")
    page.mouse.move(x, y)
    assert marked(page) != "3"
    page.mouse.move(x + 120, y + 40)
    assert marked(page) == "3"


def test_keys_mark_issues_one_after_the_other_and_open_them(window: Window) -> None:
    page = opened(window())
    canvas = page.locator("#map-canvas")
    canvas.focus()
    canvas.press("n")
    first = marked(page)
    canvas.press("n")
    assert marked(page) not in {"", first}
    canvas.press("p")
    assert marked(page) == first
    for key in ("+", "-", "ArrowLeft", "ArrowUp", "0"):
        canvas.press(key)
    page.locator("#map-card", has_text=f"#{first}").wait_for()
    canvas.press("Enter")
    page.wait_for_url(f"**{ROOT}/issues/{first}")


def test_colours_go_by_cluster_or_by_fact(window: Window) -> None:
    page = opened(window())
    clusters = page.locator("#map-key li").all_inner_texts()
    page.locator("#map-by").select_option("state")
    states = page.locator("#map-key li").all_inner_texts()
    assert states != clusters
    assert any(one.startswith("open") for one in states)
    page.locator("#map-key button").first.click()
    assert page.locator("#map-key button").first.get_attribute("aria-pressed") == "true"


def test_a_finger_marks_first_and_opens_then(window: Window) -> None:
    page = opened(window(size="phone", has_touch=True), f"{ROOT}/map")
    page.locator("#map-find").fill("5")
    page.locator("#map-find").press("Enter")
    page.locator("#map-canvas[data-marked='5']").wait_for()
    page.locator("#map-canvas").press("Escape")
    canvas = page.locator("#map-canvas")
    box = canvas.bounding_box()
    assert box is not None
    middle = {"x": box["width"] / 2, "y": box["height"] / 2}
    canvas.tap(position=middle)
    assert marked(page) == "5"
    canvas.tap(position=middle)
    page.wait_for_url(f"**{ROOT}/issues/5")


def test_without_scripts_the_tables_say_what_the_map_shows(window: Window) -> None:
    page = window(scripts=False)
    page.goto(f"{ROOT}/map?by=state&issue=3")
    assert not page.locator("#map").is_visible()
    assert page.get_by_role("table").count() == 2
    assert page.locator("main", has_text="Report 3").is_visible()


def test_pausing_is_one_button(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/settings")
    page.get_by_role("button", name="Pause the bot here").click()
    page.locator("#notice").wait_for()
