"""What waits for a person's yes or no: objections, duplicates that the bot missed, scores near the threshold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, literal, null, select

from bot.storage.cluster_tables import missed_duplicates
from bot.storage.door import Door
from bot.storage.page_records import Page, ReviewRow
from bot.storage.page_tables import issue_heads, last_decisions
from bot.storage.tables import decisions, feedback, issues

DASHBOARD = "dashboard"  # the source of a word that was said there
OBJECTION, MISSED, NEAR = "objection", "missed", "near"
KINDS = (OBJECTION, MISSED, NEAR)
MOST_COUNTED = 1000  # of one kind; nobody reads further
_JUDGED = ("duplicate", "separated", "objection")  # words that settle a question
_POINTING = ("duplicate", "related")  # verdicts that name another issue

Band = tuple[float, float]


class ReviewPages(Door):
    """The part of `Storage` about the review queue."""

    def review(self, repository_id: int, kind: str, band: Band, *, limit: int = 20, offset: int = 0) -> Page[ReviewRow]:
        """What nobody answered yet, the newest first; `band`: scores from and to which a decision is near."""
        query = _question(repository_id, kind, band)
        at, number = query.selected_columns.at, query.selected_columns.number
        # Decisions are found from the newest issue on, so that a long queue need not be sorted.
        page = query.order_by(number.desc()) if kind == NEAR else query.order_by(at.desc(), number.desc())
        with self._reading() as connection:
            total = connection.execute(_counted(repository_id, kind, band)).scalar_one()
            found = connection.execute(page.limit(limit).offset(offset)).all()
            rows = [ReviewRow(kind, one.number, one.other, one.at, actor=one.actor, why=one.why) for one in found]
            return Page(_told(connection, repository_id, rows), total)

    def review_counts(self, repository_id: int, band: Band, *, but: Collection[str] = ()) -> Mapping[str, int]:
        """Kind → how many wait, a thousand at most; `but` these."""
        with self._reading() as connection:
            return {
                kind: connection.execute(_counted(repository_id, kind, band)).scalar_one()
                for kind in KINDS
                if kind not in but
            }


def _counted(repository_id: int, kind: str, band: Band) -> Select[Any]:
    return select(func.count()).select_from(_question(repository_id, kind, band).limit(MOST_COUNTED).subquery())


def _question(repository_id: int, kind: str, band: Band) -> Select[Any]:
    """Columns number, other, at, actor, why."""
    return {OBJECTION: _objections, MISSED: _missed}.get(kind, lambda one: _near(one, band))(repository_id)


def _objections(repository_id: int) -> Select[Any]:
    """A person's objection that no maintainer looked at; the pair is what the bot names, or named last."""
    f, d = feedback.c, last_decisions.c
    later = feedback.alias("later")
    apart = feedback.alias("apart")
    same_issue = and_(later.c.repository_id == f.repository_id, later.c.number == f.number)
    answered = exists().where(same_issue, later.c.source == DASHBOARD, later.c.said_at >= f.said_at)
    pair = (
        select(func.max(apart.c.other))
        .where(apart.c.repository_id == f.repository_id, apart.c.number == f.number, apart.c.kind == "separated")
        .where(apart.c.said_at == f.said_at, apart.c.actor == f.actor)
        .scalar_subquery()
    )
    decided = and_(d.repository_id == f.repository_id, d.number == f.number)
    other = func.coalesce(pair, d.canonical).label("other")
    return (
        select(f.number, other, func.max(f.said_at).label("at"), func.max(f.actor).label("actor"))
        .add_columns(func.max(f.value).label("why"))
        .select_from(feedback.outerjoin(last_decisions, decided))
        .where(f.repository_id == repository_id, f.kind == "objection", f.source != DASHBOARD, ~answered)
        .group_by(f.number, other)
    )


def _missed(repository_id: int) -> Select[Any]:
    """A pair of the ledger about which nobody spoke on the dashboard."""
    c, f = missed_duplicates.c, feedback.c
    about = and_(f.repository_id == c.repository_id, f.number == c.number, f.other == c.other)
    answered = exists().where(about, f.source == DASHBOARD)
    return select(c.number, c.other, c.linked_at.label("at"), null().label("actor"), c.cause.label("why")).where(
        c.repository_id == repository_id, ~answered
    )


def _near(repository_id: int, band: Band) -> Select[Any]:
    """An open issue whose score is near the threshold and of which no person said anything."""
    c, f, h = last_decisions.c, feedback.c, issue_heads.c
    spoken = exists().where(f.repository_id == c.repository_id, f.number == c.number, f.kind.in_(_JUDGED))
    head = and_(h.repository_id == c.repository_id, h.number == c.number)
    return (
        select(c.number, c.canonical.label("other"), c.decided_at.label("at"))
        .add_columns(literal(None).label("actor"), literal(None).label("why"))
        .join(issue_heads, head)
        .where(c.repository_id == repository_id, c.probability.between(*band), c.verdict.in_(_POINTING))
        .where(h.state == "open", ~spoken)
    )


def _told(connection: Connection, repository_id: int, rows: Sequence[ReviewRow]) -> list[ReviewRow]:
    """With the titles of both issues and what the bot concluded last."""
    bodies = _bodies(connection, repository_id, [row.number for row in rows])
    rows = [replace(row, other=row.other or _named(bodies.get(row.number, {}))) for row in rows]
    numbers = {number for row in rows for number in (row.number, row.other) if number is not None}
    i = issues.c
    known = select(i.number, i.title, i.state).where(i.repository_id == repository_id, i.number.in_(numbers))
    titles = {row.number: (row.title, row.state) for row in connection.execute(known)}
    return [_complete(row, titles, bodies.get(row.number, {})) for row in rows]


def _complete(row: ReviewRow, titles: Mapping[int, tuple[str, str]], body: Mapping[str, Any]) -> ReviewRow:
    title, state = titles.get(row.number, ("", "open"))
    other_title, other_state = titles.get(row.other or 0, (None, None))
    probability = body.get("probability")
    seen = replace(row, title=title, state=state, other_title=other_title, other_state=other_state)
    return replace(seen, probability=probability, body=body)


def _bodies(connection: Connection, repository_id: int, numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    d, c = decisions.c, last_decisions.c
    own = (c.repository_id == repository_id, c.number.in_(numbers))
    query = select(d.number, d.body).join(last_decisions, c.decision_id == d.id).where(*own)
    return {number: body for number, body in connection.execute(query)}


def _named(body: Mapping[str, Any]) -> int | None:
    """The issue that a decision without a canonical names first."""
    links = body.get("links") or ()
    first = links[0] if links else None
    return first.get("number") if isinstance(first, dict) else None
