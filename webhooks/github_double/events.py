"""The payload of any webhook event about something that exists, by event and action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from webhooks.github_double.answers import Announcement, Json, Refusal, not_found
from webhooks.github_double.asks import WebhookAsk
from webhooks.github_double.issue_shapes import label_json
from webhooks.github_double.payloads import comment_event, issue_event, payload
from webhooks.github_double.records import Installation, Issue, Repository
from webhooks.github_double.shapes import installation_json, repository_stub, time_text, user_json
from webhooks.github_double.world import World

Builder = Callable[[World, str, WebhookAsk, str], Announcement]


def build(world: World, event: str, action: str, ask: WebhookAsk, base: str) -> Announcement:
    """The announcement; 404 where what it is about does not exist, 422 for an event that is not known here."""
    builder = BUILDERS.get(event)
    if builder is None:
        raise Refusal(422, f"Unknown event; there are {', '.join(sorted(BUILDERS))}")
    return builder(world, action, ask, base)


def _repository_of(world: World, ask: WebhookAsk) -> Repository:
    if ask.repository is None:
        raise Refusal(422, "`repository` is missing")
    return world.find(ask.repository)


def _issue_of(repo: Repository, ask: WebhookAsk) -> Issue:
    found = repo.issues.get(ask.issue or 0)
    if found is None:
        raise not_found()
    return found


def _issues(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    repo = _repository_of(world, ask)
    issue, parts = _issue_of(repo, ask), {}
    if action in {"edited", "transferred"} or ask.changes:
        parts["changes"] = ask.changes
    if action in {"labeled", "unlabeled"}:
        parts["label"] = label_json(repo, _label_of(repo, ask), base)
    if action in {"assigned", "unassigned"}:
        parts["assignee"] = user_json(world.user(ask.assignee or ask.sender), base)
    return issue_event(world, repo, issue, action, ask.sender, base, **parts)


def _label_of(repo: Repository, ask: WebhookAsk) -> Any:
    found = repo.labels.get((ask.label or "").lower())
    if found is None:
        raise not_found()
    return found


def _issue_comment(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    repo = _repository_of(world, ask)
    comment = repo.comments.get(ask.comment or 0)
    if comment is None:
        raise not_found()
    parts = {"changes": ask.changes or {"body": {"from": comment.body}}} if action == "edited" else {}
    return comment_event(world, repo, comment, action, ask.sender, base, **parts)


def _repository(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    repo = _repository_of(world, ask)
    changes = ask.changes or _repository_changes(world, repo, action, base)
    parts = {"changes": changes} if action in {"renamed", "transferred", "edited"} else {}
    return Announcement("repository", action, payload(world, repo, action, ask.sender, base, **parts), repo)


def _repository_changes(world: World, repo: Repository, action: str, base: str) -> Json:
    earlier = [name for name, key in world.names.items() if key == repo.id and name != repo.full_name.lower()]
    owner, name = (earlier[-1] if earlier else repo.full_name).split("/")
    if action == "renamed":
        return {"repository": {"name": {"from": name}}}
    account = world.user(owner)
    kind = "organization" if account.type == "Organization" else "user"
    return {"owner": {"from": {kind: user_json(account, base)}}} if action == "transferred" else {}


def _label(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    repo = _repository_of(world, ask)
    parts: Json = {"label": label_json(repo, _label_of(repo, ask), base)}
    if action == "edited":
        parts["changes"] = ask.changes
    return Announcement("label", action, payload(world, repo, action, ask.sender, base, **parts), repo)


def _installation_of(world: World, ask: WebhookAsk) -> Installation:
    if ask.installation_id is None and ask.repository is not None:
        found = world.installation_of(world.find(ask.repository))
    else:
        found = world.installations.get(ask.installation_id or 0)
    if found is None:
        raise not_found()
    return found


def _installation(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    found = _installation_of(world, ask)
    parts: Json = {"repositories": [repository_stub(repo) for repo in world.covered(found)]}
    if action == "created":
        parts["requester"] = None
    return _about(world, "installation", action, ask, base, found, parts)


def _about(
    world: World, event: str, action: str, ask: WebhookAsk, base: str, found: Installation, parts: Json
) -> Announcement:
    shown = installation_json(world, found, base)
    if action not in {"suspend", "unsuspend"}:  # GitHub's deliveries count seconds here, and write text there
        shown |= {"created_at": int(found.created_at.timestamp()), "updated_at": int(found.updated_at.timestamp())}
    body = {"action": action, "installation": shown, **parts}
    body["sender"] = user_json(world.user(ask.sender), base)
    return Announcement(event, action, body, installation_id=found.id)


def _installation_repositories(world: World, action: str, ask: WebhookAsk, base: str) -> Announcement:
    found = _installation_of(world, ask)
    named = [repository_stub(world.find(name)) for name in ask.repositories or [ask.repository or ""]]
    parts: Json = {
        "repository_selection": "all" if found.all_repositories else "selected",
        "repositories_added": named if action == "added" else [],
        "repositories_removed": named if action == "removed" else [],
        "requester": None,
    }
    return _about(world, "installation_repositories", action, ask, base, found, parts)


def _ping(world: World, _action: str, ask: WebhookAsk, base: str) -> Announcement:
    at = time_text(world.started_at)
    hook: Json = {
        "type": "App",
        "id": world.app_id,
        "name": "web",
        "active": True,
        "events": list(world.config.events),
        "config": {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": world.config.webhook_url},
        "updated_at": at,
        "created_at": at,
        "app_id": world.app_id,
        "deliveries_url": f"{base}/app/hook/deliveries",
    }
    body: Json = {"zen": "Speak like a human.", "hook_id": world.app_id, "hook": hook}
    return Announcement("ping", "", body | {"sender": user_json(world.user(ask.sender), base)})


BUILDERS: dict[str, Builder] = {
    "installation": _installation,
    "installation_repositories": _installation_repositories,
    "issue_comment": _issue_comment,
    "issues": _issues,
    "label": _label,
    "ping": _ping,
    "repository": _repository,
}
