"""One repository at a glance: how it stands, what rises now, what needs a person, what was decided last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.storage.look_records import BacktestRecord
from bot.storage.page_records import IssueRow
from bot.storage.records import ConfigRecord, WaveRecord
from models.decision import Verdict
from models.tallies import growth
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.pages.review import band_of, threshold_of
from webhooks.dashboard.standing import Standing, held, in_force, standing_at
from webhooks.dashboard.tasks import NOT_LOOKED_FOR, Task, began_at, is_overdue, tasks_of

NEWEST = 12
MOST_WAVES = 50
MOST_PAST = 5
REMEMBERED = timedelta(days=30)  # for so long a wave that is over is shown
HOURS_SHOWN = 48
HOUR = timedelta(hours=1)
EMPTY = (0,) * HOURS_SHOWN
LATELY = timedelta(days=7)
TRIAL = timedelta(days=30)  # for so long a replay of the past is shown here, in shadow mode for as long as that holds
ONE_FAILED, MANY_FAILED = "delivery failed and was set aside.", "deliveries failed and were set aside."
ONE_WAITS, MANY_WAIT = "pair of issues waits for a person's word.", "pairs of issues wait for a person's word."
ONE_SECURITY = "report looks like a security report: nothing was said of it in public."
MANY_SECURITY = "reports look like security reports: nothing was said of them in public."


@dataclass(frozen=True, slots=True)
class Reading:
    """A first reading that is under way, or waits to go on (`error`)."""

    read: int
    total: int | None
    embedded: int
    to_embed: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the history can be found: issues with vectors, of those that are known (pull requests left out)."""

    open: int
    closed: int
    indexed: int

    @property
    def total(self) -> int:
        """All issues."""
        return self.open + self.closed

    @property
    def share(self) -> float | None:
        """Indexed of total; None where there is nothing yet."""
        return min(1.0, self.indexed / self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class Rising:
    """A wave that is on. `arrivals`: reports in each of the last 48 hours, the oldest first; `members`: all reports of
    its cluster, `canonical` the live one; `told`: when maintainers told its reporters something."""

    cluster_id: str
    title: str
    began_at: datetime
    reports: int
    expected: float
    peak_per_hour: int
    last_arrival_at: datetime
    last_number: int
    arrivals: Sequence[int]
    members: int
    canonical: int | None
    told: datetime | None


@dataclass(frozen=True, slots=True)
class Past:
    """A wave that is over."""

    cluster_id: str
    title: str
    began_at: datetime
    ended_at: datetime
    reports: int


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision; `title` is the issue's own."""

    number: int
    title: str
    verdict: str
    canonical: int | None
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Todo:
    """Something that needs a person, with the page where it is done; `count` of it where it can be counted."""

    sentence: str
    href: str
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """The page. `trial`: what a replay of the past found, while people make up their minds about the bot."""

    standing: Standing
    coverage: Coverage
    reading: Reading | None
    trial: BacktestRecord | None
    is_shadow: bool
    tasks: Sequence[Task]
    last_refit: datetime | None
    refit_is_stale: bool
    waves: Sequence[Rising]
    past: Sequence[Past]
    todo: Sequence[Todo]
    decided: Sequence[Decided]
    clusters: int


def read(asked: Asked) -> Overview:
    """The model of the page."""
    storage, repository = asked.storage, asked.repository
    config = storage.config(repository.id)
    standing = standing_at(asked)
    refit = next((one for one in storage.refit_standing(every=True) if one.repository_id == repository.id), None)
    published = storage.generations(repository.id, limit=1)
    waves, past = _waves(asked)
    is_shadow = in_force(config).mode == "shadow"
    last = refit.last_success if refit is not None else None
    return Overview(
        standing=standing,
        coverage=_coverage(asked),
        reading=_reading(asked),
        trial=_trial(asked, is_shadow=is_shadow),
        is_shadow=is_shadow,
        tasks=tasks_of(asked),
        last_refit=last,
        refit_is_stale=is_overdue(asked, last, NOT_LOOKED_FOR, _known_since(asked)),
        waves=waves,
        past=past,
        todo=list(_todo(asked, standing, config)),
        decided=_decided(asked),
        clusters=published[0].clusters if published else 0,
    )


def _coverage(asked: Asked) -> Coverage:
    states = asked.storage.issue_states(asked.repository.id)
    embedded = asked.storage.vector_counts(asked.repository.id)
    return Coverage(states.get("open", 0), states.get("closed", 0), max(embedded.values(), default=0))


def _known_since(asked: Asked) -> datetime | None:
    """Since when the repository could have been refitted."""
    return asked.repository.imported_at or began_at(asked)


def _reading(asked: Asked) -> Reading | None:
    found = asked.storage.import_progress(asked.repository.id)
    if found is None or found.ended_at is not None:
        return None
    return Reading(found.read, found.total, found.embedded, found.to_embed, found.error)


def _trial(asked: Asked, *, is_shadow: bool) -> BacktestRecord | None:
    found = asked.storage.last_backtest(asked.repository.id)
    return found if found is not None and (is_shadow or asked.now - found.made_at < TRIAL) else None


def _waves(asked: Asked) -> tuple[list[Rising], list[Past]]:
    """Those that are on, and the last ones that are over."""
    found = asked.storage.waves(asked.repository.id, limit=MOST_WAVES)
    titles = asked.storage.cluster_titles(asked.repository.id) if found else {}
    rising = [one for one in found if one.wave.ended_at is None]
    on = _on(asked, rising, titles)
    over = [
        Past(one.cluster_id, titles.get(one.cluster_id, one.cluster_id), one.wave.began_at, ended, one.wave.reports)
        for one in found
        if (ended := one.wave.ended_at) is not None and asked.now - ended < REMEMBERED
    ]
    return on, over[:MOST_PAST]


def _on(asked: Asked, waves: Sequence[WaveRecord], titles: Mapping[str, str]) -> list[Rising]:
    """Each with what a maintainer needs to act on it."""
    if not waves:
        return []
    storage, repository_id = asked.storage, asked.repository.id
    ids = {one.cluster_id for one in waves}
    arrivals, told = _arrivals(asked, ids), storage.statuses(repository_id)
    clusters = {one.id: one for one in storage.clusters_in_force(repository_id, ids=ids)}
    found = []
    for one in waves:
        wave, cluster, status = one.wave, clusters.get(one.cluster_id), told.get(one.cluster_id)
        rising = Rising(
            one.cluster_id,
            titles.get(one.cluster_id, one.cluster_id),
            wave.began_at,
            wave.reports,
            wave.expected,
            wave.peak_per_hour,
            wave.last_arrival_at,
            one.last_number,
            arrivals[one.cluster_id],
            len(cluster.members) if cluster is not None else wave.reports,
            cluster.canonical if cluster is not None else None,
            status.at if status is not None and status.text else None,
        )
        found.append(rising)
    return found


def _arrivals(asked: Asked, clusters: Collection[str]) -> dict[str, list[int]]:
    """Cluster → reports in each of the last hours."""
    since = asked.now - HOURS_SHOWN * HOUR
    found = asked.storage.cluster_arrivals(asked.repository.id, clusters, since)
    return {one: list(growth(found.get(one, ()), asked.now, HOURS_SHOWN, since=since) or EMPTY) for one in clusters}


def _todo(asked: Asked, standing: Standing, config: ConfigRecord) -> Iterator[Todo]:
    storage, repository = asked.storage, asked.repository
    if config.error is not None:
        yield Todo(f"The configuration has errors; {held(config)}.", "settings")
    if standing.word in {"stopped", "paused"}:
        yield Todo(f"The bot does not write here: {standing.sentence}.", "settings")
    failed = len(storage.deliveries(state="failed", repository_id=repository.id, limit=100))
    if failed:
        yield _counted(failed, ONE_FAILED, MANY_FAILED, "activity?view=failures")
    waiting = sum(storage.review_counts(repository.id, band_of(threshold_of(storage, repository.id))).values())
    if waiting:
        yield _counted(waiting, ONE_WAITS, MANY_WAIT, "review")
    refits = storage.refits(repository.id, limit=1)
    if refits and refits[0].outcome in {"refused", "failed"}:
        yield Todo(f"The last refit was {refits[0].outcome}; the clusters before it stay in force.", "refits")
    told = storage.verdict_count(repository.id, Verdict.SECURITY.value, since=asked.now - LATELY)
    if told:
        yield _counted(told, ONE_SECURITY, MANY_SECURITY, f"issues?verdict={Verdict.SECURITY.value}")


def _counted(count: int, one: str, many: str, href: str) -> Todo:
    return Todo(one if count == 1 else many, href, count)


def _decided(asked: Asked) -> list[Decided]:
    newest = asked.storage.decisions(asked.repository.id, limit=NEWEST)
    cards = asked.storage.issue_cards(asked.repository.id, [one.number for one in newest])
    return [
        Decided(one.number, _title(cards.get(one.number)), one.verdict, one.body.get("canonical"), one.decided_at)
        for one in newest
    ]


def _title(card: IssueRow | None) -> str:
    return "" if card is None else card.title


def _table(model: Overview) -> Table:
    rows = [(one.number, one.title, one.verdict, one.canonical, one.decided_at) for one in model.decided]
    return Table(("issue", "title", "verdict", "canonical", "decided at"), rows)


PAGE = Page("/overview", "Overview", "overview.html", read, table=_table, live=True)
