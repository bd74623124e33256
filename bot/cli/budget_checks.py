"""What `triage doctor` says of budgets, limits and first readings: spent, limit, when there is room, and who waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from bot.activities.budget import DAY, HOUR, Budget, limits_of
from bot.repo_config import RepoConfig, in_force
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import WAITS_FOR_BUDGET, WAITS_FOR_GITHUB, ImportRecord, RateRecord, RepositoryRecord

State = Literal["ok", "warn"]
Finding = tuple[str, State, str, str]  # name, state, found, what to do

FEW_REQUESTS = 0.1  # of the hour's
IT_WAITS = "the bot waits when none is left"


def budget_findings(settings: Settings, storage: Storage) -> Iterator[Finding]:
    """One line for each repository that wrote or waits, and one for each installation that GitHub counted."""
    now = datetime.now(UTC)
    spoke, waiting = storage.comments_since(now - DAY), storage.waiting_counts(WAITS_FOR_BUDGET)
    for_github = storage.waiting_counts(WAITS_FOR_GITHUB)
    for repository in storage.repositories():
        if repository.id in spoke or repository.id in waiting:
            yield _of_repository(settings, storage, repository, now, waiting.get(repository.id, 0))
        if repository.id in for_github:
            words = f"{for_github[repository.id]} deliveries wait until GitHub's limit is over"
            yield f"waiting {repository.full_name}", "warn", words, "they go on by themselves"
        progress = storage.import_progress(repository.id)
        if progress is not None and progress.ended_at is None:
            yield _of_import(repository, progress)
    for one in storage.rate_limits():
        yield _of_installation(one, now)


def _of_installation(one: RateRecord, now: datetime) -> Finding:
    name = f"requests of installation {one.installation_id}" if one.installation_id else "requests of the token"
    words = f"{one.remaining} of {one.limit} left until {one.resets_at:%H:%M} UTC, heard at {one.seen_at:%H:%M}"
    is_short = one.remaining < FEW_REQUESTS * one.limit and now < one.resets_at
    return name, "warn" if is_short else "ok", words, IT_WAITS if is_short else ""


def _of_repository(
    settings: Settings, storage: Storage, repository: RepositoryRecord, now: datetime, waiting: int
) -> Finding:
    found = list(limits_of(settings, storage, repository, _config(storage, repository.id), now))
    words = ", ".join(_words(one, now) for one in found)
    is_spent = any(one.limit and one.frees_at(now) is not None for one in found)
    todo = "they go on by themselves; raise limits.comments_per_hour if this is too slow" if waiting else ""
    return f"budget {repository.full_name}", "warn" if is_spent else "ok", f"{words}; {waiting} wait", todo


def _words(one: Budget, now: datetime) -> str:
    span = "hour" if one.span == HOUR else "day"
    free = one.frees_at(now) if one.limit else None
    resets = f" (room again at {free:%H:%M} UTC)" if free is not None else ""
    return f"{one.whose} {len(one.written)}/{one.limit} in the {span}{resets}"


def _of_import(repository: RepositoryRecord, progress: ImportRecord) -> Finding:
    words = f"{progress.read} of about {progress.total} read, {progress.embedded} of {progress.to_embed} embedded"
    name = f"import {repository.full_name}"
    if progress.error:
        return name, "warn", f"{words}; it stopped: {progress.error}", f"`triage import {repository.full_name}` goes on"
    return name, "ok", words, ""


def _config(storage: Storage, repository_id: int) -> RepoConfig:
    record = storage.config(repository_id)
    return in_force(record.valid_text, record.error)
