"""People's words as they are taken back, pauses, and the bot's own comments to which they react."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from bot.storage.decisions import feedback_key
from bot.storage.door import Door
from bot.storage.records import PAUSED, RESUMED, FeedbackRecord, OwnComment
from bot.storage.tables import deliveries, effects, feedback

_COLUMNS = [feedback.c[field.name] for field in fields(FeedbackRecord)]


class Consent(Door):
    """The part of `Storage` about consent."""

    def amend_feedback(
        self, repository_id: int, withdrawn: Sequence[FeedbackRecord], added: Sequence[FeedbackRecord]
    ) -> None:
        """One transaction, so that a word is never lost between being taken back and replaced."""
        c = feedback.c
        with self._writing() as connection:
            for word in withdrawn:
                same = (c.repository_id == repository_id, c.number == word.number, c.key == feedback_key(word))
                connection.execute(delete(feedback).where(*same))
            for word in added:
                statement = self._backend.insert(feedback).values(asdict(word) | {"key": feedback_key(word)})
                connection.execute(statement.on_conflict_do_nothing(index_elements=["repository_id", "number", "key"]))

    def pauses(self, repository_id: int | None = None) -> Mapping[int, FeedbackRecord]:
        """The newest word of each repository decides."""
        c = feedback.c
        query = select(*_COLUMNS).where(c.kind.in_((PAUSED, RESUMED))).order_by(c.said_at, c.id)
        if repository_id is not None:
            query = query.where(c.repository_id == repository_id)
        with self._reading() as connection:
            found = {row.repository_id: FeedbackRecord(*row) for row in connection.execute(query)}
        return {key: word for key, word in found.items() if word.kind == PAUSED}

    def own_comments(self, repository_id: int) -> Sequence[OwnComment]:
        """Each comment once, with the last time that it was written."""
        return self._own_comments(effects.c.repository_id == repository_id)

    def own_comment(self, repository_id: int, comment_id: int) -> OwnComment | None:
        """By GitHub's id of it."""
        found = self._own_comments(effects.c.repository_id == repository_id, effects.c.github_id == comment_id)
        return next(iter(found), None)

    def compact(self) -> None:
        """As far as the engine can."""
        self._backend.compact()

    def first_heard(self, repository_id: int | None = None) -> datetime | None:
        """The oldest delivery's arrival."""
        query = select(func.min(deliveries.c.received_at))
        if repository_id is not None:
            query = query.where(deliveries.c.repository_id == repository_id)
        with self._reading() as connection:
            return connection.execute(query).scalar()

    def _own_comments(self, *conditions: Any) -> list[OwnComment]:
        c = effects.c
        written = (c.kind == "comment", c.state.in_(("done", "skipped")), c.github_id.is_not(None))
        last = func.max(c.finished_at)
        query = select(c.number, c.github_id, last).where(*written, *conditions).group_by(c.number, c.github_id)
        with self._reading() as connection:
            return [OwnComment(*row) for row in connection.execute(query.order_by(last.desc(), c.github_id.desc()))]
