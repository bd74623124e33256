"""The waves of reports: those that are on, and those of the last months, on a line of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from bot.storage.records import WaveRecord
from webhooks.dashboard.lists import Listing, wanted
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.plots import Span

MONTHS = timedelta(days=90)
MOST = 1_000_000  # a number that no repository reaches
ROWS = 16  # clusters on the line of time, those whose waves are the newest


@dataclass(frozen=True, slots=True)
class OneWave:
    """A wave. `expected`: how many reports there would have been anyway; `lasted`: seconds until its last report."""

    id: int
    cluster: str
    title: str
    began_at: datetime
    ended_at: datetime | None
    reports: int
    expected: float
    peak_per_hour: int
    last_arrival_at: datetime
    last_number: int
    alarmed: bool


@dataclass(frozen=True, slots=True)
class Waves:
    """The page; `drawn` are the waves of the last months on the line of time, from `since` until `now`."""

    list: Listing
    waves: Sequence[OneWave]
    drawn: Sequence[Span]
    since: datetime
    now: datetime
    on: int

    @property
    def problems(self) -> int:
        """Rows of the line of time."""
        return len({span.name for span in self.drawn})


def read(asked: Asked) -> Waves:
    """The model of the page."""
    want = wanted(asked, ("newest",), {"cluster": None})
    kept = asked.storage.waves(asked.repository.id, cluster_id=want.values.get("cluster"), limit=MOST)
    titles = asked.storage.cluster_titles(asked.repository.id)
    since = asked.now - MONTHS
    lately = [one for one in kept if (one.wave.ended_at or asked.now) >= since]
    shown = list(dict.fromkeys(one.cluster_id for one in lately))[:ROWS]
    return Waves(
        list=want.listing(len(kept)),
        waves=[_row(one, titles.get(one.cluster_id)) for one in kept[want.offset : want.offset + want.size]],
        drawn=[_span(one, titles.get(one.cluster_id)) for one in lately if one.cluster_id in shown],
        since=since,
        now=asked.now,
        on=sum(one.wave.ended_at is None for one in kept),
    )


def _row(one: WaveRecord, title: str | None) -> OneWave:
    wave = one.wave
    return OneWave(
        id=one.id or 0,
        cluster=one.cluster_id,
        title=title or one.cluster_id,
        began_at=wave.began_at,
        ended_at=wave.ended_at,
        reports=wave.reports,
        expected=wave.expected,
        peak_per_hour=wave.peak_per_hour,
        last_arrival_at=wave.last_arrival_at,
        last_number=one.last_number,
        alarmed=one.alarmed,
    )


def _span(one: WaveRecord, title: str | None) -> Span:
    wave, name = one.wave, title or one.cluster_id
    until = "it is on" if wave.ended_at is None else f"until {wave.last_arrival_at:%d %b %H:%M}"
    words = f"{name}: {wave.reports} reports from {wave.began_at:%d %b %H:%M} UTC, {until}"
    ends = None if wave.ended_at is None else wave.last_arrival_at
    return Span(name, wave.began_at, ends, wave.reports, words)


def _table(model: Waves) -> Table:
    fields = ("cluster", "title", "began_at", "ended_at", "reports", "expected", "peak_per_hour", "last_number")
    return Table(fields, [attrgetter(*fields)(one) for one in model.waves])


PAGE = Page("/waves", "Waves", "waves.html", read, table=_table, live=True)
