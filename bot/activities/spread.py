"""How far what a maintainer tells the members of a cluster has got: which comments say it, and when the rest follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.activities.upkeep import members_told
from bot.comment import Status, status_in, status_markdown
from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from bot.storage.records import WAITS_FOR_BUDGET, WAITS_FOR_GITHUB, ClusterStatus

SPREAD = "spread"  # the detail of an act that says which comments have to change
MOST_WAITING = 10_000  # deliveries that are looked through for the time


@dataclass(frozen=True, slots=True)
class Spread:
    """`done` of `total` comments say what is told, or where it is `taken` back, no longer say it. `waiting` follow, the
    first of them at `next_at` where that is known; `withheld` are recorded only (a pause, shadow mode)."""

    taken: bool
    total: int
    done: int
    waiting: int
    withheld: int
    next_at: datetime | None

    @property
    def left_out(self) -> int:
        """Those that are followed no more: closed, locked, in another cluster, or told something else since."""
        return self.total - self.done - self.waiting - self.withheld

    def sentence(self) -> str:
        """`5 of 8 comments have it, the rest from 2026-11-21T14:05:00+00:00`."""
        plural, are, have = ("", "is", "has") if self.total == 1 else ("s", "are", "have")
        told = f"{self.done} of {self.total} comment{plural} {f'{are} without' if self.taken else have} it"
        if self.waiting:
            told += f", {self.waiting} {'follow' if self.waiting > 1 else 'follows'}"
            told += f" from {self.next_at.isoformat(timespec='seconds')}" if self.next_at is not None else ""
        told += f", {self.withheld} only recorded" if self.withheld else ""
        return told + (f", {self.left_out} left as they are" if self.left_out else "")


def to_spread(
    storage: Storage, repository_id: int, cluster_id: str, numbers: Collection[int], status: ClusterStatus | None
) -> dict[str, Any]:
    """What an act keeps, JSON-able: these are the members, and this is what they are told from now on."""
    line = line_of(status)
    stands = {one.number: status_in(one.value) for one in storage.comments(repository_id, numbers)}
    if line is None:
        left = sorted(number for number, said in stands.items() if said is not None)
        return {"cluster": cluster_id, "line": None, "total": len(left), "left": left}
    left = sorted(number for number in numbers if stands.get(number) != line)
    return {"cluster": cluster_id, "line": line, "total": len(numbers), "left": left}


def spread_of(storage: Storage, act: ActRecord) -> Spread | None:
    """How far an act has got; None where it told nobody anything."""
    told = act.details.get(SPREAD)
    if told is None or act.state != "done":
        return None
    line, left = told["line"], set(told["left"])
    written = storage.comments(act.repository_id, left, since=act.at) if left else ()
    rest = left - {one.number for one in written if status_in(one.value) == line}
    status = storage.statuses(act.repository_id).get(told["cluster"]) if rest else None
    if not rest or line_of(status) != line:
        return Spread(line is None, told["total"], told["total"] - len(rest), 0, 0, None)
    followed = {one.number for one in members_told(storage, act.repository_id, told["cluster"], among=rest)}
    withheld = _withheld(storage, act, followed)
    waiting = followed - withheld
    done = told["total"] - len(rest)
    return Spread(line is None, told["total"], done, len(waiting), len(withheld), _next(storage, act, waiting))


def line_of(status: ClusterStatus | None) -> str | None:
    """How what is told stands in a comment."""
    return None if status is None else _line(status.text, status.at.date())


def _line(text: str, since: date) -> str:
    return status_markdown(Status(text, since))


def _withheld(storage: Storage, act: ActRecord, numbers: Collection[int]) -> set[int]:
    rows = storage.effects(act.repository_id, kind="comment", state="shadow") if numbers else ()
    return {one.number for one in rows if one.number in numbers and one.planned_at >= act.at}


def _next(storage: Storage, act: ActRecord, numbers: Collection[int]) -> datetime | None:
    found: list[datetime] = []
    for words in (WAITS_FOR_BUDGET, WAITS_FOR_GITHUB) if numbers else ():
        rows = storage.deliveries(state="queued", repository_id=act.repository_id, outcome=words, limit=MOST_WAITING)
        found += _times(words, (one.outcome for one in rows if one.issue in numbers))
    return min(found, default=None)


def _times(words: str, outcomes: Iterable[str | None]) -> list[datetime]:
    return [datetime.fromisoformat(one.removeprefix(words)) for one in outcomes if one is not None]
