"""How well the bot does: precision and recall as people judged it, whether its scores hold, and what it missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.closing import Right
from bot.quality import Reliability, Week
from bot.storage.look_records import BacktestRecord
from bot.storage.records import MissedRecord
from models.share import Share
from webhooks.dashboard.judged import judged
from webhooks.dashboard.lists import Listing, wanted
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.plots import Dot, Line, Point


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curve and cut in force here, as the last night learned them. `adopted`: they are those of its judged
    decisions; `linked`: duplicates that people named by themselves, `found` of them first, and what they `lowered`."""

    adopted: bool
    judged: int
    right: int
    slope: float
    intercept: float
    duplicate: float
    loss_before: float
    loss_after: float
    reason: str
    linked: int
    found: int
    lowered: float


@dataclass(frozen=True, slots=True)
class Quality:
    """The page. `causes`: why duplicates were missed → how many; `right_to_close`: what was earned, in words."""

    list: Listing
    precision: Share
    recall: Share
    weeks: Sequence[Week]
    reliability: Reliability
    calibration: Calibration | None
    learned_at: datetime | None
    template_lines: int
    causes: Mapping[str, int]
    missed: Sequence[MissedRecord]
    earned: Right
    right_to_close: str
    backtest: BacktestRecord | None

    def plotted(self) -> Sequence[Line]:
        """The weeks as two series."""
        named = (("precision", 1, [one.precision for one in self.weeks]), ("recall", 2, [o.recall for o in self.weeks]))
        return [
            Line(name, tone, [_point(week, share) for week, share in zip(self.weeks, shares, strict=True)])
            for name, tone, shares in named
        ]

    def dots(self) -> Sequence[Dot]:
        """The reliability's bins."""
        return [
            Dot(one.stated, one.seen.part or 0.0, one.seen.low, one.seen.high, one.seen.whole)
            for one in self.reliability.bins
        ]


def read(asked: Asked) -> Quality:
    """The model of the page."""
    storage, repository = asked.storage, asked.repository
    want = wanted(asked, ("linked",), {"cause": None})
    found = judged(storage, repository.id, asked.now)
    chosen = [one for one in found.missed if want.values.get("cause") in {None, one.cause}]
    learned = storage.learned(repository.id)
    return Quality(
        list=want.listing(len(chosen)),
        precision=found.precision,
        recall=found.recall,
        weeks=found.weeks,
        reliability=found.reliability,
        calibration=_calibration((learned.calibration or {}).get("found")),
        learned_at=learned.learned_at,
        template_lines=len(learned.boilerplate),
        causes=dict(Counter(one.cause for one in found.missed).most_common()),
        missed=chosen[want.offset : want.offset + want.size],
        earned=found.earned,
        right_to_close=found.earned.sentence(),
        backtest=storage.last_backtest(repository.id),
    )


def _calibration(found: Mapping[str, Any] | None) -> Calibration | None:
    """What the night kept; None for nothing, and for what another version kept."""
    try:
        values = dict(found or {})
        reason = str(values.pop("reason"))
        return Calibration(adopted=not reason, reason=reason, **values)
    except (KeyError, TypeError):
        return None


def _point(week: Week, share: Share) -> Point:
    return Point(week.begins, share.part, share.low, share.high, share.whole)


def _table(model: Quality) -> Table:
    columns = ("week", "flagged and judged", "right", "precision", "low", "high")
    more = ("named by people", "named by the bot before", "recall", "low", "high")
    rows = [(one.begins.isoformat(), *_cells(one.precision), *_cells(one.recall)) for one in model.weeks]
    return Table((*columns, *more), rows)


def _cells(share: Share) -> tuple[Any, ...]:
    return share.whole, share.right, share.part, share.low, share.high


PAGE = Page("/quality", "Quality", "quality.html", read, table=_table)
