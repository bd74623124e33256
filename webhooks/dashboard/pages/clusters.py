"""Every cluster in force: how large, how it grows, where it points, and what holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from bot.storage.page_records import ClusterQuery, ClusterRow
from models.tallies import growth
from webhooks.dashboard.lists import Listing, counted, wanted
from webhooks.dashboard.page import Asked, Page, Table

SPAN = timedelta(days=56)  # of the trend
BUCKETS = 28
SORTS = ("size", "recent", "last", "first", "title")
FILTERS = {"q": None, "held": ("any", "over-cap", "incoherent"), "label": ("yes", "no")}


@dataclass(frozen=True, slots=True)
class Shown:
    """One cluster. `trend`: reports in each of equal spans of the last eight weeks; `recent` is their sum."""

    id: str
    title: str
    title_by: str
    label: str | None
    canonical: int | None
    held: str | None
    reports: int
    recent: int
    first_seen: datetime | None
    last_seen: datetime | None
    is_rising: bool
    trend: Sequence[int]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The page. `exist`: whether the repository has clusters at all."""

    list: Listing
    rows: Sequence[Shown]
    exist: bool


def read(asked: Asked) -> Clusters:
    """The model of the page."""
    want = wanted(asked, SORTS, FILTERS)
    labelled = {"yes": True, "no": False}.get(want.values.get("label", ""))
    query = ClusterQuery(
        words=want.values.get("q", "").split(),
        held=want.values.get("held"),
        labelled=labelled,
        sort=want.sort,  # type: ignore[arg-type] # one of SORTS
        descending=want.descending,
        recent_since=asked.now - SPAN,
        limit=want.part,
        offset=asked.after or want.offset,
    )
    found = asked.storage.find_clusters(asked.repository.id, query)
    exist = bool(found.total) or bool(asked.storage.generations(asked.repository.id, limit=1))
    rows = [shown(row, asked.now) for row in found.rows]
    return Clusters(want.listing(found.total), rows, exist)


def shown(row: ClusterRow, now: datetime) -> Shown:
    """A row with its trend."""
    trend = growth(row.reported, now, BUCKETS, since=now - SPAN) or (0,) * BUCKETS
    about = (row.label, row.canonical, row.held, row.reports, row.recent)
    return Shown(row.id, row.title, row.title_by, *about, row.first_seen, row.last_seen, row.wave, trend)


def _table(model: Clusters) -> Table:
    fields = ("id", "title", "title_by", "label", "canonical", "held", "reports", "recent", "first_seen", "last_seen")
    return Table(fields, [attrgetter(*fields)(one) for one in model.rows])


PAGE = Page(
    "/clusters",
    "Clusters",
    "clusters.html",
    read,
    table=_table,
    rows=("rows",),
    mark=lambda asked, model: counted(asked, model.rows),
)
