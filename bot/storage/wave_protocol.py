"""What the bot asks of its database about waves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.storage.records import WaveRecord

LOOK = "look_for_waves"  # the task under which failed looks are counted


class WaveStorage(Protocol):
    """The part of `Storage` about waves."""

    def start_wave(self, record: WaveRecord) -> int | None:
        """Keep a new wave; returns its id, or None where the cluster has one that is on, or that began then."""
        ...

    def save_wave(self, record: WaveRecord) -> None:
        """Replace what is known of a wave, by id; when the webhook was told stays."""
        ...

    def wave_told(self, wave_id: int, *, ended: bool, at: datetime) -> None:
        """The outgoing webhook took the beginning, or the end."""
        ...

    def wave(self, wave_id: int) -> WaveRecord | None: ...

    def waves(
        self, repository_id: int | None = None, *, cluster_id: str | None = None, on: bool = False, limit: int = 1000
    ) -> Sequence[WaveRecord]:
        """Newest first by their beginning; of all repositories, or of one, or of one cluster; `on`: only those."""
        ...

    def wave_counts(self) -> dict[str, int]:
        """Over all repositories: `on`, `alarmed` (ever), and `failed` (looks that failed)."""
        ...

    def cluster_reports(
        self, repository_id: int, cluster_id: str | None = None
    ) -> Mapping[str, Sequence[tuple[datetime, int]]]:
        """Cluster → its members in the current generation, when each was reported and its number, ascending."""
        ...

    def cluster_of(self, repository_id: int, number: int) -> str | None:
        """The cluster of the current generation that holds an issue."""
        ...

    def cluster_comments_since(self, repository_id: int, cluster_id: str, since: datetime) -> int:
        """A cluster's members whose first comment was planned since then and not given up, shadow ones included."""
        ...
