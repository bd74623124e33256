"""Issues, comments, labels, reactions and events as GitHub's JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from webhooks.github_double.answers import Json
from webhooks.github_double.auth import role_of
from webhooks.github_double.records import Comment, Event, Issue, Label, Reaction, Repository
from webhooks.github_double.shapes import app_json, node_id, time_text, user_json
from webhooks.github_double.world import DEFAULT_LABELS, World

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_DEFAULT_NAMES = frozenset(name for name, _, _ in DEFAULT_LABELS)


def label_json(repo: Repository, label: Label, base: str) -> Json:
    """A label."""
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": f"{base}/repos/{repo.full_name}/labels/{quote(label.name)}",
        "name": label.name,
        "color": label.color,
        "default": label.name in _DEFAULT_NAMES,
        "description": label.description,
    }


def rollup(repo: Repository, kind: str, key: int, url: str) -> Json:
    """The counts of each reaction."""
    given = Counter(reaction.content for reaction in repo.reactions.get((kind, key), ()))
    return {"url": f"{url}/reactions", "total_count": given.total(), **{name: given[name] for name in REACTIONS}}


def association(repo: Repository, login: str) -> str:
    """What the author is to the repository."""
    if login.lower() == repo.owner.lower():
        return "OWNER"
    role = role_of(repo, login)
    return "COLLABORATOR" if role in {"triage", "write", "maintain", "admin"} else "NONE"


def issue_json(world: World, repo: Repository, issue: Issue, base: str) -> Json:
    """An issue; a pull request carries the `pull_request` key."""
    api = f"{base}/repos/{repo.full_name}"
    url = f"{api}/issues/{issue.number}"
    assignees = [user_json(world.user(login), base) for login in issue.assignees]
    return {
        "url": url,
        "repository_url": api,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": f"{base}/{repo.full_name}/{'pull' if issue.is_pull_request else 'issues'}/{issue.number}",
        "id": issue.id,
        "node_id": node_id("I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user_json(world.user(issue.user), base),
        "labels": [label_json(repo, repo.labels[name.lower()], base) for name in issue.labels],
        "state": issue.state,
        "locked": issue.locked,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None if issue.milestone is None else _milestone(repo, issue, base),
        "comments": len(repo.comment_ids.get(issue.number, ())),
        "created_at": time_text(issue.created_at),
        "updated_at": time_text(issue.updated_at),
        "closed_at": time_text(issue.closed_at),
        "author_association": association(repo, issue.user),
        "active_lock_reason": issue.lock_reason,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "body": issue.body,
        "closed_by": user_json(world.user(issue.closed_by), base) if issue.closed_by else None,
        "reactions": rollup(repo, "issue", issue.number, url),
        "performed_via_github_app": app_json(world, base) if issue.by_app else None,
        "state_reason": issue.state_reason,
        **(_pull_request(repo, issue, base) if issue.is_pull_request else {}),
    }


def _milestone(repo: Repository, issue: Issue, base: str) -> Json:
    """The milestone of that title; each title counts as one milestone, numbered by its first issue."""
    held = [one for one in repo.issues.values() if one.milestone == issue.milestone]
    number = min(one.number for one in held)
    url = f"{base}/repos/{repo.full_name}/milestones/{number}"
    return {
        "url": url,
        "html_url": f"{base}/{repo.full_name}/milestone/{number}",
        "labels_url": f"{url}/labels",
        "id": number,
        "node_id": node_id("MI", number),
        "number": number,
        "title": issue.milestone,
        "description": None,
        "creator": None,
        "open_issues": sum(one.state == "open" for one in held),
        "closed_issues": sum(one.state == "closed" for one in held),
        "state": "open",
        "created_at": time_text(repo.created_at),
        "updated_at": time_text(repo.created_at),
        "due_on": None,
        "closed_at": None,
    }


def _pull_request(repo: Repository, issue: Issue, base: str) -> Json:
    html = f"{base}/{repo.full_name}/pull/{issue.number}"
    urls = {
        "url": f"{base}/repos/{repo.full_name}/pulls/{issue.number}",
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "merged_at": None,
    }
    return {"draft": False, "pull_request": urls}


def _kind(repo: Repository, number: int) -> str:
    """The word in the address of an issue's or a pull request's page."""
    found = repo.issues.get(number)
    return "pull" if found is not None and found.is_pull_request else "issues"


def comment_json(world: World, repo: Repository, comment: Comment, base: str) -> Json:
    """A comment on an issue."""
    url = f"{base}/repos/{repo.full_name}/issues/comments/{comment.id}"
    return {
        "url": url,
        "html_url": f"{base}/{repo.full_name}/{_kind(repo, comment.number)}/{comment.number}#issuecomment-{comment.id}",
        "issue_url": f"{base}/repos/{repo.full_name}/issues/{comment.number}",
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": user_json(world.user(comment.user), base),
        "created_at": time_text(comment.created_at),
        "updated_at": time_text(comment.updated_at),
        "body": comment.body,
        "author_association": association(repo, comment.user),
        "reactions": rollup(repo, "comment", comment.id, url),
        "performed_via_github_app": app_json(world, base) if comment.by_app else None,
    }


def reaction_json(world: World, reaction: Reaction, base: str) -> Json:
    """A reaction."""
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": user_json(world.user(reaction.user), base),
        "content": reaction.content,
        "created_at": time_text(reaction.created_at),
    }


def event_json(world: World, repo: Repository, event: Event, base: str) -> Json:
    """An event of an issue, without the issue."""
    if event.event == "cross-referenced":
        return _cross_reference(world, event, base)
    return {
        "id": event.id,
        "node_id": node_id("EV", event.id),
        "url": f"{base}/repos/{repo.full_name}/issues/events/{event.id}",
        "actor": user_json(world.user(event.actor), base),
        "event": event.event,
        "commit_id": None,
        "commit_url": None,
        "created_at": time_text(event.created_at),
        "performed_via_github_app": app_json(world, base) if event.by_app else None,
        **event.data,
    }


def _cross_reference(world: World, event: Event, base: str) -> Json:
    at = time_text(event.created_at)
    source: dict[str, Any] = {"type": "issue"}
    repo = world.repositories[event.data["repository_id"]]
    issue = repo.issues.get(event.data["issue_number"])
    if issue is not None:
        source["issue"] = issue_json(world, repo, issue, base)
    return {
        "actor": user_json(world.user(event.actor), base),
        "created_at": at,
        "updated_at": at,
        "source": source,
        "event": event.event,
    }
