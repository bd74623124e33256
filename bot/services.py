"""What an activity may use: one frozen bundle, put together in `bot.wiring` and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.github.protocol import GitHub, Reader
from bot.index_cache import IndexCache
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.embedder import Embedder
from models.scorer import PairScorer


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The doors and the fitted parts, open and ready."""

    settings: Settings
    storage: Storage
    github: GitHub
    embedder: Embedder
    scorer: PairScorer
    scorer_id: str  # a hash of the scorer's artifact, kept with each decision
    indexes: IndexCache
    clock: Callable[[], datetime] = now

    def reader(self, repository: RepositoryRecord) -> Reader:
        """The repository as GitHub shows it, with read permission (INV 26, 29)."""
        return self.github.reader(repository.full_name, repository.installation_id)
