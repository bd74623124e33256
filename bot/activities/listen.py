"""A comment's commands and claims → words that are remembered, checked against the live permission (INV 42)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import structlog

from bot.activities.adopt import adopt_seen
from bot.activities.obey import OBEY, Change, Refused, Word, confirmation, withdrawal
from bot.activities.observe import observe_issue
from bot.activities.words import OBEYED, UNDONE, claims_of, taken_back
from bot.commands import MAINTAINERS, Command, allowed, claimed, duplicate_claim, parse
from bot.github.protocol import Comment
from bot.services import Services
from bot.storage.records import RepositoryRecord

SILENT = frozenset({"pause", "resume"})  # they change nothing about the issue
ASKING = frozenset({"rerun", "undo", "duplicate"})  # a label that a person removed may return (INV 21)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a comment: the verbs that were obeyed now, the reasons of those that could not be, and whether it
    named a duplicate in words that people use among themselves."""

    obeyed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    claimed: bool = False

    @property
    def decides(self) -> bool:
        """Whether the issue is to be decided again."""
        return self.claimed or bool(set(self.obeyed) - SILENT)

    @property
    def asks(self) -> bool:
        """Whether a person named this very issue."""
        return bool(ASKING & set(self.obeyed))


def hear(
    services: Services, repository: RepositoryRecord, number: int, comment_id: int, delivery_id: str = ""
) -> Heard:
    """What the comment says as it stands now, kept as far as its author may say it.

    Each command is obeyed once, however often the comment is edited; a second attempt of the same delivery finds it
    obeyed, and says so, for what follows from it may not be done yet.
    """
    reader = services.reader(repository)
    comments = reader.comments(number)
    comment = next((one for one in comments if one.id == comment_id), None)
    if comment is None or comment.author_is_bot or comment.by_this_app:
        return Heard()  # INV 20: only people count
    home = repository.full_name
    commands, claim = parse(comment.body, home), duplicate_claim(comment.body, home)
    source = f"comment {comment_id}"
    word = Word(services, repository, number, comment.author, "command", source, at=comment.updated_at)
    back = take_back(word, comment_id, delivery_id, claim or claimed(comment.body, home))
    if not commands and claim is None:
        return Heard(claimed=back)
    adopt_seen(services, repository, number, comments)
    permission = reader.permission(comment.author)
    if not commands:
        return Heard(claimed=_claimed(word, claim or 0, permission) or back)
    is_author = _is_author(services, repository, number, comment)
    theirs = [one for one in commands if allowed(one, is_author=is_author, permission=permission)]
    return replace(_obeyed(word, theirs, delivery_id), claimed=back)


def _is_author(services: Services, repository: RepositoryRecord, number: int, comment: Comment) -> bool:
    """The issue's own delivery may still be waiting, or never have come: its author's word counts all the same."""
    stored = services.storage.issue(repository.id, number)
    issue = stored.issue if stored is not None else observe_issue(services, repository, number)
    return issue is not None and issue.author.casefold() == comment.author.casefold()


def _obeyed(word: Word, commands: list[Command], delivery_id: str) -> Heard:
    obeyed: list[str] = []
    refused: list[str] = []
    for command in dict.fromkeys(commands):
        mark = f"{word.source} {command.verb} {command.other or 'alone'} by "
        before = next(
            (one.value for one in word.said() if one.kind == OBEYED and (one.value or "").startswith(mark)), None
        )
        if before is not None:
            obeyed += [command.verb] if before == mark + delivery_id else []
            continue
        asked = _with_other(word, command.other)
        try:
            if command.problem is not None:
                raise Refused(command.problem)
            change = OBEY[command.verb](asked)
        except Refused as refusal:
            log.info("command.refused", verb=command.verb, reason=str(refusal))
            refused.append(str(refusal))
            continue
        keep(asked, Change(change.withdrawn, (*change.added, asked.record(OBEYED, command.other, mark + delivery_id))))
        obeyed.append(command.verb)
    return Heard(tuple(obeyed), tuple(refused))


def _claimed(word: Word, other: int, permission: str) -> bool:
    """A person with a say called the issue a duplicate, without asking the bot for anything."""
    if permission not in MAINTAINERS or taken_back(word.said(), word.source):
        return False
    if claims_of(word.said(), word.source):
        return True  # an edit of other words says it no second time
    word = Word(word.services, word.repository, word.number, word.actor, "comment", word.source, other)
    try:
        keep(word, confirmation(word, value=word.source))
    except Refused as refusal:
        log.info("claim.left", reason=str(refusal))
        return False
    return True


def take_back(word: Word, comment_id: int, delivery_id: str, still: int | None = None) -> bool:
    """Withdraw what a comment had claimed and does not say any more (`still`: what it says now); whether this delivery
    did, now or in an attempt that died."""
    source = f"comment {comment_id}"
    mark = f"{source} until {delivery_id}"
    said = word.said()
    gone = [one for one in claims_of(said, source) if one.other != still]
    if gone:
        keep(word, withdrawal(word, gone, mark))
    return bool(gone) or any((one.kind, one.value) == (UNDONE, mark) for one in said)


def keep(word: Word, change: Change) -> None:
    """Remember, in one transaction."""
    word.services.storage.amend_feedback(word.repository.id, change.withdrawn, change.added)


def _with_other(word: Word, other: int | None) -> Word:
    return replace(word, other=other)
