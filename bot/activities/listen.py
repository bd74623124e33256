"""A comment's command → feedback that is remembered (INV 17, 18), checked against the live permission (INV 42)."""

from __future__ import annotations

from bot.activities.observe import observe_issue
from bot.commands import Command, allowed, parse
from bot.services import Services
from bot.storage.records import FeedbackRecord, RepositoryRecord


def hear(services: Services, repository: RepositoryRecord, number: int, comment_id: int) -> Command | None:
    """The command in a comment as it stands now, if it is one and its author may give it; its feedback is kept."""
    reader = services.reader(repository)
    comment = next((one for one in reader.comments(number) if one.id == comment_id), None)
    if comment is None or comment.author_is_bot or comment.by_this_app:
        return None  # INV 20: only people count
    command = parse(comment.body)
    if command is None:
        return None
    stored = services.storage.issue(repository.id, number)
    # The issue's own delivery may still be waiting, or never have come: its author's word counts all the same.
    issue = stored.issue if stored is not None else observe_issue(services, repository, number)
    is_author = issue is not None and issue.author.casefold() == comment.author.casefold()
    if not allowed(command, is_author=is_author, permission=reader.permission(comment.author)):
        return None
    if command.verb == "different":
        _remember(services, repository, number, command, comment.author)
    return command


def _remember(services: Services, repository: RepositoryRecord, number: int, command: Command, actor: str) -> None:
    """An objection belongs to the issue; each pair that it concerns stays separated (INV 8, 18)."""
    last = services.storage.last_decision(repository.id, number)
    canonical = last.body.get("canonical") if last is not None else None
    others = [command.other] if command.other is not None else [canonical]
    at = services.clock()
    for other in others:
        if other is not None and other != number:
            services.storage.save_feedback(
                FeedbackRecord(repository.id, number, "separated", at, actor, "command", other)
            )
    if command.other is None:
        services.storage.save_feedback(FeedbackRecord(repository.id, number, "objection", at, actor, "command"))
