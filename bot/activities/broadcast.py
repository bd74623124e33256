"""A maintainer tells all members of a cluster something: what it will look like, whom it reaches, and keeping it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.activities.upkeep import members_told, numbers_of
from bot.comment import Status, cleaned, status_markdown
from bot.errors import TriageError
from bot.storage.protocol import Storage
from models.redact import redact


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a status reaches: `numbers` are the issues whose comment will show it, ascending; `text` is what is kept,
    `markdown` what stands in each comment. Both are None where the status is taken away."""

    numbers: tuple[int, ...]
    text: str | None
    markdown: str | None

    @property
    def count(self) -> int:
        """How many comments are edited."""
        return len(self.numbers)


def preview(storage: Storage, repository_id: int, cluster_id: str, text: str | None, at: datetime) -> Preview:
    """What telling the members this would do; nothing is kept. Raises TriageError, with a sentence, for a text that
    cannot be told."""
    numbers = numbers_of(members_told(storage, repository_id, cluster_id))
    if text is None:
        return Preview(numbers, None, None)
    kept = told_text(text)
    return Preview(numbers, kept, status_markdown(Status(kept, at.date())))


def keep_status(
    storage: Storage, repository_id: int, cluster_id: str, text: str | None, actor: str, at: datetime
) -> Preview:
    """Keep what the members are told from now on (None: nothing any more); their comments follow by
    `bot.workflows.follow_canonical`. Raises like `preview`."""
    shown = preview(storage, repository_id, cluster_id, text, at)
    storage.set_status(repository_id, cluster_id, shown.text, actor, at)
    return shown


def told_text(text: str) -> str:
    """The text, its lines kept, without secrets or addresses; raises TriageError where nothing or too much is left."""
    try:
        return cleaned(redact(text))
    except ValueError as problem:
        raise TriageError(str(problem)) from None
