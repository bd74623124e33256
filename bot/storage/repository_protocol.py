"""What the bot asks of its database about repositories as a whole: their rows, their configuration, forgetting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.storage.records import ConfigRecord, RepositoryRecord


class RepositoryStorage(Protocol):
    """The part of `Storage` about repositories."""

    def save_repository(self, record: RepositoryRecord) -> None:
        """Insert or replace, by id. A rename takes the new name; another record that held it keeps "" until GitHub
        names it again."""
        ...

    def add_repository(self, record: RepositoryRecord, delivery_id: str) -> bool:
        """The same, where the delivery that told of the repository is still kept: forgetting takes it away (INV 45)."""
        ...

    def update_repository(self, record: RepositoryRecord) -> bool:
        """The same, where it is known; one that was forgotten meanwhile does not come back (INV 45)."""
        ...

    def repository(self, full_name: str) -> RepositoryRecord | None:
        """By present name, ignoring case."""
        ...

    def repository_by_id(self, repository_id: int) -> RepositoryRecord | None:
        """By GitHub's id."""
        ...

    def repositories(self) -> Sequence[RepositoryRecord]:
        """All that are not removed and have a name, by name."""
        ...

    def forget_repository(self, repository_id: int) -> dict[str, int]:
        """Delete everything held about it; returns table → rows deleted. Later writes about it raise NotFound until
        it is saved again."""
        ...

    def config(self, repository_id: int) -> ConfigRecord:
        """The configuration as last read; an empty record where it never was."""
        ...

    def save_config(self, repository_id: int, record: ConfigRecord) -> None:
        """Insert or replace all but `notice_number`."""
        ...

    def set_notice(self, repository_id: int, number: int | None) -> None:
        """Which issue tells that the configuration is wrong; nothing where no configuration was saved."""
        ...
