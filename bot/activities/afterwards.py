"""Which words people said only after an act of which a delivery tells, maybe hours late: those the act takes nothing
from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.activities.obey import Word
from bot.github.protocol import Comment, TimelineEvent
from bot.storage.records import FeedbackRecord

MARGIN = timedelta(minutes=1)  # between our clock and GitHub's, and between an act and what its delivery shows
EVENTS = {"duplicate": "closed", "reopened": "reopened", "label-removed": "unlabeled"}


def said_afterwards(word: Word, event: str, at: datetime, words: Sequence[FeedbackRecord]) -> list[FeedbackRecord]:
    """Those of the words on the issue that were said after this person's act (GitHub's word for it, about at this
    time). When they were heard tells it where that was before; else GitHub is asked when they were said."""
    heard_later = [one for one in words if one.said_at > at - MARGIN]
    if not heard_later:
        return []
    reader = word.services.reader(word.repository)
    events, comments = reader.timeline(word.number), reader.comments(word.number)
    acts = [one.at for one in _by(word.actor, events) if one.event == event]
    moment = min(acts, key=lambda one: abs(one - at), default=at)
    return [one for one in heard_later if _moment(one, events, comments) > moment]


def _by(actor: str, events: Sequence[TimelineEvent]) -> list[TimelineEvent]:
    return [one for one in events if one.actor.casefold() == actor.casefold()]


def _moment(said: FeedbackRecord, events: Sequence[TimelineEvent], comments: Sequence[Comment]) -> datetime:
    """When it was said: by GitHub's time of the act, or of the person's last comment until it was heard; else when it
    was heard."""
    if said.source == "event":
        moments = [one.at for one in _by(said.actor, events) if one.event == EVENTS.get(said.kind, said.kind)]
    elif said.source in {"comment", "command"}:
        theirs = [one for one in comments if one.author.casefold() == said.actor.casefold()]
        named = [one for one in theirs if said.value == f"comment {one.id}"]
        moments = [one.updated_at for one in named or theirs]
    else:
        moments = []
    return max((one for one in moments if one <= said.said_at + MARGIN), default=said.said_at)
