"""Back to an earlier generation: a copy of it is published as a new one, so that history stays a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.activities.assign import DEFINITIONS
from bot.activities.curate import held_to
from bot.activities.refit import PUBLISHED, ROLLBACK, next_number, told
from bot.errors import NotFound
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import GenerationRecord, Provenance, RefitRecord, RepositoryRecord
from models.changes import changes
from models.cluster import Generation
from models.curation import Curation

REFITS = 1000  # attempts looked through: more than are kept
COPY_OF = "copy of"  # the figure of such a refit: the generation that it went back to


def roll_back(
    services: Services, repository: RepositoryRecord, config: RepoConfig, number: int | None = None
) -> RefitRecord:
    """Publish a copy of the generation with this number, or of the one before that in force; the caller holds the
    repository's lock. What people said and set since holds in it too (INV 8). Raises NotFound."""
    kept = services.storage.generations(repository.id)
    current = services.storage.current_generation(repository.id)
    if current is None:
        raise NotFound(f"{repository.full_name} has no clusters yet")
    chosen = number if number is not None else _before(services, repository, current.number, kept)
    earlier = services.storage.generation(repository.id, chosen)
    if earlier is None:
        numbers = ", ".join(str(one.number) for one in kept)
        raise NotFound(f"{repository.full_name} has no generation {chosen} any more (kept: {numbers})")
    started = services.storage.start_refit(repository.id, ROLLBACK, services.clock())
    clusters = held_to(services, repository, config, earlier.clusters)
    there = {one for cluster in (*current.clusters, *clusters) for one in cluster.members}
    made = replace(
        _record(services, started),
        outcome=PUBLISHED,
        finished_at=services.clock(),
        generation=next_number(services, repository.id),
        figures={COPY_OF: chosen, "clusters": len(clusters), **_defined_by(services, repository, chosen)},
        changes=told(changes(current.clusters, clusters, Curation(), there)),
    )
    source = next(one for one in kept if one.number == chosen)
    copy = Generation(made.generation or 0, services.clock(), clusters)
    services.storage.publish(repository.id, copy, Provenance(ROLLBACK, source.model_id, source.scorer_id), made)
    return made


def _record(services: Services, attempt: int) -> RefitRecord:
    found = services.storage.refit(attempt)
    if found is None:
        raise NotFound("the repository was forgotten meanwhile")
    return found


def _defined_by(services: Services, repository: RepositoryRecord, number: int) -> dict[str, Any]:
    """What the known clusters of a generation were defined by, so that the next refit sees what is another since."""
    refits = services.storage.refits(repository.id, limit=REFITS)
    return next(
        (
            {DEFINITIONS: one.figures[DEFINITIONS]}
            for one in refits
            if one.generation == number and DEFINITIONS in one.figures
        ),
        {},
    )


def _before(services: Services, repository: RepositoryRecord, number: int, kept: Sequence[GenerationRecord]) -> int:
    """The number before the one in force, or, where that is a copy, before the one that it is a copy of: each step
    goes further back."""
    copies = {
        one.generation: int(one.figures[COPY_OF])
        for one in services.storage.refits(repository.id, limit=REFITS)
        if COPY_OF in one.figures and one.generation is not None
    }
    while number in copies:
        number = copies[number]
    earlier = [one.number for one in kept if one.number < number and one.number not in copies]
    if not earlier:
        raise NotFound(f"{repository.full_name} has no earlier generation")
    return max(earlier)
