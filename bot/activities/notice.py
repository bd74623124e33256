"""What people do on GitHub without a word to the bot: each act is remembered with its consequence (INV 17 to 21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.activities.act import stands
from bot.activities.adopt import adopt_deleted
from bot.activities.afterwards import MARGIN, said_afterwards
from bot.activities.listen import keep, take_back
from bot.activities.obey import Change, Refused, Word, confirmation, objection, withdrawal
from bot.activities.standing import claim
from bot.commands import MAINTAINERS, claimed, mentioned
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord
from models.decision import EffectKind

IN_PASSING = frozenset({"event", "comment"})  # where a confirmation comes from that asked the bot for nothing
AGAINST = frozenset({"objection", "separated", "reopened", "comment-deleted"})  # words against a duplicate

log = structlog.get_logger(__name__)


def notice(services: Services, repository: RepositoryRecord, delivery: Mapping[str, Any]) -> bool:
    """Remember what a person did; whether the issue is to be decided again for it."""
    react = ACTS.get((delivery["event"], delivery["action"]))
    details = delivery["details"]
    actor = str(details.get("sender", ""))
    if react is None or not actor or actor.endswith("[bot]") or details.get("sender_type") == "Bot":
        return False  # INV 20
    if details.get("at") is None:
        details = {**details, "at": delivery.get("received_at") or services.clock().isoformat()}
    return react(Word(services, repository, delivery["issue"], actor, "event", f"delivery {delivery['id']}"), details)


def _unlabeled(word: Word, details: Mapping[str, Any]) -> bool:
    """One of the bot's labels was removed: it is not set again unless a person asks (INV 21). One that the bot set
    again since was asked for; one that somebody else set again is theirs."""
    name = str(details.get("label", "")).casefold()
    rows = word.services.storage.effects(word.repository.id, number=word.number, kind=EffectKind.ADD_LABEL.value)
    ours = next((row for row in rows if stands(row) and row.value.casefold() == name), None)
    if ours is None:
        return False
    stored = word.services.storage.issue(word.repository.id, word.number)
    is_there = stored is not None and name in {one.casefold() for one in stored.issue.labels}
    if not (is_there and ours.planned_at > _at(details) - MARGIN):
        keep(word, Change.of(word.record("label-removed", None, str(details["label"]))))
    return False


def _reopened(word: Word, details: Mapping[str, Any]) -> bool:
    """The bot never acts on that issue's state again (INV 19); what it says of a duplicate is looked at once more. Who
    had closed it as a duplicate, or called it one in passing, is taken back; what the bot was told holds."""
    claims = [one for one in word.said() if one.kind == "duplicate" and one.source in IN_PASSING]
    newer = said_afterwards(word, "reopened", _at(details), claims)
    gone = [one for one in claims if one not in newer]
    back = withdrawal(word, gone)
    keep(word, Change(back.withdrawn, (*back.added, word.record("reopened"))))
    return _spoke(word)


def _closed(word: Word, details: Mapping[str, Any]) -> bool:
    """Closed by GitHub's own "as duplicate": a confirmation of what a comment, or else the bot, had named. What people
    said against it since holds."""
    stored = word.services.storage.issue(word.repository.id, word.number)
    if stored is None or stored.issue.state_reason != "duplicate":
        return False
    reader = word.services.reader(word.repository)
    if reader.permission(word.actor) not in MAINTAINERS:
        return False
    home = word.repository.full_name
    theirs = [one.body for one in reader.comments(word.number) if one.author.casefold() == word.actor.casefold()]
    named = [other for body in theirs if (other := claimed(body, home)) is not None]
    silent = not any(mentioned(body, home) - {word.number} for body in theirs)  # else they may mean another than we do
    other = named[-1] if named else _named_by_us(word) if silent else None
    if other is None or _is_answered(word, _at(details), other):
        return False
    word = Word(word.services, word.repository, word.number, word.actor, word.kind, word.source, other)
    try:
        keep(word, confirmation(word, value=word.source if named else None))
    except Refused as refusal:
        log.info("claim.left", reason=str(refusal))
        return False
    return True


def _comment_deleted(word: Word, details: Mapping[str, Any]) -> bool:
    """A comment that a person deleted claims nothing any more. The bot's own, by its records or else by its author (it
    stood before the bot came back, or the process died as it was written), is an objection: silence for good."""
    comment = int(details["comment"])
    if take_back(word, comment, word.source):
        return True
    if _standing_comment(word) not in {None, comment}:
        return False  # a person asked since, so that the bot wrote another one
    ours = word.services.storage.own_comment(word.repository.id, comment)
    if ours is None:
        is_ours = details.get("comment_by", "").lower() == f"{word.services.github.app_slug()}[bot]".lower()
    else:
        is_ours = ours.number == word.number
    if not is_ours:
        return False
    source = f"comment {comment}"
    change = objection(word, value=source)
    keep(word, Change.of(*change.added, word.record("comment-deleted", None, source)))
    if ours is None:
        adopt_deleted(word.services, word.repository, word.number, comment)
    return True


ACTS: Mapping[tuple[str, str | None], Callable[[Word, Mapping[str, Any]], bool]] = {
    ("issues", "unlabeled"): _unlabeled,
    ("issues", "reopened"): _reopened,
    ("issues", "closed"): _closed,
    ("issue_comment", "deleted"): _comment_deleted,
}


def _at(details: Mapping[str, Any]) -> datetime:
    """About when it happened."""
    return datetime.fromisoformat(details["at"])


def _is_answered(word: Word, at: datetime, other: int) -> bool:
    """Whether people said something else of the issue after this person had closed it as a duplicate of the other."""

    def differs(said: FeedbackRecord) -> bool:
        return said.kind in AGAINST or (said.kind == "duplicate" and said.other != other)

    return bool(said_afterwards(word, "closed", at, [one for one in word.said() if differs(one)]))


def _standing_comment(word: Word) -> int | None:
    """GitHub's id of the comment that the bot wrote last on the issue."""
    rows = word.services.storage.effects(word.repository.id, number=word.number, kind=EffectKind.COMMENT.value)
    return next((row.github_id for row in rows if stands(row)), None)


def _named_by_us(word: Word) -> int | None:
    """What the comment that stands calls the canonical issue, whatever was decided since and not said."""
    rows = word.services.storage.effects(word.repository.id, number=word.number)
    claimed = claim(word.services.storage, word.repository.id, word.number, [row for row in rows if stands(row)])
    canonical = claimed.body.get("canonical") if claimed is not None else None
    return canonical if isinstance(canonical, int) else None


def _spoke(word: Word) -> bool:
    return _standing_comment(word) is not None
