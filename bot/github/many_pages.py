"""A long list, page by page: several at once where GitHub numbers them, else each by the link in the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.github import mapping
from bot.github.line import PAGE, Line, following, links, read
from bot.github.protocol import Page
from bot.github.wire import Answer, Request

# "Pagination with the page parameter is not supported for large datasets": beyond it, only where a link has a number.
DEEPEST_PAGE = 99

T = TypeVar("T")


def many_pages(
    line: Line, path: str, query: Mapping[str, str], cursor: str | None, one: Callable[[Any], T], at_once: int
) -> Iterator[Page[T]]:
    """The pages from `cursor` (of an earlier page's `following`) or from the beginning on, in their order.

    The next ones are on their way while one is read and kept, so that a list takes what its requests take.
    """
    first = Request("GET", line.root + path, {**query, "per_page": PAGE})
    pool = ThreadPoolExecutor(max(1, at_once), thread_name_prefix="pages")
    try:
        yield from _pages(pool, line, first if cursor is None else Request("GET", cursor), one, at_once)
    finally:
        pool.shutdown(cancel_futures=True)


def _pages(
    pool: ThreadPoolExecutor, line: Line, first: Request, one: Callable[[Any], T], at_once: int
) -> Iterator[Page[T]]:
    def fetched(request: Request) -> Page[T]:
        return _page(line.send(request), request, one)

    request: Request | None = first
    coming = pool.submit(line.send, first)
    while request is not None:
        answer, asked = coming.result(), request
        request = following(answer, asked)
        ahead = _ahead(answer, request) if at_once > 1 else []
        later = _sent(pool, ahead, fetched, at_once)
        if request is not None and not ahead:
            coming = pool.submit(line.send, request)
        yield _page(answer, asked, one)
        for page in later:
            yield page
            request = Request("GET", page.following) if page.following is not None else None
        if ahead and request is not None:
            coming = pool.submit(line.send, request)


def _page(answer: Answer, asked: Request, one: Callable[[Any], T]) -> Page[T]:
    rows = read(answer, lambda data: [one(row) for row in mapping.rows(data)])
    after = following(answer, asked)
    return Page(rows, after.path if after is not None else None, _numbered(answer))


def _sent(
    pool: ThreadPoolExecutor, requests: list[Request], fetch: Callable[[Request], Page[T]], at_once: int
) -> Iterator[Page[T]]:
    """Sends the first few now; the answers come in the requests' order, each followed by one more request."""
    left = iter(requests)
    waiting = deque(pool.submit(fetch, request) for request in islice(left, at_once))
    return _in_order(waiting, lambda: waiting.extend(pool.submit(fetch, request) for request in islice(left, 1)))


def _in_order(waiting: deque[Future[Page[T]]], send_next: Callable[[], None]) -> Iterator[Page[T]]:
    """Ends early where a page says that it is the last."""
    while waiting:
        page = waiting.popleft().result()
        send_next()
        yield page
        if page.following is None:
            return


def _numbered(answer: Answer) -> int | None:
    """How many pages there are, where the list's pages have numbers."""
    last = links(answer).get("last")
    number = dict(parse_qsl(urlsplit(last).query)).get("page", "") if last else ""
    return int(number) if number.isdecimal() else None


def _ahead(answer: Answer, after: Request | None) -> list[Request]:
    """The pages that can be asked for by number, from the next one on."""
    last = _numbered(answer)
    if after is None or last is None:
        return []
    url = urlsplit(after.path)
    query = dict(parse_qsl(url.query))
    if {"after", "before"} & set(query) or not query.get("page", "").isdecimal():
        return []  # the number alone would not lead there
    first = int(query["page"])
    deepest = DEEPEST_PAGE if first <= DEEPEST_PAGE else last  # a link by number from further on shows that it goes
    numbers = range(first, min(last, deepest) + 1)
    addresses = (url._replace(query=urlencode({**query, "page": number})).geturl() for number in numbers)
    return [Request("GET", address, name=answer.what) for address in addresses]
