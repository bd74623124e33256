"""Thumbs-down on the bot's comments: GitHub tells nobody of them, so they are asked for, oftener where it is fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.activities.act import stands
from bot.activities.listen import keep
from bot.activities.obey import Word, objection
from bot.activities.standing import claim, spoken_decision
from bot.activities.words import taken_back
from bot.errors import Gone
from bot.github.protocol import Reaction
from bot.services import Services
from bot.storage.records import ADOPTED, OwnComment, RepositoryRecord

FRESH = timedelta(days=1)
RECENT = timedelta(days=14)
OFTEN = timedelta(minutes=9)  # between two questions about a fresh comment; the task runs every ten minutes
SELDOM = timedelta(minutes=49)  # about a recent one, so that each is asked about within the hour
DAILY = timedelta(hours=23)  # about an old one: every comment that stands is listened to for ever (INV 17)
MOST = 300  # comments of one repository in one run; who waited longest comes first
MOST_OLD = 100  # of them, where newer ones wait as well
FORGOTTEN = timedelta(days=60)  # after which an answer to a question is remembered no longer


@dataclass(frozen=True, slots=True)
class Objection:
    """A person's thumbs-down that is to have its consequence: the issue, and GitHub's id of the reaction."""

    number: int
    reaction: int


class Ears:
    """What this process asked last, and by what the next question is conditional; a new one asks everything once."""

    def __init__(self) -> None:
        self._asked: dict[int, tuple[datetime, str | None]] = {}

    def etag(self, comment: OwnComment) -> str | None:
        """What makes the question about a comment conditional."""
        return self._asked[comment.id][1] if comment.id in self._asked else None

    def heard(self, comment: OwnComment, at: datetime, etag: str | None) -> None:
        """Remember that it was asked about."""
        self._asked[comment.id] = (at, etag)

    def due(self, comments: Sequence[OwnComment], now: datetime) -> list[OwnComment]:
        """Those whose time has come, the recent ones first, of either who waited longest for it first, and of those who
        never were asked about the newest first. Old ones have a part of each run that nobody else can take."""
        waited = [(self._overdue(one, now), one) for one in comments]
        found = [(share, one) for share, one in waited if share >= 1.0]
        found.sort(key=lambda pair: (-pair[0], -pair[1].at.timestamp(), -pair[1].id))
        recent = [one for _, one in found if now - one.at < RECENT]
        old = [one for _, one in found if now - one.at >= RECENT]
        chosen = recent[: MOST - min(len(old), MOST_OLD)]
        return [*chosen, *old[: MOST - len(chosen)]]

    def forget(self, before: datetime) -> None:
        """Drop what was not asked about since then."""
        self._asked = {key: known for key, known in self._asked.items() if known[0] >= before}

    def _overdue(self, comment: OwnComment, now: datetime) -> float:
        if comment.id not in self._asked:
            return float("inf")
        age = now - comment.at
        pause = OFTEN if age < FRESH else SELDOM if age < RECENT else DAILY
        return (now - self._asked[comment.id][0]) / pause


def ask_for_objections(services: Services, repository: RepositoryRecord, ears: Ears) -> list[Objection]:
    """Ask about the comments that are due, keep people's objections (INV 17), and return what follows from them.

    A question that nothing changed since costs none of the hour's requests. Safe to repeat; raises the failures of
    `bot.errors` with what was heard so far kept.
    """
    now = services.clock()
    reader = services.reader(repository)
    found: list[Objection] = []
    for comment in ears.due(services.storage.own_comments(repository.id), now):
        if not _claims(services, repository, comment):
            ears.heard(comment, now, None)
            continue
        try:
            reactions = reader.thumbs_down(comment.id, ears.etag(comment))
        except Gone:
            ears.heard(comment, now, None)
            continue
        if reactions is None:
            ears.heard(comment, now, ears.etag(comment))
            continue
        found += _heard(services, repository, comment, reactions.given)
        ears.heard(comment, now, reactions.etag)
    ears.forget(now - FORGOTTEN)
    return found


def _claims(services: Services, repository: RepositoryRecord, comment: OwnComment) -> bool:
    """Also one that was taken over: why it was withdrawn, nobody remembers, and it must not claim the same again."""
    rows = [row for row in services.storage.effects(repository.id, number=comment.number) if stands(row)]
    if claim(services.storage, repository.id, comment.number, rows) is not None:
        return True
    spoken = spoken_decision(services.storage, repository.id, comment.number, rows)
    return spoken is not None and spoken.trigger == ADOPTED


def _heard(
    services: Services, repository: RepositoryRecord, comment: OwnComment, given: Sequence[Reaction]
) -> list[Objection]:
    """Only people's count (INV 20), and none that a maintainer took back."""
    word = Word(services, repository, comment.number, "", "reaction", "")
    said = word.said()
    found = []
    for reaction in given:
        source = f"reaction {reaction.id}"
        if reaction.author_is_bot or taken_back(said, source):
            continue
        if not any(one.value == source for one in said):
            theirs = replace(word, actor=reaction.author, source=source)
            keep(theirs, objection(theirs, value=source))
        found.append(Objection(comment.number, reaction.id))
    return found
