"""Steps that several workflows take with a repository: open it, read its history, embed it, fill its clusters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from bot.activities.assign import assign_known
from bot.activities.embed import embed_missing
from bot.activities.learn import learn
from bot.activities.observe import current_config, open_repository, read_history
from bot.storage.records import RepositoryRecord
from bot.workflows.steps import bulk_step, services, step

Delivery = Mapping[str, Any]

log = structlog.get_logger(__name__)


def repository_of(delivery: Delivery) -> RepositoryRecord:
    """The repository that the delivery is about, ready to be worked on; raises Stopped."""
    return open_repository(
        services(),
        delivery["repository"],
        repository_id=delivery["repository_id"],
        installation_id=delivery["installation_id"],
    )


@step
def needs_history(delivery: Delivery) -> bool:
    """Open the repository; whether its history was never read to the end."""
    return repository_of(delivery).imported_at is None


@bulk_step
def read_repository(delivery: Delivery) -> None:
    """Read the configuration and the history (or what changed since the last reading)."""
    repository = repository_of(delivery)
    current_config(services(), repository)
    read_history(services(), repository)


@bulk_step
def learn_repository(delivery: Delivery) -> dict[str, Any]:
    """Learn what the repository teaches, and bring stored texts in step; returns what is different."""
    return learn(services(), repository_of(delivery)).to_data()


@bulk_step
def embed_repository(delivery: Delivery) -> int:
    """Embed what the model in force has not embedded yet; returns how many issues."""
    repository = repository_of(delivery)
    done = embed_missing(services(), repository.id)
    log.info("repository.embedded", issues=done)
    return done


@bulk_step
def fill_known_clusters(delivery: Delivery) -> int:
    """Publish a generation in which the known clusters hold their members; returns its number."""
    repository = repository_of(delivery)
    with services().storage.lock(repository.id):
        config = current_config(services(), repository)
        return assign_known(services(), repository, config).number


def read_and_learn(delivery: Delivery) -> None:
    """History → database → what it teaches → vectors → known clusters."""
    read_repository(delivery)
    learn_repository(delivery)
    embed_repository(delivery)
    fill_known_clusters(delivery)
