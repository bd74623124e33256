"""What can happen to an issue, whoever does it: REST calls and admin calls share these."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from webhooks.github_double.answers import invalid
from webhooks.github_double.auth import role_of
from webhooks.github_double.records import Issue, Label, Repository
from webhooks.github_double.world import World

LONGEST_BODY = 65536
LONGEST_TITLE = 256
LONGEST_LABEL = 50
MOST_LABELS = 100
REASONS = ("completed", "not_planned", "duplicate", "reopened")

_MENTION = re.compile(
    r"(?<![\w/])(?:https?://[^\s/]+/)?(?P<repository>[\w.-]{1,100}/[\w.-]{1,100})?(?:#|/issues/)(?P<number>\d{1,9})\b"
)
_DUPLICATE = re.compile(r"\s*duplicate of (?P<mention>\S{1,300})", re.IGNORECASE)


def checked_title(value: object) -> str:
    """A title that GitHub would take; 422 otherwise."""
    if not isinstance(value, str) or not value.strip():
        raise invalid("Issue", "title", "missing_field")
    if len(value) > LONGEST_TITLE:
        raise invalid("Issue", "title", "custom", message=f"title is too long (maximum is {LONGEST_TITLE} characters)")
    return value


def checked_body(value: object, resource: str) -> str:
    """A body that GitHub would take; 422 otherwise."""
    if not isinstance(value, str):
        raise invalid(resource, "body", "invalid")
    if len(value) > LONGEST_BODY:
        raise invalid(resource, "body", "custom", message=f"body is too long (maximum is {LONGEST_BODY} characters)")
    return value


def ensure_label(world: World, repo: Repository, name: object) -> Label:
    """The label of that name in any case, made grey where it is missing."""
    if not isinstance(name, str) or not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > LONGEST_LABEL:
        raise invalid("Label", "name", "custom", message=f"name is too long (maximum is {LONGEST_LABEL} characters)")
    found = repo.labels.get(name.lower())
    if found is None:
        found = repo.labels[name.lower()] = Label(world.new_id(), name)
    return found


def set_labels(world: World, repo: Repository, issue: Issue, names: Iterable[str], actor: str) -> Issue:
    """Give the issue exactly these labels, with one event for each that came or went."""
    wanted = {label.name: label for label in (ensure_label(world, repo, name) for name in names)}
    if len(wanted) > MOST_LABELS:
        raise invalid("Issue", "labels", "custom", message=f"an issue has at most {MOST_LABELS} labels")
    if set(wanted) == set(issue.labels):
        return issue
    for name in [*(set(wanted) - set(issue.labels)), *(set(issue.labels) - set(wanted))]:
        label = repo.labels[name.lower()]
        event = "labeled" if name in wanted else "unlabeled"
        world.record(repo, issue.number, event, actor, label={"name": label.name, "color": label.color})
    kept = [name for name in issue.labels if name in wanted]
    labels = (*kept, *(name for name in wanted if name not in issue.labels))
    return repo.put(replace(issue, labels=labels, updated_at=world.now()))


def close(world: World, repo: Repository, issue: Issue, actor: str, reason: str | None = None) -> Issue:
    """Close the issue, or change the reason of a closed one."""
    reason = reason or "completed"
    if issue.state == "closed" and issue.state_reason == reason:
        return issue
    now = world.now()
    world.record(repo, issue.number, "closed", actor, state_reason=reason)
    changed = replace(issue, state="closed", state_reason=reason, closed_at=now, closed_by=actor, updated_at=now)
    return repo.put(changed)


def reopen(world: World, repo: Repository, issue: Issue, actor: str) -> Issue:
    """Open a closed issue again."""
    if issue.state == "open":
        return issue
    world.record(repo, issue.number, "reopened", actor, state_reason="reopened")
    changed = replace(issue, state="open", state_reason="reopened", closed_at=None, closed_by=None)
    return repo.put(replace(changed, updated_at=world.now()))


def retitle(world: World, repo: Repository, issue: Issue, title: str, actor: str) -> Issue:
    """Give the issue another title."""
    if title == issue.title:
        return issue
    world.record(repo, issue.number, "renamed", actor, rename={"from": issue.title, "to": title})
    return repo.put(replace(issue, title=title, updated_at=world.now()))


def mark_duplicate(world: World, repo: Repository, issue: Issue, actor: str, at: datetime | None = None) -> None:
    """Record that somebody called the issue a duplicate."""
    world.record(repo, issue.number, "marked_as_duplicate", actor, at)


def mentioned(world: World, repo: Repository, text: str) -> list[tuple[Repository, int]]:
    """The existing issues that a text names, each once."""
    found: dict[tuple[int, int], tuple[Repository, int]] = {}
    for match in _MENTION.finditer(text):
        name, number = match["repository"], int(match["number"])
        key = repo.id if name is None else world.names.get(name.lower())
        target = world.repositories.get(key) if key is not None else None
        if target is not None and number in target.issues:
            found[target.id, number] = (target, number)
    return list(found.values())


def read_mentions(
    world: World, repo: Repository, issue: Issue, text: str | None, actor: str, at: datetime | None = None
) -> None:
    """Cross-reference the issues that a text names, and mark a duplicate where a person with a role says so."""
    for target, number in mentioned(world, repo, text or ""):
        data = {"repository_id": repo.id, "issue_number": issue.number}
        known = any(e.event == "cross-referenced" and e.data == data for e in target.events.get(number, ()))
        if not known and (target.id, number) != (repo.id, issue.number):
            world.record(target, number, "cross-referenced", actor, at, **data)
    claim = _DUPLICATE.match(text or "")
    if claim and role_of(repo, actor) not in {"read", "none"} and mentioned(world, repo, claim["mention"]):
        mark_duplicate(world, repo, issue, actor, at)
