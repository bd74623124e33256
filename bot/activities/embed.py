"""Texts → vectors: what the model in force has not embedded yet, in batches, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from bot.errors import TriageError, where
from bot.services import Services
from bot.storage.records import RepositoryRecord, StoredIssue, StoredVectors
from models.document import Document, Prepared, assemble, embed_texts
from models.embedder import ModelUnavailable

BATCH = 64  # issues embedded between two saves
ENOUGH = 0.95  # of a history, for what a person asks to be compared with it

log = structlog.get_logger(__name__)


def embed_missing(services: Services, repository_id: int, progress: Callable[[int], None] = lambda _: None) -> int:
    """Embed every issue whose present text lacks vectors of the model in force, newest first; returns how many.

    After a change of model this embeds everything again before anything is compared (INV 13).
    """
    numbers = services.storage.unembedded(repository_id, str(services.embedder.model_id))
    for start in range(0, len(numbers), BATCH):
        batch = list(services.storage.issues(repository_id, numbers[start : start + BATCH]))
        embed_each(services, repository_id, batch)
        progress(len(batch))
    services.indexes.note_whole(repository_id)
    return len(numbers)


def is_of_another_model(services: Services, repository_id: int) -> bool:
    """Whether another model embedded the history and the one in force not all of it yet, so that nothing may be
    compared before `embed_missing` (INV 13): most of the history would be missing. Asked once in a process."""
    if services.indexes.is_whole(repository_id):
        return False
    model_id = str(services.embedder.model_id)
    others = services.storage.vector_counts(repository_id).keys() - {model_id}
    if others and services.storage.unembedded(repository_id, model_id):
        return True
    services.indexes.note_whole(repository_id)
    return False


def check_comparable(services: Services, repository: RepositoryRecord) -> None:
    """Raises TriageError where another model embedded much more of the history than the one in force: what a person
    asks now would be compared with little of it, or with nothing (INV 13)."""
    ours = str(services.embedder.model_id)
    counts = services.storage.embedded_counts(repository.id)
    done = counts.pop(ours, 0)
    most = max(counts.values(), default=0)
    if done < ENOUGH * most:  # a few may be poison to this model
        raise TriageError(
            f"{done} of {most} issues of {repository.full_name} are embedded by the model in force ({ours}), so that "
            f"nothing can be compared yet: a worker or `triage refit {repository.full_name}` embeds the others"
        )


def embed_each(services: Services, repository_id: int, batch: Sequence[StoredIssue]) -> None:
    """Embed and keep the batch, or all of it but the poisonous ones."""
    poison_apart(batch, lambda rows: embed(services, repository_id, rows))


def poison_apart(batch: Sequence[StoredIssue], work: Callable[[Sequence[StoredIssue]], None]) -> None:
    """Work on the batch at once, or, where a text in it brings out a bug, on all but the poisonous ones (INV 33)."""
    if not batch:
        return
    try:
        work(batch)
    except (ModelUnavailable, TriageError):
        raise
    except Exception as error:  # whatever it is, the others do not suffer for it
        if len(batch) > 1:
            for row in batch:
                poison_apart([row], work)
            return
        log.warning("issue.set_aside", issue=batch[0].issue.number, reason=" at ".join(where(error)))


def embed(services: Services, repository_id: int, rows: Sequence[StoredIssue]) -> None:
    """Embed and keep the title and the salient text of each issue."""
    model_id = str(services.embedder.model_id)
    services.storage.save_vectors(
        repository_id,
        [
            StoredVectors(document.number, model_id, row.text_hash, document.vectors)
            for row, document in zip(rows, documents_of(services, rows), strict=True)
        ],
    )


def documents_of(services: Services, rows: Sequence[StoredIssue]) -> list[Document]:
    """The issues with their vectors, made now and not kept."""
    prepared = [prepared_of(row) for row in rows]
    vectors = services.embedder.embed([text for one in prepared for text in one.embed_texts])
    return [assemble(one, vectors[2 * place : 2 * place + 2]) for place, one in enumerate(prepared)]


def prepared_of(row: StoredIssue) -> Prepared:
    """A stored issue as `models.document` knows one that is read but not yet embedded."""
    return Prepared(
        number=row.issue.number,
        text=row.text,
        facts=row.facts,
        text_hash=row.text_hash,
        embed_texts=embed_texts(row.text),
        created_at=row.issue.created_at,
        author=row.issue.author,
    )
