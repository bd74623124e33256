"""What the bot asks of its database about first readings, budgets, and what is old."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.storage.records import ImportRecord, RateRecord


class ImportStorage(Protocol):
    """The part of `Storage` about first readings, budgets, and what is old."""

    def import_progress(self, repository_id: int) -> ImportRecord | None:
        """How far the first reading has come; None where it never began."""
        ...

    def save_import(self, record: ImportRecord) -> None:
        """Insert or replace."""
        ...

    def add_import_candidates(self, repository_id: int, numbers: Collection[int]) -> None:
        """Issues whose timeline is to be looked at; those that are waiting already wait once."""
        ...

    def import_candidates(self, repository_id: int, limit: int) -> Sequence[int]:
        """Those that wait, the newest issue first."""
        ...

    def import_candidate_count(self, repository_id: int) -> int:
        """How many wait."""
        ...

    def drop_import_candidates(self, repository_id: int, numbers: Collection[int]) -> None:
        """They were looked at."""
        ...

    def issue_times(self, repository_id: int, numbers: Collection[int]) -> Mapping[int, datetime]:
        """Number → when the issue was changed last, of those that are held."""
        ...

    def raw_issues(self, repository_id: int, limit: int) -> Sequence[tuple[int, str]]:
        """Number and state of issues that were read and whose text was not prepared yet; open ones first, the newest
        first."""
        ...

    def reports(self, repository_id: int, state: str | None = None) -> int:
        """How many issues are held, pull requests left out; of one state, or all."""
        ...

    def save_rate_limits(self, records: Sequence[RateRecord]) -> None:
        """Insert or replace, by installation."""
        ...

    def rate_limits(self) -> Sequence[RateRecord]:
        """Of every installation that was heard of and still has a repository here, by its id."""
        ...

    def comment_times(
        self, since: datetime, *, repository_id: int | None = None, installation_id: int | None = None
    ) -> Sequence[datetime]:
        """When comments reached GitHub since then, the oldest first; of a repository or of an installation."""
        ...

    def comments_since(self, since: datetime) -> Mapping[int, int]:
        """Repository → how many comments reached GitHub since then; those with none are left out."""
        ...

    def waiting_counts(self, outcome: str) -> Mapping[int, int]:
        """Repository → deliveries in the queue whose outcome begins so."""
        ...

    def prune(self, before: datetime) -> Mapping[str, int]:
        """Delete deliveries and task runs that ended before then, and what was decided about issues that are no longer
        held; returns table → rows."""
        ...
