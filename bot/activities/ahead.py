"""What a refit would find on GitHub and would have to embed, held in memory alone: a dry run writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.activities.embed import BATCH, documents_of, poison_apart
from bot.activities.history import SYNC_OVERLAP
from bot.activities.reading import recipe_in_force
from bot.errors import TriageError
from bot.index_cache import is_searchable
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord, StoredIssue

Count = Callable[[int], None]


def read_ahead(services: Services, repository: RepositoryRecord, config: RepoConfig, read: Count) -> list[StoredIssue]:
    """What GitHub tells of since the last reading and is not stored as it is now; `read` is told of each page."""
    if repository.synced_at is None:
        raise TriageError(f"{repository.full_name} was never read to the end: `triage import {repository.full_name}`")
    recipe = recipe_in_force(services, repository.id, config)
    found: dict[int, StoredIssue] = {}
    for page in services.reader(repository).issues(since=repository.synced_at - SYNC_OVERLAP):
        found |= {row.issue.number: row for row in recipe.all_stored(page)}
        read(len(page))
    stored = {row.issue.number: row for row in services.storage.issues(repository.id, sorted(found))}
    return [row for number, row in found.items() if stored.get(number) != row]


def hold_ahead(services: Services, repository_id: int, news: Sequence[StoredIssue], embedded: Count) -> None:
    """Put the news, and all else that the model in force has not embedded, into the index that this process holds.

    They stay there until the process ends, or reads the repository's next change.
    """
    index = services.indexes.index(repository_id)
    fresh = {row.issue.number: row for row in news}
    for number, row in fresh.items():
        if number in index and not is_searchable(row):
            index.remove(number)
    missing = services.storage.unembedded(repository_id, str(services.embedder.model_id))
    numbers = [*fresh, *(number for number in missing if number not in fresh)]
    for start in range(0, len(numbers), BATCH):
        batch = numbers[start : start + BATCH]
        stored = services.storage.issues(repository_id, [number for number in batch if number not in fresh])
        rows = [*(fresh[number] for number in batch if number in fresh), *stored]
        searchable = [row for row in rows if is_searchable(row)]
        poison_apart(searchable, lambda some: index.put_all(documents_of(services, some)))
        embedded(len(batch))
