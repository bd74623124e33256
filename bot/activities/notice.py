"""What people do on GitHub without a word to the bot: each act is remembered with its consequence (INV 17 to 21)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog

from bot.activities.act import stands
from bot.activities.adopt import adopt_deleted
from bot.activities.listen import keep, take_back
from bot.activities.obey import Change, Refused, Word, confirmation, objection, withdrawal
from bot.activities.standing import claim
from bot.commands import MAINTAINERS, claimed, mentioned
from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.decision import EffectKind

IN_PASSING = frozenset({"event", "comment"})  # where a confirmation comes from that asked the bot for nothing

log = structlog.get_logger(__name__)


def notice(services: Services, repository: RepositoryRecord, delivery: Mapping[str, Any]) -> bool:
    """Remember what a person did; whether the issue is to be decided again for it."""
    react = ACTS.get((delivery["event"], delivery["action"]))
    details = delivery["details"]
    actor = str(details.get("sender", ""))
    if react is None or not actor or actor.endswith("[bot]") or details.get("sender_type") == "Bot":
        return False  # INV 20
    return react(Word(services, repository, delivery["issue"], actor, "event", f"delivery {delivery['id']}"), details)


def _unlabeled(word: Word, details: Mapping[str, Any]) -> bool:
    """One of the bot's labels was removed: it is not set again unless a person asks (INV 21)."""
    name = str(details.get("label", ""))
    rows = word.services.storage.effects(word.repository.id, number=word.number, kind=EffectKind.ADD_LABEL.value)
    if name.casefold() in {row.value.casefold() for row in rows if stands(row)}:
        keep(word, Change.of(word.record("label-removed", None, name)))
    return False


def _reopened(word: Word, _: Mapping[str, Any]) -> bool:
    """The bot never acts on that issue's state again (INV 19); what it says of a duplicate is looked at once more. Who
    closed it as a duplicate, or called it one in passing, is taken back; what the bot was told holds."""
    gone = [one for one in word.said() if one.kind == "duplicate" and one.source in IN_PASSING]
    back = withdrawal(word, gone)
    keep(word, Change(back.withdrawn, (*back.added, word.record("reopened"))))
    return _spoke(word)


def _closed(word: Word, _: Mapping[str, Any]) -> bool:
    """Closed by GitHub's own "as duplicate": a confirmation of what a comment, or else the bot, had named."""
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
    if other is None:
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


def _named_by_us(word: Word) -> int | None:
    """What the comment that stands calls the canonical issue, whatever was decided since and not said."""
    rows = word.services.storage.effects(word.repository.id, number=word.number)
    claimed = claim(word.services.storage, word.repository.id, word.number, [row for row in rows if stands(row)])
    canonical = claimed.body.get("canonical") if claimed is not None else None
    return canonical if isinstance(canonical, int) else None


def _spoke(word: Word) -> bool:
    rows = word.services.storage.effects(word.repository.id, number=word.number, kind=EffectKind.COMMENT.value)
    return any(stands(row) for row in rows)
