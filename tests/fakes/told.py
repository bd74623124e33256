"""People at the issue tracker, in one line each: they comment, edit, delete, label and reopen; the bot hears of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.github.protocol import Comment
from bot.storage.records import DeliveryRecord
from models.issue import Issue
from tests.fakes.running import Running


def person(login: str) -> dict[str, str]:
    return {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"}


def shown(issue: Issue, **more: Any) -> dict[str, Any]:
    return {"number": issue.number, "title": issue.title, "body": issue.body, "user": person(issue.author), **more}


async def commented(
    bot: Running, issue: Issue, comment: Comment, action: str, sender: str, delivery: str | None = None, **more: Any
) -> str:
    payload = {
        "action": action,
        "issue": shown(issue),
        "comment": {"id": comment.id, "body": comment.body, "user": person(comment.author)},
        "sender": person(sender),
        **more,
    }
    return await bot.send(payload, event="issue_comment", delivery=delivery)


async def says(bot: Running, issue: Issue, text: str, author: str = "reporter") -> tuple[DeliveryRecord, Comment]:
    """Somebody comments; the delivery is worked off."""
    comment = bot.github.add_comment(bot.name, issue.number, text, author)
    (row,) = await bot.ended(await commented(bot, issue, comment, "created", author))
    return row, comment


async def edits(bot: Running, issue: Issue, comment: Comment, text: str) -> DeliveryRecord:
    """The comment is changed by its author; the delivery is worked off."""
    held = bot.fake.comments[issue.number]
    place = next(place for place, one in enumerate(held) if one.id == comment.id)
    before = {"body": {"from": held[place].body}}
    held[place] = replace(comment, body=text)
    (row,) = await bot.ended(await commented(bot, issue, held[place], "edited", comment.author, changes=before))
    return row


async def deletes(bot: Running, issue: Issue, comment: Comment) -> DeliveryRecord:
    """The comment is deleted by its author; the delivery is worked off."""
    held = bot.fake.comments[issue.number]
    held[:] = [one for one in held if one.id != comment.id]
    (row,) = await bot.ended(await commented(bot, issue, comment, "deleted", comment.author))
    return row


async def happens(bot: Running, issue: Issue, action: str, sender: str = "ann", **more: Any) -> DeliveryRecord:
    """Something happens to the issue by somebody's doing; the delivery is worked off."""
    about = shown(bot.fake.issues.get(issue.number, issue), **more.pop("issue", {}))
    identity = await bot.send({"action": action, "issue": about, "sender": person(sender), **more})
    (row,) = await bot.ended(identity)
    return row


def signs(bot: Running, comment: Comment) -> list[str]:
    """The bot's reactions to a comment."""
    given = bot.fake.reactions.get(comment.id, [])
    return [content for content, one in given if one.author == f"{bot.github.slug}[bot]"]


def own(bot: Running, issue: Issue) -> Comment:
    """The bot's own comment."""
    (found,) = [one for one in bot.fake.comments[issue.number] if one.by_this_app]
    return found


def words(bot: Running, number: int) -> list[tuple[str, str, int | None]]:
    """What is remembered of the issue: kind, person, other."""
    said = bot.storage.feedback(bot.record.id, number)
    return [(one.kind, one.actor, one.other) for one in said if one.kind not in {"obeyed", "undone", "overruled"}]
