"""Steps that several workflows take with a repository: open it, read its history, embed it, fill its clusters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.activities.embed import embed_missing, is_of_another_model
from bot.activities.history import read_history
from bot.activities.importing import advance
from bot.activities.learn import learn
from bot.activities.observe import current_config, open_repository
from bot.activities.refit import IMPORT, begun, give_up, refit
from bot.inbox import repository_partition
from bot.storage.records import RepositoryRecord
from bot.workflows.enqueue import enqueue
from bot.workflows.steps import StepFailed, bulk_step, services, step
from bot.workflows.tell_wave import announce, learn_past_waves

Delivery = Mapping[str, Any]
MAP = "draw_map"  # the workflow that draws
TOLD_EACH = 500  # issues embedded between two lines about it: about half a minute
SLICE_SECONDS = 30.0  # of a first reading, before others of the repository have their turn

log = structlog.get_logger(__name__)


def repository_of(delivery: Delivery) -> RepositoryRecord:
    """The repository that the delivery is about, ready to be worked on; raises Stopped."""
    return open_repository(
        services(),
        delivery["repository"],
        repository_id=delivery["repository_id"],
        installation_id=delivery["installation_id"],
        told_by=delivery.get("id", ""),
    )


@step
def needs_history(delivery: Delivery) -> bool:
    """Open the repository; whether its open issues were not read and embedded yet, so that nothing can be decided."""
    repository = repository_of(delivery)
    known = services().storage.import_progress(repository.id)
    return repository.imported_at is None and (known is None or known.usable_at is None)


@bulk_step
def import_slice(delivery: Delivery) -> dict[str, Any]:
    """Go on with the first reading for a while; how far it is."""
    repository = repository_of(delivery)
    current_config(services(), repository)
    record = advance(services(), repository, seconds=SLICE_SECONDS)
    words = f"{record.read} of about {record.total} read, {record.embedded} of {record.to_embed} embedded"
    return {"usable": record.usable_at is not None, "ended": record.ended_at is not None, "words": words}


def make_ready(delivery: Delivery) -> None:
    """Read and embed the open history, in the repository's place in the queue; the rest follows behind who waits."""
    while not (state := import_slice(delivery))["usable"]:
        log.info("repository.importing", progress=state["words"])
    if state["ended"]:
        read_and_learn(delivery)
    else:
        import_later(delivery, delivery["repository_id"], delivery["repository"])


def import_later(delivery: Delivery, repository_id: int, full_name: str) -> None:
    """Go on with (or begin) the repository's first reading when its turn comes."""
    identity, partition = import_id(delivery, repository_id), repository_partition(repository_id)
    about = {"repository": full_name, "repository_id": repository_id, "issue": None, "partition": partition}
    fresh = {"details": {}, "attempt": 0, "waits": 0}
    payload = {**delivery, "id": identity, "workflow": "import_repository", **about, **fresh}
    payload.pop("run", None)
    enqueue("import_repository", identity, partition, payload)


def import_id(delivery: Delivery, repository_id: int) -> str:
    """What the first reading that a delivery asks for is known by."""
    return f"{delivery['id']}/import/{repository_id}"


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


def embed_for_the_model(delivery: Delivery) -> None:
    """After a change of model, embed the whole history before anything is compared (INV 13); whoever else waits for
    the repository waits for that too. A process that dies goes on where it was."""
    if needs_embedding(delivery):
        embed_repository(delivery)


@step
def needs_embedding(delivery: Delivery) -> bool:
    """Whether the model in force is another than the one that embedded the history."""
    return is_of_another_model(services(), delivery["repository_id"])


@bulk_step
def embed_repository(delivery: Delivery) -> int:
    """Embed what the model in force has not embedded yet; returns how many issues."""
    repository = repository_of(delivery)
    done = embed_missing(services(), repository.id, _told_in_the_log(repository))
    log.info("repository.embedded", issues=done)
    return done


def _told_in_the_log(repository: RepositoryRecord) -> Callable[[int], None]:
    """How far a long embedding is, of everything after a change of model: a line for each TOLD_EACH issues."""
    missing, done = len(services().storage.unembedded(repository.id, str(services().embedder.model_id))), 0

    def tell(count: int) -> None:
        nonlocal done
        told, done = done // TOLD_EACH, done + count
        if done // TOLD_EACH > told:
            log.info("repository.embedding", repository=repository.full_name, done=done, of=missing)

    return tell


@step
def begin_refit(delivery: Delivery, origin: str) -> int:
    """Note that an attempt begins, before GitHub is asked of the repository; returns its id."""
    known = services().storage.repository_by_id(delivery["repository_id"])
    noted = known if known is not None and known.state == "active" else repository_of(delivery)
    return begun(services(), noted, origin)


@step
def fail_refit(attempt: int, reason: str) -> None:
    """Note that the attempt failed, where it did not end otherwise."""
    give_up(services(), attempt, reason)


@bulk_step
def refit_clusters_of(delivery: Delivery, attempt: int) -> str:
    """Make the clusters anew and publish them, if they may be; returns the attempt's outcome."""
    repository = repository_of(delivery)
    config = current_config(services(), repository)
    return str(refit(services(), repository, config, attempt).outcome)


def read_and_learn(delivery: Delivery, origin: str = IMPORT) -> str:
    """History → database → what it teaches → vectors → clusters; returns the refit's outcome.

    What fails is noted at the attempt.
    """
    attempt = begin_refit(delivery, origin)
    try:
        read_repository(delivery)
        learn_repository(delivery)
        embed_repository(delivery)
        outcome = str(refit_clusters_of(delivery, attempt))
    except Exception as failure:
        fail_refit(attempt, words_of(failure))
        raise
    _order_map(delivery, attempt)
    announce(learn_past_waves(delivery["repository"]))
    return outcome


def _order_map(delivery: Delivery, attempt: int) -> None:
    """Have the map drawn beside the repository's queue, once for each attempt."""
    repository_id = delivery["repository_id"]
    order = {name: delivery[name] for name in ("repository", "repository_id", "installation_id")}
    enqueue(MAP, f"map/{repository_id}/{attempt}", f"map:{repository_id}", order)


def words_of(failure: Exception) -> str:
    """Why a step ended its workflow: a sentence, or a bug's type and place."""
    return " at ".join(failure.args) if isinstance(failure, StepFailed) else str(failure)
