"""Every issue of the repository: searched, filtered, sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from bot.storage.page_records import IssueQuery, IssueRow
from webhooks.dashboard.lists import Listing, Wanted, last_of, wanted
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.words import VERDICTS

SORTS = ("number", "updated", "probability")
FILTERS = {"q": None, "state": ("open", "closed"), "verdict": (*VERDICTS, "none"), "cluster": None}
MOST_WORDS = 12  # that are looked for: each costs a look at every issue
MOST_DIGITS = 12
DECIDED = ("verdict", "canonical", "probability", "cluster")  # columns of an export


@dataclass(frozen=True, slots=True)
class Issues:
    """The page. `states`: state → how many in all; `cluster`: the title of the cluster that the list is held to."""

    list: Listing
    rows: Sequence[IssueRow]
    states: Mapping[str, int]
    cluster: str | None


def read(asked: Asked) -> Issues:
    """The model of the page."""
    want = wanted(asked, SORTS, FILTERS)
    storage, repository_id = asked.storage, asked.repository.id
    found = storage.find_issues(repository_id, replace(_query(want), after=asked.after))
    cluster = want.values.get("cluster")
    named = storage.clusters_in_force(repository_id, ids=[cluster]) if cluster else ()
    title = named[0].title if named else cluster
    return Issues(want.listing(found.total), found.rows, storage.issue_states(repository_id), title)


def _query(want: Wanted) -> IssueQuery:
    words, number = searched(want.values.get("q", ""))
    return IssueQuery(
        words=words,
        number=number,
        state=want.values.get("state"),
        verdict=want.values.get("verdict"),
        cluster=want.values.get("cluster"),
        sort=want.sort,  # type: ignore[arg-type] # one of SORTS
        descending=want.descending,
        limit=want.part,
        offset=want.offset,
    )


def searched(text: str) -> tuple[list[str], int | None]:
    """The words, and the number: `#12` is that issue alone, `12` also what states it."""
    words = list(dict.fromkeys(text.split()))[:MOST_WORDS]
    digits = text.removeprefix("#").strip()
    if len(words) != 1 or not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        return words, None
    return ([] if text.startswith("#") else words), int(digits)


def _table(model: Issues) -> Table:
    fields = ("number", "title", "state", "author", "created_at", "updated_at", *DECIDED)
    return Table(fields, [attrgetter(*fields)(one) for one in model.rows])


PAGE = Page(
    "/issues", "Issues", "issues.html", read, table=_table, rows=("rows",), mark=lambda _, model: last_of(model.rows)
)
