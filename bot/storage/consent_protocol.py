"""What the bot asks of its database about people's words and its own comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.storage.records import FeedbackRecord, OwnComment


class ConsentStorage(Protocol):
    """The part of `Storage` about consent."""

    def amend_feedback(
        self, repository_id: int, withdrawn: Sequence[FeedbackRecord], added: Sequence[FeedbackRecord]
    ) -> None:
        """Take words back and add others, in one transaction; those that are there already are added no second
        time."""
        ...

    def pauses(self, repository_id: int | None = None) -> Mapping[int, FeedbackRecord]:
        """Repository → the word that paused it, for those that are paused; of all, or of one."""
        ...

    def own_comments(self, repository_id: int) -> Sequence[OwnComment]:
        """The bot's comments, each with the last time that it was written or found standing, the newest first."""
        ...

    def own_comment(self, repository_id: int, comment_id: int) -> OwnComment | None:
        """The comment of that id, where it is the bot's."""
        ...

    def compact(self) -> None:
        """Leave nothing readable in the files of what was deleted, by us or by the engine."""
        ...

    def first_heard(self, repository_id: int | None = None) -> datetime | None:
        """When the first delivery about the repository (or at all) came in, of those that are kept."""
        ...
