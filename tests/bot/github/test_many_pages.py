"""A long list is read as fast as its requests allow: the next page is on its way while one is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bot.github import many_pages as module
from bot.github.many_pages import many_pages
from bot.github.wire import Answer, Request

PAGES = 12
GENEROUS = 60.0  # seconds until a test gives up


class FakeLine:
    """A list of so many pages with one row each; says when a page was asked for."""

    root = "/repos/acme/shop"

    def __init__(self, *, numbered: bool, cursors_from: int = PAGES + 1) -> None:
        self.numbered = numbered
        self.cursors_from = cursors_from
        self.asked: dict[int, threading.Event] = {page: threading.Event() for page in range(1, PAGES + 2)}
        self.count = 0

    def send(self, request: Request) -> Answer:
        page = int(request.path.partition("page=")[2].partition("&")[0] or 1)
        self.count += 1
        self.asked[page].set()
        cursor = "" if self.numbered and page < self.cursors_from else "&after=x"
        links = [f'<https://h/issues?page={page + 1}{cursor}>; rel="next"'] if page < PAGES else []
        links += [f'<https://h/issues?page={PAGES}>; rel="last"'] if self.numbered and page < PAGES else []
        return Answer("GET /issues", 200, {"link": ", ".join(links)}, [page])


def listed(line: Any, at_once: int) -> Iterator[Any]:
    return many_pages(line, "/issues", {}, None, lambda row: row, at_once)


@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("numbered", [True, False])
def test_the_next_page_is_asked_for_while_one_is_kept(at_once: int, numbered: bool) -> None:
    line = FakeLine(numbered=numbered)
    for page in listed(line, at_once):
        (number,) = page.rows
        assert number == PAGES or line.asked[number + 1].wait(GENEROUS)
    assert line.count == PAGES


@pytest.mark.parametrize("numbered", [True, False])
def test_who_stops_early_has_asked_for_few_pages_more(numbered: bool) -> None:
    line = FakeLine(numbered=numbered)
    pages = listed(line, 3)
    assert list(next(pages).rows) == [1]
    pages.close()  # type: ignore[attr-defined]  # it is a generator
    assert line.count <= 1 + 3


@pytest.mark.parametrize("cursors_from", [5, PAGES + 1])
def test_behind_the_deepest_page_the_links_lead_on_by_cursor_or_by_number(
    monkeypatch: pytest.MonkeyPatch, cursors_from: int
) -> None:
    monkeypatch.setattr(module, "DEEPEST_PAGE", 5)
    line = FakeLine(numbered=True, cursors_from=cursors_from)
    for page in listed(line, 4):
        (number,) = page.rows
        later = number + 3  # on its way at the same time, where pages have numbers
        assert not 6 < number <= PAGES - 3 or cursors_from == 5 or line.asked[later].wait(GENEROUS)
    assert number == line.count == PAGES
