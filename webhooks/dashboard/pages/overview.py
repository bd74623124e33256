"""One repository at a glance: how it stands, what rises now, what needs a person, what was decided last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.storage.records import WaveRecord
from models.decision import Verdict
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.pages.review import band_of, threshold_of
from webhooks.dashboard.standing import Standing, standing_of

NEWEST = 12
MOST_WAVES = 50
MOST_PAST = 5
REMEMBERED = timedelta(days=30)  # for so long a wave that is over is shown
HOURS_SHOWN = 48
LATELY = timedelta(days=7)
NOT_LOOKED_FOR = timedelta(hours=26)  # a nightly task may be this old
STALE_AFTER = {
    "keep_comments": timedelta(hours=3),
    "poll_reactions": timedelta(hours=1),
    "recover_deliveries": timedelta(hours=3),
    "refit_clusters": timedelta(hours=1),
}
TASKS = {
    "close_duplicates": "Closes what was earned",
    "keep_comments": "Keeps comments true",
    "poll_reactions": "Asks for thumbs-down",
    "recover_deliveries": "Fetches what was missed",
    "refit_clusters": "Looks whose refit is due",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A scheduled task of the server; `is_stale` is an alarm."""

    name: str
    title: str
    last_success: datetime | None
    is_stale: bool


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
    """A wave that is on. `arrivals`: reports in each of the last 48 hours, the oldest first."""

    cluster_id: str
    title: str
    began_at: datetime
    reports: int
    expected: float
    peak_per_hour: int
    last_arrival_at: datetime
    last_number: int
    arrivals: Sequence[int]


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
    """Something that needs a person, with the page where it is done."""

    sentence: str
    href: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Overview:
    """The page."""

    standing: Standing
    coverage: Coverage
    reading: Reading | None
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
    standing = standing_of(repository, config, is_paused=repository.id in storage.pauses(repository.id))
    refit = next((one for one in storage.refit_standing() if one.repository_id == repository.id), None)
    published = storage.generations(repository.id, limit=1)
    waves, past = _waves(asked)
    last = refit.last_success if refit is not None else None
    return Overview(
        standing=standing,
        coverage=_coverage(asked),
        reading=_reading(asked),
        tasks=[_task(asked, name) for name in asked.runtime.scheduled_tasks],
        last_refit=last,
        refit_is_stale=_is_stale(asked, last, NOT_LOOKED_FOR),
        waves=waves,
        past=past,
        todo=list(_todo(asked, standing, config.error)),
        decided=_decided(asked),
        clusters=published[0].clusters if published else 0,
    )


def _coverage(asked: Asked) -> Coverage:
    states = asked.storage.issue_states(asked.repository.id)
    embedded = asked.storage.vector_counts(asked.repository.id)
    return Coverage(states.get("open", 0), states.get("closed", 0), max(embedded.values(), default=0))


def _reading(asked: Asked) -> Reading | None:
    found = asked.storage.import_progress(asked.repository.id)
    if found is None or found.ended_at is not None:
        return None
    return Reading(found.read, found.total, found.embedded, found.to_embed, found.error)


def _task(asked: Asked, name: str) -> Task:
    last = asked.storage.last_success(name)
    limit = STALE_AFTER.get(name, NOT_LOOKED_FOR)
    return Task(name, TASKS.get(name, name), last, _is_stale(asked, last, limit))


def _is_stale(asked: Asked, last: datetime | None, limit: timedelta) -> bool:
    """Whether it is too long ago; what never succeeded is as old as what we know of the repository."""
    since = last or asked.storage.first_heard(asked.repository.id) or asked.repository.imported_at
    return since is None or asked.now - since > limit


def _waves(asked: Asked) -> tuple[list[Rising], list[Past]]:
    """Those that are on, and the last ones that are over."""
    found = asked.storage.waves(asked.repository.id, limit=MOST_WAVES)
    ids = {one.cluster_id for one in found}
    clusters = asked.storage.clusters_in_force(asked.repository.id, ids=ids) if ids else ()
    titles = {one.id: one.title for one in clusters}
    on = [_rising(asked, one, titles.get(one.cluster_id, one.cluster_id)) for one in found if one.wave.ended_at is None]
    over = [
        Past(one.cluster_id, titles.get(one.cluster_id, one.cluster_id), one.wave.began_at, ended, one.wave.reports)
        for one in found
        if (ended := one.wave.ended_at) is not None and asked.now - ended < REMEMBERED
    ]
    return on, over[:MOST_PAST]


def _rising(asked: Asked, record: WaveRecord, title: str) -> Rising:
    wave = record.wave
    return Rising(
        record.cluster_id,
        title,
        wave.began_at,
        wave.reports,
        wave.expected,
        wave.peak_per_hour,
        wave.last_arrival_at,
        record.last_number,
        _arrivals(asked, record.cluster_id),
    )


def _arrivals(asked: Asked, cluster_id: str) -> list[int]:
    counts = [0] * HOURS_SHOWN
    for at, _ in asked.storage.cluster_reports(asked.repository.id, cluster_id).get(cluster_id, ()):
        hours = int((asked.now - at) / timedelta(hours=1))
        if 0 <= hours < HOURS_SHOWN:
            counts[-1 - hours] += 1
    return counts


def _todo(asked: Asked, standing: Standing, error: str | None) -> Iterator[Todo]:
    storage, repository = asked.storage, asked.repository
    if error is not None:
        yield Todo("The configuration has errors; the last valid one stays in force.", "settings")
    if standing.word in {"stopped", "paused"}:
        yield Todo(f"The bot does not write here: {standing.sentence}.", "settings")
    failed = len(storage.deliveries(state="failed", repository_id=repository.id, limit=100))
    if failed:
        yield Todo("Deliveries were set aside because something failed.", "activity", failed)
    waiting = storage.review_counts(repository.id, band_of(threshold_of(storage, repository.id)))
    if sum(waiting.values()):
        yield Todo("Pairs of issues wait for a person's word.", "review", sum(waiting.values()))
    refits = storage.refits(repository.id, limit=1)
    if refits and refits[0].outcome in {"refused", "failed"}:
        yield Todo(f"The last refit was {refits[0].outcome}; the clusters before it stay in force.", "refits")
    since = asked.now - LATELY
    told = [one for one in storage.decisions(repository.id, since=since, limit=500) if _needs_a_person(one.verdict)]
    if told:
        yield Todo("Reports look like security reports: nothing was said of them in public.", "activity", len(told))


def _needs_a_person(verdict: str) -> bool:
    return verdict == Verdict.SECURITY.value


def _decided(asked: Asked) -> list[Decided]:
    newest = asked.storage.decisions(asked.repository.id, limit=NEWEST)
    wanted = sorted({one.number for one in newest})
    rows = asked.storage.issues(asked.repository.id, wanted) if wanted else ()
    titles = {row.issue.number: row.issue.title for row in rows}
    return [
        Decided(one.number, titles.get(one.number, ""), one.verdict, one.body.get("canonical"), one.decided_at)
        for one in newest
    ]


def _table(model: Overview) -> Table:
    rows = [(one.number, one.title, one.verdict, one.canonical, one.decided_at) for one in model.decided]
    return Table(("issue", "title", "verdict", "canonical", "decided at"), rows)


PAGE = Page("/overview", "Overview", "overview.html", read, table=_table)
