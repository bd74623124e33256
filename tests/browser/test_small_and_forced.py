"""Narrow screens, short spans of time and forced colours: where one is, and when it was, can be seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.fakes.dashboard import NAME

pytestmark = pytest.mark.browser

Window = Callable[..., Page]
ROOT = f"/r/{NAME}"


@pytest.mark.parametrize("name", ["overview", "issues", "activity", "settings"])
def test_the_way_where_one_is_is_seen_on_a_phone(window: Window, name: str) -> None:
    page = window(size="phone")
    page.goto(f"{ROOT}/{name}")
    expect(page.locator(".ways [aria-current]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0


def test_the_tab_where_one_is_is_seen_whole_on_a_phone(window: Window) -> None:
    page = window(size="phone")
    page.goto(f"{ROOT}/review")
    page.locator(".tabs a").last.click()
    expect(page.locator(".tabs a").last).to_have_attribute("aria-current", "true")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)


def test_in_a_wave_the_reporters_can_be_told_from_the_top_of_the_cluster(window: Window) -> None:
    page = window(size="phone")
    page.goto(f"{ROOT}/overview")
    page.locator(".wave-title a").first.click()
    expect(page.get_by_role("link", name="Tell all its reporters something").first).to_be_in_viewport(ratio=1)


def test_the_ticks_of_reports_of_a_few_days_differ(window: Window) -> None:
    page = window()
    page.goto(f"{ROOT}/clusters/extra-usage-400")
    page.locator("[data-plot=growth][data-drawn]").wait_for()
    ticks = page.evaluate("Chart.getChart(document.querySelector('[data-plot=growth] canvas')).scales.x.ticks")
    labels = [one["label"] for one in ticks]
    assert len(labels) == len(set(labels)) > 1


def test_with_forced_colours_one_way_alone_is_marked(window: Window) -> None:
    page = window(forced_colors="active")
    page.goto(f"{ROOT}/issues")
    colour = "one => getComputedStyle(one).borderBottomColor"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    others = page.locator(".ways a:not([aria-current])").evaluate_all(f"all => all.map({colour})")
    assert set(others) == {ground}
    assert page.locator(".ways a[aria-current]").evaluate(colour) != ground
