"""What the dashboard asks of the database beside what the bot asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.storage.dashboard_records import ActRecord, SessionRecord


class DashboardStorage(Protocol):
    """The part of `Storage` about the dashboard."""

    def open_session(self, record: SessionRecord) -> None:
        """Keep a new session; those that have expired are deleted."""
        ...

    def session(self, session_id: str) -> SessionRecord | None:
        """The session with that id, where it has not expired."""
        ...

    def grant(self, session_id: str, roles: Mapping[int, str], at: datetime) -> None:
        """Keep what GitHub says the session's person may see; repositories that are not known here are left out."""
        ...

    def close_session(self, session_id: str) -> None:
        """Forget it; nothing happens where there is none."""
        ...

    def save_act(self, record: ActRecord) -> int:
        """Keep a new act; returns its id."""
        ...

    def finish_act(self, act_id: int, state: str, outcome: str, details: Mapping[str, Any] | None = None) -> None:
        """Say what came of an act that was asked for, and add to its details; where one that undoes another is done, it
        marks that one. Safe to repeat: an act that has ended stays as it is."""
        ...

    def act(self, act_id: int) -> ActRecord | None: ...

    def acts_of(self, repository_id: int, ids: Collection[int]) -> Mapping[int, ActRecord]:
        """Those of these acts that are the repository's, by id."""
        ...

    def acts(
        self,
        repository_id: int,
        *,
        kind: str | None = None,
        actor: str | None = None,
        cluster_id: str | None = None,
        number: int | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> Sequence[ActRecord]:
        """Newest first; `before` is an id, for the next page."""
        ...
