"""Lists of issues: searched, filtered and sorted in narrow tables, read in full only for the rows that are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, exists, func, or_, select

from bot.storage.cluster_tables import cluster_members, clusters
from bot.storage.door import Door
from bot.storage.page_records import IssueQuery, IssueRow, Page
from bot.storage.page_tables import issue_heads, last_decisions
from bot.storage.records import StoredIssue
from bot.storage.tables import issues, repositories

NONE = "none"  # a filter's value for what is not there
MOST_WORDS = 800  # characters of an issue's title and facts that are searched
UNTOLD = frozenset({"error_message", "service_error", "frames"})  # fingerprints and code: nobody searches for these

_SHOWN = [issues.c[name] for name in ("number", "title", "state", "state_reason", "created_at", "updated_at", "author")]
_DECIDED = [last_decisions.c[name] for name in ("verdict", "canonical", "probability", "decided_at")]
_SAME = and_(
    last_decisions.c.repository_id == issue_heads.c.repository_id, last_decisions.c.number == issue_heads.c.number
)


def head_row(repository_id: int, stored: StoredIssue) -> dict[str, Any]:
    """An issue's row in `issue_heads`."""
    issue = stored.issue
    return {
        "repository_id": repository_id,
        "number": issue.number,
        "state": issue.state,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "words": searchable(issue.title, stored.facts),
    }


def searchable(title: str, facts: Mapping[str, frozenset[str]]) -> str:
    """What a search looks through: the redacted title and the facts that people can read, folded (INV 41)."""
    told = {value for name, values in facts.items() if name not in UNTOLD for value in values}
    return folded(" ".join([title, *sorted(told)]))[:MOST_WORDS]


def folded(text: str) -> str:
    """Without case, and with single spaces."""
    return " ".join(text.casefold().split())


class IssuePages(Door):
    """The part of `Storage` about lists of issues."""

    def find_issues(self, repository_id: int, query: IssueQuery) -> Page[IssueRow]:
        """One page, and how many there are in all; what comes after a row is not counted again."""
        with self._reading() as connection:
            matching = _matching(repository_id, query)
            if query.after is not None:
                following = _sorted(matching.where(_after(matching, query, query.after)), query).limit(query.limit)
                rows = issue_rows(connection, repository_id, list(connection.execute(following).scalars()))
                return Page(rows, len(rows))
            total = connection.execute(select(func.count()).select_from(matching.subquery())).scalar_one()
            page = _sorted(matching, query).limit(query.limit).offset(query.offset)
            numbers = list(connection.execute(page).scalars()) if total > query.offset else []
            return Page(issue_rows(connection, repository_id, numbers), total)

    def issue_states(self, repository_id: int) -> Mapping[str, int]:
        """State → how many issues."""
        h = issue_heads.c
        query = select(h.state, func.count()).where(h.repository_id == repository_id).group_by(h.state)
        with self._reading() as connection:
            return {state: count for state, count in connection.execute(query)}

    def verdict_count(self, repository_id: int, verdict: str, *, since: datetime) -> int:
        """How many issues have it by their last decision, taken since then."""
        c = last_decisions.c
        lately = (c.repository_id == repository_id, c.verdict == verdict, c.decided_at >= since)
        with self._reading() as connection:
            return connection.execute(select(func.count()).select_from(last_decisions).where(*lately)).scalar_one()

    def issue_cards(self, repository_id: int, numbers: Sequence[int]) -> Mapping[int, IssueRow]:
        """Number → its row in a list, for those that are known."""
        with self._reading() as connection:
            return {row.number: row for row in issue_rows(connection, repository_id, list(dict.fromkeys(numbers)))}


def issue_rows(connection: Connection, repository_id: int, numbers: Sequence[int]) -> list[IssueRow]:
    """The rows of these issues, in this order; one that is not known is left out."""
    i, d = issues.c, last_decisions.c
    same = and_(d.repository_id == i.repository_id, d.number == i.number)
    query = select(*_SHOWN, *_DECIDED).select_from(issues).outerjoin(last_decisions, same)
    found = connection.execute(query.where(i.repository_id == repository_id, i.number.in_(numbers))).all()
    within = _clusters_of(connection, repository_id, numbers)
    rows = {row.number: IssueRow(*row, *within.get(row.number, (None, None))) for row in found}
    return [rows[number] for number in numbers if number in rows]


def _clusters_of(
    connection: Connection, repository_id: int, numbers: Sequence[int]
) -> dict[int, Sequence[Any] | Row[Any]]:
    m, c = cluster_members.c, clusters.c
    own = and_(c.generation_id == m.generation_id, c.id == m.cluster_id)
    query = select(m.number, c.id, c.title).join(clusters, own).where(m.number.in_(numbers))
    found = connection.execute(query.where(m.generation_id == in_force(repository_id)))
    return {row.number: row[1:] for row in found}


def in_force(repository_id: int) -> Any:
    """The id of the generation in force, within another query."""
    return select(repositories.c.generation_id).where(repositories.c.id == repository_id).scalar_subquery()


def _matching(repository_id: int, query: IssueQuery) -> Select[Any]:
    """Numbers, out of whichever narrow table is asked about; both only where it must be."""
    h, d = issue_heads.c, last_decisions.c
    if not _is_about_decisions(query):
        found = select(h.number).where(h.repository_id == repository_id)
    elif query.words or query.number is not None or query.state is not None or query.sort == "updated":
        found = select(h.number).join(last_decisions, _SAME).where(d.repository_id == repository_id)
    else:
        found = select(d.number).where(d.repository_id == repository_id)
    return found.where(*_conditions(repository_id, query, found.selected_columns.number))


def _is_about_decisions(query: IssueQuery) -> bool:
    return query.verdict not in {None, NONE} or query.sort == "probability"


def _conditions(repository_id: int, query: IssueQuery, number: Any) -> list[Any]:
    h, d = issue_heads.c, last_decisions.c
    found: list[Any] = []
    if query.verdict == NONE:
        found.append(~exists().where(_SAME))
    elif query.verdict is not None:
        found.append(d.verdict == query.verdict)
    stated = and_(True, *(h.words.contains(folded(word), autoescape=True) for word in query.words))
    if query.number is not None:  # the issue itself, or, where it came as a word, those that state it (a status code)
        found.append(or_(h.number == query.number, stated) if query.words else h.number == query.number)
    elif query.words:
        found.append(stated)
    if query.state is not None:
        found.append(h.state == query.state)
    return found if query.cluster is None else [*found, _within(repository_id, query.cluster, number)]


def _within(repository_id: int, cluster: str, number: Any) -> Any:
    m = cluster_members.c
    members = select(m.number).where(m.generation_id == in_force(repository_id))
    return number.not_in(members) if cluster == NONE else number.in_(members.where(m.cluster_id == cluster))


def _sorted(matching: Select[Any], query: IssueQuery) -> Select[Any]:
    key, number = _keys(matching, query)
    return matching.order_by(key.desc() if query.descending else key.asc(), number.desc())


def _after(matching: Select[Any], query: IssueQuery, row: IssueRow) -> Any:
    """What comes behind the row in the list's order."""
    key, number = _keys(matching, query)
    value = {"number": row.number, "updated": row.updated_at, "probability": row.probability}[query.sort]
    return or_(key < value if query.descending else key > value, and_(key == value, number < row.number))


def _keys(matching: Select[Any], query: IssueQuery) -> tuple[Any, Any]:
    number = matching.selected_columns.number
    keys = {"number": number, "updated": issue_heads.c.updated_at, "probability": last_decisions.c.probability}
    return keys[query.sort], number
