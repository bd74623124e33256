"""A list that changes while it is read is read whole, with few more requests than it has pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.github.by_change import by_change
from bot.github.line import PAGE, Line
from bot.github.wire import Answer, Request

START = datetime(2026, 1, 1, tzinfo=UTC)


class ChangingList:
    """Rows with a time of change, by id; `inclusive`: whether `since` includes what changed in that second."""

    root = "/repos/acme/shop"

    def __init__(self, seconds: list[int], *, inclusive: bool = True) -> None:
        self.rows = dict(enumerate(seconds))
        self.inclusive = inclusive
        self.asked = 0

    def send(self, request: Request, accept: tuple[int, ...] = ()) -> Answer:
        self.asked += 1
        query = cast(dict[str, Any], request.parameters)
        since = datetime.fromisoformat(query["since"]) if "since" in query else START - timedelta(days=1)
        times = sorted((START + timedelta(seconds=at), row) for row, at in self.rows.items())
        found = [(at, row) for at, row in times if at > since or (self.inclusive and at == since)]
        begin = PAGE * (query["page"] - 1)
        page = found[begin : begin + PAGE]
        tag = str(page)
        if request.etag == tag and 304 in accept:
            return Answer("GET", 304, {}, None)
        headers = {"etag": tag} | ({"link": '</next>; rel="next"'} if len(found) > begin + PAGE else {})
        return Answer("GET", 200, headers, [{"id": row, "updated_at": at.isoformat()} for at, row in page])


def read_through(changing: ChangingList, meanwhile: Callable[[int], None] = lambda _: None) -> set[int]:
    found: set[int] = set()
    cursor: str | None = None
    for place in range(1000):
        for page in by_change(cast(Line, changing), "/issues/comments", cursor, lambda row: int(row["id"])):
            found.update(page.rows)
            cursor = page.following
            meanwhile(place)
            if place % 2:
                break  # and goes on as another reading
        if cursor is None:
            return found
    raise AssertionError("it never ends")


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(("apart", "most"), [(60, 52), (1, 53), (0, 103)])
def test_a_list_that_nobody_touches_takes_about_a_request_for_each_page(inclusive: bool, apart: int, most: int) -> None:
    changing = ChangingList([apart * place for place in range(50 * PAGE)], inclusive=inclusive)
    assert read_through(changing) == set(range(50 * PAGE))
    assert changing.asked <= most


@given(data=st.data())
def test_inv_34_rows_that_are_deleted_or_changed_while_it_is_read_hide_no_other(data: st.DataObject) -> None:
    pattern = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=9))
    seconds = (pattern * 3 * PAGE)[: 3 * PAGE]
    changing = ChangingList(seconds, inclusive=data.draw(st.booleans()))
    chosen = data.draw(st.lists(st.integers(0, 3 * PAGE - 1), unique=True, max_size=20))
    gone: set[int] = set()

    def meanwhile(place: int) -> None:
        for row in chosen[2 * place : 2 * place + 2]:
            if row % 3:
                gone.add(row)
                changing.rows.pop(row, None)
            else:
                changing.rows[row] = 20 + place

    assert read_through(changing, meanwhile) | gone == set(range(3 * PAGE))


def test_a_cursor_of_an_older_version_begins_anew() -> None:
    changing = ChangingList([0, 1])
    (page,) = by_change(cast(Line, changing), "/x", "/repositories/7/issues/comments?page=3", lambda row: row["id"])
    assert (list(page.rows), page.following) == ([0, 1], None)
