"""Webhook payloads, built from what exists, with the keys that GitHub sends."""

from __future__ import annotations

from typing import Any

from webhooks.github_double.answers import Announcement, Json
from webhooks.github_double.calls import Call
from webhooks.github_double.issue_shapes import comment_json, issue_json, label_json
from webhooks.github_double.records import Comment, Installation, Issue, Label, Repository, User
from webhooks.github_double.shapes import node_id, repository_json, user_json
from webhooks.github_double.world import World


def organization_json(user: User, base: str) -> Json:
    """The `organization` key of events in an organization's repository."""
    url = f"{base}/orgs/{user.login}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("O", user.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{base}/avatars/u/{user.id}?v=4",
        "description": "",
    }


def installation_stub(installation: Installation) -> Json:
    """The `installation` key of every event that an App is sent."""
    return {"id": installation.id, "node_id": node_id("MDIzOk", installation.id)}


def payload(world: World, repo: Repository, action: str, sender: str, base: str, **parts: Any) -> Json:
    """A repository's event: `parts` stand between the action and the repository."""
    owner, installation = world.user(repo.owner), world.installation_of(repo)
    return {
        "action": action,
        **parts,
        "repository": repository_json(world, repo, base),
        **({"organization": organization_json(owner, base)} if owner.type == "Organization" else {}),
        "sender": user_json(world.user(sender), base),
        **({"installation": installation_stub(installation)} if installation else {}),
    }


def issue_event(
    world: World, repo: Repository, issue: Issue, action: str, sender: str, base: str, **parts: Any
) -> Announcement:
    """`issues.*` with the issue as it is now; `label` may be a Label."""
    label = parts.get("label")
    if isinstance(label, Label):
        parts["label"] = label_json(repo, label, base)
    body = payload(world, repo, action, sender, base, issue=issue_json(world, repo, issue, base), **parts)
    return Announcement("issues", action, body, repo)


def comment_event(
    world: World, repo: Repository, comment: Comment, action: str, sender: str, base: str, **parts: Any
) -> Announcement:
    """`issue_comment.*` with the comment and its issue as they are now."""
    body = payload(
        world,
        repo,
        action,
        sender,
        base,
        issue=issue_json(world, repo, repo.issues[comment.number], base),
        comment=comment_json(world, repo, comment, base),
        **parts,
    )
    return Announcement("issue_comment", action, body, repo)


def announce_issue(call: Call, issue: Issue, action: str, **parts: Any) -> Announcement:
    """`issues.*` for what a call just did."""
    return issue_event(call.world, call.repo, issue, action, call.actor.login, call.base, **parts)


def announce_comment(call: Call, comment: Comment, action: str, **parts: Any) -> Announcement:
    """`issue_comment.*` for what a call just did."""
    return comment_event(call.world, call.repo, comment, action, call.actor.login, call.base, **parts)
