"""What an activity may use: one frozen bundle, put together in `bot.wiring` and nowhere else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.github.protocol import GitHub, Reader, Writer
from bot.index_cache import IndexCache
from bot.settings import Settings
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.embedder import Embedder
from models.recalibration import Recalibration, from_data
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

    def calibration_of(self, repository_id: int) -> Recalibration | None:
        """What the repository's judged decisions said of the scorer and the model in force; None where nobody asked."""
        kept = self.storage.learned(repository_id).calibration or {}
        made_for = (self.scorer_id, str(self.embedder.model_id))
        return from_data(kept["found"]) if (kept.get("scorer"), kept.get("model")) == made_for else None

    def scorer_for(self, repository_id: int) -> tuple[PairScorer, str]:
        """The scorer as the repository calibrated it, with the id that its decisions carry.

        Cuts that were measured on the shipped probabilities, such as those of clusters, go with `scorer` itself.
        """
        found = self.calibration_of(repository_id)
        if found is None or found.is_shipped(self.scorer.thresholds["duplicate"]):
            return self.scorer, self.scorer_id
        own = self.scorer.with_calibration(found.slope, found.intercept, {"duplicate": found.duplicate})
        mark = hashlib.sha256(repr((found.slope, found.intercept, found.duplicate)).encode()).hexdigest()[:8]
        return own, f"{self.scorer_id}+own-{mark}"

    def reader(self, repository: RepositoryRecord) -> Reader:
        """The repository as GitHub shows it, with read permission (INV 26, 29)."""
        return self.github.reader(repository.full_name, repository.installation_id, repository.id)

    def writer(self, repository: RepositoryRecord) -> Writer:
        """What changes the repository on GitHub; only a gateway is given it."""
        return self.github.writer(repository.full_name, repository.installation_id, repository.id)
