"""A repository's history as far as it is known: read for the first time, or what changed since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.activities.importing import advance
from bot.activities.observe import Stopped, config_in_force, stopping
from bot.activities.reading import read_again, recipe_in_force
from bot.services import Services
from bot.storage.records import ImportRecord, RepositoryRecord

SYNC_OVERLAP = timedelta(minutes=5)  # asked for again at each synchronisation, against clocks that differ


def read_history(
    services: Services, repository: RepositoryRecord, progress: Callable[[int], None] = lambda _: None
) -> RepositoryRecord:
    """Read every issue (or, after the first time, every changed one) to the end, and prepare them (INV 12, 34).

    `progress` is told how many more were read.
    """
    if repository.imported_at is None or repository.synced_at is None:
        advance(services, repository, embeds=False, shown=_counting(progress))
        read_again(services, repository, config_in_force(services, repository))
        return _present(services, repository)
    started = services.clock()
    recipe = recipe_in_force(services, repository.id, config_in_force(services, repository))
    with stopping(services, repository):
        for page in services.reader(repository).issues(since=repository.synced_at - SYNC_OVERLAP):
            services.storage.save_issues(repository.id, recipe.all_stored(page))
            progress(len(page))
    read_again(services, repository, config_in_force(services, repository))
    record = replace(_present(services, repository), imported_at=started, synced_at=started)
    services.storage.update_repository(record)
    return record


def _present(services: Services, repository: RepositoryRecord) -> RepositoryRecord:
    present = services.storage.repository_by_id(repository.id)
    if present is None:
        raise Stopped("the repository was forgotten while it was read")
    return present


def _counting(progress: Callable[[int], None]) -> Callable[[ImportRecord], None]:
    """Tells what was read since it was told last."""
    told = 0

    def tell(record: ImportRecord) -> None:
        nonlocal told
        if record.read > told:
            progress(record.read - told)
            told = record.read

    return tell
