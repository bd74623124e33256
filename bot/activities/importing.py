"""A repository's first reading: issues, what people called duplicates, vectors; it may end at any page, and goes on.

Issues come first, open ones and the newest before the others, as fast as GitHub answers. Then two things go on at the
same time: comments and timelines are read, and what was read is prepared and embedded, open issues first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.activities.adopt import adopt
from bot.activities.import_progress import Progress, Shown
from bot.activities.observe import Stopped, config_in_force, stopping
from bot.activities.past_verdicts import learn_verdict
from bot.activities.preparing import prepare
from bot.activities.reading import Recipe, recipe_in_force
from bot.activities.seams import MOST, between, left
from bot.commands import claimed
from bot.errors import Gone, NotFound, RetryAfter, TriageError
from bot.github.protocol import Page, PastComment, Reader, TimelineEvent
from bot.services import Services
from bot.storage.records import RAW, ImportRecord, RepositoryRecord, StoredIssue
from models.embedder import ModelUnavailable
from models.issue import Issue
from models.text import Text

STATES = ("open", "closed")
COMMENTS = "comments"
ASKED = 20  # issues asked for one by one between two saves
RESERVE = 0.1  # of the hour's requests, which are left to deliveries

log = structlog.get_logger(__name__)


def advance(
    services: Services,
    repository: RepositoryRecord,
    *,
    seconds: float = math.inf,
    embeds: bool = True,
    shown: Shown = lambda _: None,
) -> ImportRecord:
    """Go on with the first reading for about so many seconds, or to its end (`ended_at`); nobody is notified (INV 28).

    What was done is kept page by page. Raises what GitHub and the model raise; the record says it as well. Without
    `embeds` it ends when everything was read.
    """
    progress = Progress(services, repository.id, shown)
    reading = _Reading(services, repository, progress, time.monotonic() + seconds)
    try:
        with stopping(services, repository):
            _go_on(reading, embeds=embeds)
    except NotFound:
        raise Stopped("the repository was forgotten while it was read") from None
    except (TriageError, ModelUnavailable) as error:
        progress.update(error=str(error))
        raise
    return progress.record


@dataclass(frozen=True, slots=True)
class _Reading:
    services: Services
    repository: RepositoryRecord
    progress: Progress
    until: float  # of the monotonic clock

    @property
    def reader(self) -> Reader:
        return self.services.reader(self.repository)

    @property
    def at_once(self) -> int:
        return self.services.settings.import_requests

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.until

    def leave_room(self) -> None:
        """Raises RetryAfter where what is left of the hour's requests is for deliveries."""
        heard = self.services.github.heard_limits().get(self.repository.installation_id or 0)
        left = (heard.resets_at - self.services.clock()).total_seconds() if heard is not None else 0.0
        if heard is not None and left > 0 and heard.remaining < RESERVE * heard.limit:
            raise RetryAfter(f"{heard.remaining} of the hour's requests are left, for deliveries", left)


def _go_on(reading: _Reading, *, embeds: bool) -> None:
    services, progress = reading.services, reading.progress
    if not all(_read_issues(reading, state) for state in STATES) or not _read_missing(reading):
        return
    with ThreadPoolExecutor(1, thread_name_prefix="import") as beside:
        words = beside.submit(_read_words, reading)
        prepared = embeds and prepare(services, reading.repository, progress, lambda: reading.is_over)
        is_read = words.result()
    if is_read:
        _note_read(services, progress.record)
    if is_read and prepared:
        progress.update(stage="done", ended_at=services.clock())
        log.info("repository.imported", repository=reading.repository.full_name, issues=progress.record.read)


def _note_read(services: Services, record: ImportRecord) -> None:
    """The history was read to its end (INV 34)."""
    present = services.storage.repository_by_id(record.repository_id)
    if present is None:
        raise Stopped("the repository was forgotten while it was read")
    if present.imported_at is None:
        services.storage.update_repository(replace(present, imported_at=record.began_at, synced_at=record.began_at))


def _to_its_end(
    reading: _Reading,
    listing: str,
    pages: Callable[[str | None], Iterator[Page[Any]]],
    keep: Callable[[Sequence[Any]], Sequence[int]],
) -> bool:
    """Each page of the listing from where it goes on, kept before its successor counts; whether there is none left.

    `keep` returns the numbers of the issues that the page had.
    """
    cursors = reading.progress.record.cursors
    if listing in cursors and cursors[listing] is None:
        return True
    reading.leave_room()
    with closing(pages(cursors.get(listing))) as found:  # type: ignore[type-var]  # they are generators
        for page in found:
            reading.progress.at_cursor(listing, page.following, keep(page.rows))
            if page.following is None:
                return True
            if reading.is_over:
                return False
            reading.leave_room()
    return False


# --- issues


def _read_issues(reading: _Reading, state: str) -> bool:
    """Every issue of the state, kept as it came; whether that is done."""
    keep = _keeper(reading)
    if state not in reading.progress.record.cursors:
        reading.progress.update(stage=f"reading {state} issues")
    return _to_its_end(reading, state, lambda at: reading.reader.past_issues(state, at, at_once=reading.at_once), keep)


def _read_missing(reading: _Reading) -> bool:
    """Ask for what slipped over a seam between two pages (INV 34), one by one; whether that is done."""
    numbers = between(reading.progress.record.cursors)
    held = reading.services.storage.issue_times(reading.repository.id, numbers)
    missing = [number for number in numbers if number not in held][:MOST]
    keep, reader = _keeper(reading), reading.reader

    def live(number: int) -> Issue | None:
        try:
            return reader.issue(number)
        except Gone:
            return None

    with ThreadPoolExecutor(reading.at_once, thread_name_prefix="missing") as pool:
        for start in range(0, len(missing), ASKED):
            reading.leave_room()
            asked = missing[start : start + ASKED]
            found = keep([one for one in pool.map(live, asked) if one is not None])
            reading.progress.looked_for(left(missing[start:], asked), len(found))
            if found:
                log.info("import.missing_found", repository=reading.repository.full_name, issues=len(found))
            if reading.is_over and start + ASKED < len(missing):
                return False
    return True


def _keeper(reading: _Reading) -> Callable[[Sequence[Issue]], list[int]]:
    """What keeps issues as they came, and notes those that people marked as duplicates; returns their numbers."""
    services, repository = reading.services, reading.repository
    config = config_in_force(services, repository)
    recipe = recipe_in_force(services, repository.id, config)

    def keep(rows: Sequence[Issue]) -> list[int]:
        services.storage.save_issues(repository.id, _raw(services, repository.id, rows, recipe))
        marked = [one.number for one in rows if _is_marked(one, config.labels.confirmed)]
        services.storage.add_import_candidates(repository.id, marked)
        return [one.number for one in rows]

    return keep


def _raw(services: Services, repository_id: int, rows: Sequence[Issue], recipe: Recipe) -> list[StoredIssue]:
    """What is not held yet in this state; a text that was prepared already stays prepared."""
    held = services.storage.issue_times(repository_id, [one.number for one in rows])
    changed = [one for one in rows if one.number in held and held[one.number] < one.updated_at]
    fresh = [StoredIssue(one, Text(one.title), "", RAW) for one in rows if one.number not in held]
    return [*fresh, *recipe.all_stored(changed)]


def _is_marked(issue: Issue, confirmed: str) -> bool:
    """Whether people gave it the sign of a duplicate, which does not say of which issue."""
    if issue.is_pull_request:
        return False
    labels = {name.casefold() for name in issue.labels}
    return issue.state_reason == "duplicate" or confirmed.casefold() in labels


# --- what people said


def _read_words(reading: _Reading) -> bool:
    """Every comment, then the timeline of each issue that somebody called a duplicate, or on which the bot spoke before
    it forgot everything; whether that is done."""
    services, repository = reading.services, reading.repository

    def keep(rows: Sequence[PastComment]) -> tuple[()]:
        claimed = [
            one.number for one in rows if one.is_ours or (not one.author_is_bot and _is_claim(one.body, repository))
        ]
        services.storage.add_import_candidates(repository.id, claimed)
        return ()

    def pages(at: str | None) -> Iterator[Page[PastComment]]:
        return reading.reader.past_comments(at)

    return _to_its_end(reading, COMMENTS, pages, keep) and _read_timelines(reading)


def _is_claim(body: str, repository: RepositoryRecord) -> bool:
    home = repository.full_name
    return bool(body) and claimed(body, home) is not None


def _read_timelines(reading: _Reading) -> bool:
    services, repository = reading.services, reading.repository
    confirmed = config_in_force(services, repository).labels.confirmed
    reader = reading.reader

    def timeline(number: int) -> Sequence[TimelineEvent]:
        try:
            return reader.timeline(number)
        except Gone:
            return ()

    with ThreadPoolExecutor(reading.at_once, thread_name_prefix="timelines") as pool:
        while waiting := services.storage.import_candidates(repository.id, reading.at_once * 2):
            reading.leave_room()
            found = dict(zip(waiting, pool.map(timeline, waiting), strict=True))
            for number, events in found.items():
                learn_verdict(services, repository, number, events, confirmed)
            adopt(services, repository, found)
            services.storage.drop_import_candidates(repository.id, waiting)
            if reading.is_over:
                return False
    return True
