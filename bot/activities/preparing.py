"""What a first reading brought is prepared and embedded: open issues first, the newest first."""

from __future__ import annotations

from collections.abc import Callable

from bot.activities.embed import embed_each, embed_missing
from bot.activities.import_progress import Progress
from bot.activities.learn import learn_template
from bot.activities.observe import config_in_force
from bot.activities.reading import recipe_in_force
from bot.services import Services
from bot.storage.records import RepositoryRecord

BATCH = 64  # issues between two saves


def prepare(services: Services, repository: RepositoryRecord, progress: Progress, is_over: Callable[[], bool]) -> bool:
    """Until `is_over`; whether nothing is left. Notes when the last open issue was done (`usable_at`)."""
    storage, model_id = services.storage, str(services.embedder.model_id)
    learn_template(services, repository)
    embedded = storage.embedded_counts(repository.id).get(model_id, 0)
    progress.update(stage="embedding", to_embed=storage.reports(repository.id), embedded=embedded)
    recipe = recipe_in_force(services, repository.id, config_in_force(services, repository))
    while batch := storage.raw_issues(repository.id, BATCH):
        if batch[0][1] == "closed":
            _note_usable(services, progress)
        numbers = [number for number, state in batch if state == batch[0][1]]
        fresh = recipe.all_stored([row.issue for row in storage.issues(repository.id, numbers)])
        storage.save_issues(repository.id, fresh)
        for number in set(numbers) - {row.issue.number for row in fresh}:
            storage.delete_issue(repository.id, number)  # it brought out a bug, and is set aside (INV 33)
        reports = [row for row in fresh if not row.issue.is_pull_request]
        embed_each(services, repository.id, reports)
        progress.embedded(len(reports))
        if is_over():
            return False
    embed_missing(services, repository.id, progress.embedded)  # what an earlier attempt prepared and did not embed
    _note_usable(services, progress)
    return True


def _note_usable(services: Services, progress: Progress) -> None:
    if progress.record.usable_at is None:
        progress.update(usable_at=services.clock())
