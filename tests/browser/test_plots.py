"""Plots: drawn by the library out of an installed package, from the figures of their page, in the reader's colours."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME
from tests.fakes.looking import served_with_a_past

pytestmark = pytest.mark.browser
SERVED = served_with_a_past

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"
PLOTS = {
    "quality": ["lines", "lines", "reliability"],
    "refits": ["bars"],
    "waves": ["timeline"],
    "clusters/extra-usage-400": ["growth"],
}


def pictures(page: Page) -> list[str]:
    """What is on each canvas."""
    found = page.evaluate("[...document.querySelectorAll('[data-plot] canvas')].map(one => one.toDataURL())")
    return [str(one) for one in found]


@pytest.mark.parametrize("address", PLOTS)
def test_every_plot_is_drawn_without_the_internet_and_in_the_readers_colours(
    window: Window, server: str, address: str
) -> None:
    page, asked = window(), []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{ROOT}/{address}")
    plots = page.locator("[data-plot][data-drawn]")
    expect(plots).to_have_count(len(PLOTS[address]))
    assert [one.get_attribute("data-plot") for one in plots.all()] == PLOTS[address]
    assert {url.partition("/r/")[0].partition("/static/")[0] for url in asked} == {server}
    light = pictures(page)
    blank = page.evaluate("""[...document.querySelectorAll('[data-plot] canvas')].map(one => {
        const empty = document.createElement('canvas');
        [empty.width, empty.height] = [one.width, one.height];
        return empty.toDataURL();
    })""")
    assert not set(light) & set(blank)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("[data-plot][data-drawn='#0d1117']")).to_have_count(len(PLOTS[address]))
    assert not set(pictures(page)) & set(light)


@pytest.mark.parametrize("address", PLOTS)
def test_without_scripts_a_table_says_what_a_plot_shows(window: Window, address: str) -> None:
    page = window(scripts=False)
    page.goto(f"{ROOT}/{address}")
    assert not page.locator("[data-plot]").first.is_visible()
    for twin in page.locator("details.twin > summary").all():
        twin.click()
    assert page.get_by_role("table").first.is_visible()


def test_nothing_moves_when_plots_are_drawn(window: Window) -> None:
    page = window()
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) "
        "window.moved += one.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    for address, plots in PLOTS.items():
        page.goto(f"{ROOT}/{address}")
        expect(page.locator("[data-plot][data-drawn]")).to_have_count(len(plots))
        assert page.evaluate("window.moved") < 0.01, address


def test_the_figures_stand_in_the_page_as_text(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/waves")
    figures = json.loads(page.locator("[data-plot] pre").first.text_content() or "")
    assert {span["name"] for span in figures["spans"]} <= set(page.locator("tbody th a").all_inner_texts())
    assert not page.locator("[data-plot] pre").first.is_visible()
