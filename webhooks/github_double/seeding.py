"""Repositories and issues as they are asked for by `/_double`, put into the world."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from webhooks.github_double import acts
from webhooks.github_double.answers import not_found
from webhooks.github_double.asks import CommentSeed, IssueSeed, RepositorySeed
from webhooks.github_double.config import SINGLE_FILE
from webhooks.github_double.records import Comment, Issue, Repository
from webhooks.github_double.world import World


def seed_repository(world: World, seed: RepositorySeed) -> Repository:
    """Make the repository, or add to the one of that name; one that only had the name before loses it."""
    known = world.repositories.get(world.names.get(seed.full_name.lower(), 0))
    has_it = known is not None and known.full_name.lower() == seed.full_name.lower()
    repo = known if known is not None and has_it else world.add_repository(seed.full_name)
    repo.private, repo.archived, repo.has_issues = seed.private, seed.archived, seed.has_issues
    repo.description = seed.description
    repo.files |= seed.files
    if seed.config is not None:
        repo.files[SINGLE_FILE] = seed.config
    set_collaborators(world, repo, dict(seed.collaborators))
    for name in seed.labels:
        acts.ensure_label(world, repo, name)
    if seed.install:
        world.install(repo, seed.installation_id)
    for issue in seed.issues:
        seed_issue(world, repo, issue)
    return repo


def set_collaborators(world: World, repo: Repository, roles: dict[str, str]) -> None:
    """Give people their roles; `none` takes one away."""
    for login, role in roles.items():
        world.user(login)
        repo.collaborators[login.lower()] = role
        if role == "none":
            del repo.collaborators[login.lower()]


def seed_issue(world: World, repo: Repository, seed: IssueSeed) -> Issue:
    """Put an issue there with its own number, times, state, labels and comments; nothing is announced."""
    number = seed.number or repo.last_number + 1
    created = seed.created_at or world.now()
    is_closed = seed.state == "closed"
    closed_at = (seed.closed_at or seed.updated_at or created) if is_closed else None
    user = world.user(seed.user).login
    issue = Issue(
        id=world.new_id(),
        number=number,
        title=seed.title,
        body=seed.body,
        user=user,
        created_at=created,
        updated_at=seed.updated_at or closed_at or created,
        state=seed.state,
        state_reason=(seed.state_reason or "completed") if is_closed else seed.state_reason,
        closed_at=closed_at,
        closed_by=user if is_closed else None,
        locked=seed.locked,
        labels=tuple({acts.ensure_label(world, repo, name).name: None for name in seed.labels}),
        is_pull_request=seed.is_pull_request,
        milestone=seed.milestone,
    )
    repo.gone.pop(number, None)
    repo.put(issue)
    acts.read_mentions(world, repo, issue, seed.body, user, created)
    for comment in seed.comments:
        seed_comment(world, repo, number, comment, created)
    return repo.issues[number]


def seed_comment(
    world: World, repo: Repository, number: int, seed: CommentSeed, otherwise: datetime | None = None
) -> Comment:
    """Put a comment on an issue, at its own time, else at this one, else now; nothing is announced."""
    if number not in repo.issues:
        raise not_found()
    at = seed.created_at or otherwise or world.now()
    comment = world.add_comment(repo, repo.issues[number], seed.body, seed.user, at)
    acts.read_mentions(world, repo, repo.issues[number], seed.body, seed.user, at)
    return comment


def delete_issue(repo: Repository, number: int, target: tuple[int, int] | None = None) -> Issue:
    """Take an issue away: deleted, or transferred to `(repository id, number)`."""
    issue = repo.put(replace(repo.issues[number], state="closed"))
    del repo.issues[number]
    for key in repo.comment_ids.pop(number, []):
        del repo.comments[key]
    repo.events.pop(number, None)
    repo.gone[number] = target
    return issue


def transfer_issue(world: World, repo: Repository, number: int, target: Repository) -> Issue:
    """Move an issue, with its comments, to another repository; the old number redirects."""
    before, comments = repo.issues[number], repo.comments_of(number)
    moved = replace(before, number=target.last_number + 1)
    for name in moved.labels:
        acts.ensure_label(world, target, name)
    target.put(moved)
    for comment in comments:
        target.comments[comment.id] = replace(comment, number=moved.number)
        target.comment_ids.setdefault(moved.number, []).append(comment.id)
    delete_issue(repo, number, (target.id, moved.number))
    return moved
