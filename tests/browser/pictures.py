"""`python -m tests.browser.pictures DASHBOARD ISSUES [FOLDER]`: pictures of what `triage demo` shows, under the two
addresses that it prints last."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.fakes.chromium import ARGUMENTS, executable

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
REPOSITORY = "/r/lumen-labs/lumen"
PICTURES = (  # name, page, width and height, colours
    ("dashboard-overview", "/overview", (1280, 860), "light"),
    ("dashboard-cluster", "/clusters/extra-usage-400", (1280, 860), "dark"),
    ("dashboard-review-phone", "/review", (375, 720), "light"),
)
COMMENTED = 4420  # the issue on which the comment stands that is shown
COMMENT_WIDTH = 860


def main(dashboard: str, issues: str, folder: Path) -> None:
    """Sign in with the dashboard's address, which works once, and take each picture."""
    parts = urlsplit(dashboard)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_context(base_url=f"{parts.scheme}://{parts.netloc}", reduced_motion="reduce").new_page()
        page.goto(dashboard)
        page.get_by_role("button", name="Open the dashboard").click()
        page.get_by_role("heading", name="Repositories").wait_for()
        for name, path, size, colours in PICTURES:
            _take(page, folder / f"{name}.png", REPOSITORY + path, size, colours)
        _take_comment(browser, folder / "comment.png", f"{issues}/{COMMENTED}")
        browser.close()


def _take(page: Page, file: Path, path: str, size: tuple[int, int], colours: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    answer = page.goto(path, wait_until="load")
    assert answer is not None
    assert answer.ok, path
    expect(page.locator("[data-plot]:not([data-drawn])")).to_have_count(0)
    page.screenshot(path=str(file))


def _take_comment(browser: Browser, file: Path, address: str) -> None:
    page = browser.new_page(viewport={"width": COMMENT_WIDTH, "height": 600}, color_scheme="light")
    answer = page.goto(address)
    assert answer is not None
    assert answer.ok, address
    page.locator("section.box", has=page.locator(".badge")).screenshot(path=str(file))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]) if len(sys.argv) > 3 else FOLDER)
