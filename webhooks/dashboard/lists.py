"""What every list has: pages, a column that it is sorted by, filters that stay when one of them changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from webhooks.dashboard.page import Asked

SIZE = 50  # rows of a page
LAST_PAGE = 10_000
PART = 2000  # rows of an export that are in memory at once

EVERYTHING = 2**31

DATA = ("csv", "json")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a list is shown, and how it was asked for. `values`: the filters that are set."""

    total: int
    number: int
    size: int
    sort: str
    descending: bool
    values: Mapping[str, str]

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """The place of the first row that is shown, from 1."""
        return min(self.total, (self.number - 1) * self.size + 1)

    @property
    def last_row(self) -> int:
        """The place of the last row that is shown."""
        return min(self.total, self.number * self.size)

    @property
    def is_filtered(self) -> bool:
        """Whether something is left out."""
        return bool(self.values)

    def page(self, number: int) -> str:
        """The address's query of another page."""
        return self._query(self.sort, self.descending, number)

    def by(self, sort: str, *, descending: bool = True) -> str:
        """The query of the list sorted by another column; by the same one, the other way round."""
        return self._query(sort, not self.descending if sort == self.sort else descending, 1)

    def direction(self, sort: str) -> str:
        """What aria-sort says of a column."""
        if sort != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    def _query(self, sort: str, descending: bool, number: int) -> str:
        kept = {**self.values, "sort": sort, "order": "desc" if descending else "asc"}
        return "?" + urlencode(kept if number == 1 else {**kept, "page": number})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks of a list; `values` are filters that are set."""

    number: int
    size: int
    sort: str
    descending: bool
    values: Mapping[str, str]

    @property
    def offset(self) -> int:
        """Rows before the first one that is shown."""
        return (self.number - 1) * self.size

    def listing(self, total: int) -> Listing:
        """With how many there are in all; an export has one page."""
        size = self.size if self.size != EVERYTHING else max(total, 1)
        return Listing(total, self.number, size, self.sort, self.descending, self.values)

    @property
    def part(self) -> int:
        """Rows that are read at once of a list without a bound."""
        return min(self.size, PART)


def wanted(asked: Asked, sorts: Sequence[str], filters: Mapping[str, Sequence[str] | None]) -> Wanted:
    """`sorts`: the columns, the usual one first. `filters`: each with the values that it may have, or None for any
    text. An export has the whole list."""
    query = asked.query
    values = {}
    for name, allowed in filters.items():
        value = query.text(name) if allowed is None else query.one_of(name, ("", *allowed))
        if value:
            values[name] = value
    sort = query.one_of("sort", sorts)
    ways = ("asc", "desc") if sort == "title" else ("desc", "asc")
    descending = query.one_of("order", ways) == "desc"
    if asked.kind in DATA:
        return Wanted(1, EVERYTHING, sort, descending, values)
    return Wanted(query.number("page", 1, most=LAST_PAGE), SIZE, sort, descending, values)


def last_of(rows: Sequence[Row]) -> Row | None:
    """The row after which an export goes on; None where this part was the last."""
    return rows[-1] if len(rows) >= PART else None


def counted(asked: Asked, rows: Sequence[object]) -> int | None:
    """How many rows an export has so far; None where this part was the last."""
    return (asked.after or 0) + len(rows) if len(rows) >= PART else None
