"""Everything that the bot did, would have done or could not do, and everything that people did and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.storage.look_records import EffectQuery, PeopleQuery
from bot.storage.records import DeliveryRecord, EffectRecord
from webhooks.dashboard.lists import Listing, Wanted, counted, last_of, wanted
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.people import Deed, told

VIEWS = ("effects", "people", "failures")
KINDS = ("comment", "add-label", "remove-label", "close", "reopen")
STATES = ("planned", "done", "failed", "shadow", "skipped", "refused")
FILTERS = {"kind": KINDS, "state": STATES, "issue": None, "actor": None, "day": None}
DAY = timedelta(days=1)
PEOPLE = (
    "at",
    "who",
    "where",
    "what",
    "issue",
    "other",
    "cluster",
    "issues",
    "value",
    "took back",
    "state",
    "outcome",
    "undone",
)


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect; `value` is the label, or the beginning of the comment's Markdown."""

    id: int
    number: int
    kind: str
    value: str
    state: str
    planned_at: datetime
    finished_at: datetime | None
    reason: str | None
    comment: int | None


@dataclass(frozen=True, slots=True)
class Tied:
    """Where a list by time goes on that has no key: `rows` of the moment `at` were read."""

    at: datetime
    rows: int

    @staticmethod
    def after(rows: Sequence[Deed], before: Tied | None) -> Tied:
        """After these rows, which came after `before`."""
        at = rows[-1].at
        known = before.rows if before is not None and before.at == at else 0
        return Tied(at, known + sum(one.at == at for one in rows))


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that was set aside, with the reason (a type and a place, or a sentence of ours)."""

    id: str
    event: str
    action: str | None
    issue: int | None
    received_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Activity:
    """The page; of `effects`, `people` and `failures` the one is filled that `view` names. `tally`: kind → state →
    how many effects in all."""

    view: str
    list: Listing
    effects: Sequence[Effect]
    people: Sequence[Deed]
    failures: Sequence[Failure]
    tally: Mapping[str, Mapping[str, int]]


def read(asked: Asked) -> Activity:
    """The model of the page."""
    view = asked.query.one_of("view", VIEWS)
    want = wanted(asked, ("newest",), FILTERS)
    tally = asked.storage.effect_tally(asked.repository.id)
    effects: Sequence[Effect] = ()
    people: Sequence[Deed] = ()
    failures: Sequence[Failure] = ()
    if view == "effects":
        found = asked.storage.find_effects(asked.repository.id, replace(_effects(want), before=asked.after))
        effects, total = [_effect(one) for one in found.rows], found.total
    elif view == "people":
        acted = asked.storage.find_people(asked.repository.id, _people(want, asked.after))
        people, total = told(asked.storage, asked.repository.id, acted.rows), acted.total
    else:
        failures, total = _failures(asked, want), asked.storage.failed_deliveries(asked.repository.id)
    kept = {**want.values, **({} if view == VIEWS[0] else {"view": view})}
    listing = Listing(total, want.number, want.size, want.sort, want.descending, kept)
    return Activity(view, listing, effects, people, failures, tally)


def _effects(want: Wanted) -> EffectQuery:
    since, until = _day(want)
    kind, state = want.values.get("kind"), want.values.get("state")
    return EffectQuery(kind, state, _number(want), since, until, want.part, want.offset)


def _people(want: Wanted, after: Tied | None) -> PeopleQuery:
    since, until = _day(want)
    latest, offset = (after.at, after.rows) if after is not None else (None, want.offset)
    return PeopleQuery(want.values.get("actor"), _number(want), since, until, want.part, offset, latest)


def _failures(asked: Asked, want: Wanted) -> list[Failure]:
    offset = asked.after or want.offset
    of = asked.repository.id
    aside = asked.storage.deliveries(state="failed", repository_id=of, limit=want.part, offset=offset)
    return [failure_of(one) for one in aside]


def _mark(asked: Asked, model: Activity) -> int | Tied | None:
    """Where an export goes on."""
    if model.view == "failures":
        return counted(asked, model.failures)
    if model.view == "people":
        last = last_of(model.people)
        return Tied.after(model.people, asked.after) if last is not None else None
    effect = last_of(model.effects)
    return effect.id if effect is not None else None


def _day(want: Wanted) -> tuple[datetime | None, datetime | None]:
    """From its beginning to its end in UTC; no bounds where it is no date."""
    try:
        begins = datetime.fromisoformat(want.values.get("day", "")[:10]).replace(tzinfo=UTC)
        return begins, begins + DAY
    except (ValueError, OverflowError):
        return None, None


def _number(want: Wanted) -> int | None:
    digits = want.values.get("issue", "").removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else None


def _effect(one: EffectRecord) -> Effect:
    comment = one.github_id if one.kind == "comment" else None
    return Effect(
        one.id or 0, one.number, one.kind, one.value, one.state, one.planned_at, one.finished_at, one.reason, comment
    )


def failure_of(one: DeliveryRecord) -> Failure:
    """A delivery that was set aside."""
    return Failure(one.id, one.event, one.action, one.issue, one.received_at, one.error or one.outcome)


def _row(one: Deed) -> tuple[Any, ...]:
    issues = " ".join(f"#{number}" for number in one.issues)
    back = one.took_back.sentence() if one.took_back is not None else None
    far = one.spread.sentence() if one.spread is not None else ""
    come = "; ".join(filter(None, (one.outcome, far)))
    about = (one.number, one.other, one.cluster, issues, one.value, back)
    return (one.at, one.actor, one.source, one.kind, *about, one.state, come, "yes" if one.undone else "")


def _table(model: Activity) -> Table:
    found: list[tuple[Any, ...]]
    if model.view == "people":
        return Table(PEOPLE, [_row(one) for one in model.people])
    if model.view == "failures":
        columns: tuple[str, ...] = ("delivery", "event", "action", "issue", "received at", "reason")
        found = [(one.id, one.event, one.action, one.issue, one.received_at, one.reason) for one in model.failures]
        return Table(columns, found)
    columns = ("issue", "kind", "value", "state", "planned at", "finished at", "reason")
    found = [
        (one.number, one.kind, one.value, one.state, one.planned_at, one.finished_at, one.reason)
        for one in model.effects
    ]
    return Table(columns, found)


ROWS = ("effects", "people", "failures")
PAGE = Page("/activity", "Activity", "activity.html", read, table=_table, rows=ROWS, mark=_mark)
