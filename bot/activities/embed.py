"""Texts → vectors: what the model in force has not embedded yet, in batches, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.services import Services
from bot.storage.records import StoredIssue, StoredVectors
from models.document import embed_texts

BATCH = 64  # issues embedded between two saves


def embed_missing(services: Services, repository_id: int, progress: Callable[[int], None] = lambda _: None) -> int:
    """Embed every issue whose present text lacks vectors of the model in force, newest first; returns how many.

    After a change of model this embeds everything again before anything is compared (INV 13).
    """
    numbers = services.storage.unembedded(repository_id, str(services.embedder.model_id))
    for start in range(0, len(numbers), BATCH):
        batch = list(services.storage.issues(repository_id, numbers[start : start + BATCH]))
        embed(services, repository_id, batch)
        progress(len(batch))
    return len(numbers)


def embed(services: Services, repository_id: int, rows: Sequence[StoredIssue]) -> None:
    """Embed and keep the title and the salient text of each issue."""
    texts = [text for row in rows for text in embed_texts(row.text)]
    vectors = services.embedder.embed(texts)
    width = len(texts) // max(len(rows), 1)
    model_id = str(services.embedder.model_id)
    services.storage.save_vectors(
        repository_id,
        [
            StoredVectors(row.issue.number, model_id, row.text_hash, vectors[place * width : (place + 1) * width])
            for place, row in enumerate(rows)
        ],
    )
