"""A long list, page by page: several at once where GitHub numbers them, else each by the link in the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.github import mapping
from bot.github.line import PAGE, Line, following, links, read
from bot.github.protocol import Page
from bot.github.wire import Answer, Request

# "Pagination with the page parameter is not supported for large datasets": from here on only cursors lead on.
DEEPEST_PAGE = 99

T = TypeVar("T")


def many_pages(
    line: Line, path: str, query: Mapping[str, str], cursor: str | None, one: Callable[[Any], T], at_once: int
) -> Iterator[Page[T]]:
    """The pages from `cursor` (of an earlier page's `following`) or from the beginning on, in their order."""

    def fetch(request: Request) -> tuple[Answer, Page[T]]:
        answer = line.send(request)
        rows = read(answer, lambda data: [one(row) for row in mapping.rows(data)])
        after = following(answer, request)
        return answer, Page(rows, after.path if after is not None else None, _numbered(answer))

    request: Request | None = Request("GET", line.root + path, {**query, "per_page": PAGE})
    if cursor is not None:
        request = Request("GET", cursor)
    while request is not None:
        answer, page = fetch(request)
        yield page
        for later in _in_order(_ahead(answer, page) if at_once > 1 else [], lambda one: fetch(one)[1], at_once):
            page = later
            yield page
        request = Request("GET", page.following) if page.following is not None else None


def _in_order(requests: list[Request], fetch: Callable[[Request], Page[T]], at_once: int) -> Iterator[Page[T]]:
    """The answers in the requests' order; ends early where one says that it is the last."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="pages") as pool:
        waiting: deque[Future[Page[T]]] = deque()
        try:
            for request in requests:
                waiting.append(pool.submit(fetch, request))
                if len(waiting) > at_once:
                    yield (page := waiting.popleft().result())
                    if page.following is None:
                        return
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def _numbered(answer: Answer) -> int | None:
    """How many pages there are, where the list's pages have numbers."""
    last = links(answer).get("last")
    number = dict(parse_qsl(urlsplit(last).query)).get("page", "") if last else ""
    return int(number) if number.isdecimal() else None


def _ahead(answer: Answer, page: Page[Any]) -> list[Request]:
    """The pages that can be asked for by number, from the next one on."""
    if page.following is None or page.last is None:
        return []
    url = urlsplit(page.following)
    query = dict(parse_qsl(url.query))
    if {"after", "before"} & set(query) or not query.get("page", "").isdecimal():
        return []  # the number alone would not lead there
    numbers = range(int(query["page"]), min(page.last, DEEPEST_PAGE) + 1)
    addresses = (url._replace(query=urlencode({**query, "page": number})).geturl() for number in numbers)
    return [Request("GET", address, name=answer.what) for address in addresses]
