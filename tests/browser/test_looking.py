"""The map under mouse, keys and fingers, and the pages that look back where there is much to look at."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from models.issue_map import IssueMap, clusters_of
from tests.fakes.dashboard import NAME
from tests.fakes.looking import served_with_a_past

pytestmark = pytest.mark.browser
SERVED = served_with_a_past

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
ADDRESSES = [
    *(f"{ROOT}/{name}" for name in ("map?by=state", "waves", "quality", "refits", "refits/2", "settings")),
    *(f"{ROOT}/activity{query}" for query in ("", "?view=people", "?view=failures")),
    "/operator",
]


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


def test_a_colour_stands_for_one_cluster_and_the_rest_share_one(window: Window) -> None:
    def crowded(route: Route) -> None:
        answer = route.fetch()
        data = answer.json()
        data["clusters"] = [{"place": at, "id": f"c{at}", "title": f"C {at}", "issues": 9 - at} for at in range(9)]
        data["others"] = 6
        route.fulfill(response=answer, json=data)

    page = window()
    page.route("**/map.json", crowded)
    opened(page)
    expect(page.locator("#map-key li")).to_have_text([*(f"C {at} ({9 - at})" for at in range(6)), "other clusters (6)"])
    tones = page.locator("#map-key .swatch").evaluate_all(
        "all => all.map((one) => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(tones)) == 7


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


def middle_of(page: Page) -> dict[str, float]:
    """Where the issue lies that the address names."""
    box = page.locator("#map-canvas").bounding_box()
    assert box is not None
    return {"x": box["width"] / 2, "y": box["height"] / 2}


@pytest.mark.parametrize("how", [{"button": "middle"}, {"modifiers": ["Control"]}, {"modifiers": ["Shift"]}])
def test_the_middle_button_and_control_open_an_issue_beside_the_map(window: Window, how: dict[str, Any]) -> None:
    page = opened(window(), f"{ROOT}/map?issue=3")
    with page.context.expect_page() as beside:
        page.locator("#map-canvas").click(position=middle_of(page), **how)
    beside.value.wait_for_url(f"**{ROOT}/issues/3")
    assert page.url.endswith("/map?issue=3")


def test_the_right_button_is_the_browsers(window: Window) -> None:
    page = opened(window(), f"{ROOT}/map?issue=3")
    page.locator("#map-canvas").click(position=middle_of(page), button="right")
    page.mouse.down(button="right")
    page.mouse.move(5, 5)
    page.mouse.up(button="right")
    page.locator("#map-key button").first.click()  # whatever would have led away has done so by now
    assert "/map?" in page.url
    assert len(page.context.pages) == 1


def test_what_is_clicked_while_the_map_loads_does_no_harm_and_holds_when_it_is_there(window: Window) -> None:
    page, held = window(), []

    def hold(one: Route) -> None:
        held.append(one)

    page.route("**/map.json", hold)
    page.goto(f"{ROOT}/map")
    page.locator("#map-card", has_text="is loading").wait_for()
    for button in page.locator("[data-zoom]").all():
        expect(button).to_be_disabled()
        button.dispatch_event("click")
    canvas = page.locator("#map-canvas")
    for key in ("n", "p", "+", "0", "Enter", "Escape", "ArrowLeft"):
        canvas.press(key)
    canvas.click()
    canvas.click(button="middle")
    page.mouse.wheel(0, 100)
    page.locator("#map-by").select_option("state")
    page.get_by_role("button", name="Show Extra usage").click()
    held[0].continue_()
    page.locator("#map-canvas[data-drawn]").wait_for()
    expect(page.locator("#map-by")).to_have_value("cluster")
    expect(page.locator("#map-key button[aria-pressed=true]")).to_contain_text("Extra usage")
    expect(page.get_by_role("button", name="Zoom in")).to_be_enabled()


def test_a_map_that_does_not_come_is_said_in_words_and_asked_for_again(window: Window) -> None:
    page = window()
    page.add_init_script("window.confused = 0; onunhandledrejection = () => { window.confused += 1; };")
    page.route("**/map.json", lambda one: one.fulfill(status=200, body="no map"))
    page.goto(f"{ROOT}/map")
    page.locator("#map-card", has_text="could not be loaded").wait_for()
    page.unroute("**/map.json")
    page.get_by_role("button", name="Try again").click()
    page.locator("#map-canvas[data-drawn]").wait_for()
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    assert page.evaluate("window.confused") == 0


@pytest.mark.parametrize(("count", "apart"), [(1, 0.0), (2, 1.0), (5, 0.0), (20_000, 1.0)])
def test_few_issues_many_and_all_in_one_place_are_found_by_mouse_and_keys(
    window: Window, count: int, apart: float
) -> None:
    page = window()
    numbers, angle = np.arange(1, count + 1), np.arange(count) * 2.4
    places = np.stack([np.cos(angle), np.sin(angle)], axis=1) * apart * np.sqrt(numbers)[:, None]
    ids, cluster = clusters_of(numbers.tolist(), {"c-dark": range(1, count + 1, 2)})
    made = IssueMap(numbers.astype(np.uint32), places.astype(np.float32), ids, cluster)
    clusters = [{"place": at, "id": one, "title": one, "issues": 1} for at, one in enumerate(ids)]
    points = base64.b64encode(made.to_bytes()).decode()
    told = {"issues": count, "clusters": clusters, "channels": [], "points": points}
    page.route("**/map.json", lambda one: one.fulfill(json=told))
    canvas = opened(page).locator("#map-canvas")
    assert canvas.get_attribute("data-drawn") == str(count)
    canvas.press("p")
    assert marked(page) == str(count)
    canvas.press("n")
    assert marked(page) == "1"
    canvas.press("Escape")
    canvas.hover(position=middle_of(page))
    canvas.hover(position={"x": 3, "y": 3})
    for key in ("-", "+", "0", "ArrowLeft", "ArrowLeft"):
        canvas.press(key)
    canvas.press("n")
    page.locator("#map-card", has_text="#").wait_for()


def test_what_is_chosen_on_the_map_stands_in_the_address(window: Window) -> None:
    page = opened(window())
    page.locator("#map-by").select_option("state")
    assert page.url.endswith("/map?by=state")
    expect(page.get_by_role("heading", name="State")).to_be_visible()
    page.locator("#map-key button").first.click()
    page.locator("#map-find").fill("#7")
    page.locator("#map-find").press("Enter")
    page.locator("#map-canvas[data-marked='7']").wait_for()
    chosen = page.locator("#map-key button[aria-pressed=true]").inner_text()
    other = opened(window(), page.url)  # as a colleague would
    other.locator("#map-canvas[data-marked='7']").wait_for()
    expect(other.locator("#map-by")).to_have_value("state")
    assert other.locator("#map-key button[aria-pressed=true]").inner_text() == chosen


def test_an_issue_that_is_not_on_the_map_is_spoken_of(window: Window) -> None:
    page = window()
    for number, words in ((60, "Report 60"), (60, "is not on the map"), (999, "Issue #999 is not known here")):
        page.goto(f"{ROOT}/map?issue={number}")
        expect(page.locator("[data-sought]")).to_contain_text(words)


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
