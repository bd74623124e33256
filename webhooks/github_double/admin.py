"""The `/_double` calls: seed, act as a person would, plan faults, look inside."""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, replace
from typing import Any

from fastapi import APIRouter, Request

from webhooks.github_double import seeding
from webhooks.github_double.answers import Announcement, Json, Refusal, not_found
from webhooks.github_double.asks import (
    FaultAsk,
    InstallationChange,
    NewComment,
    NewIssue,
    RepositoryChange,
    RepositorySeed,
    TokenAsk,
    TransferAsk,
    WebhookAsk,
)
from webhooks.github_double.config import SINGLE_FILE
from webhooks.github_double.deliveries import delivery_json
from webhooks.github_double.events import build
from webhooks.github_double.faults import Fault
from webhooks.github_double.issue_shapes import comment_json, issue_json
from webhooks.github_double.payloads import comment_event, issue_event
from webhooks.github_double.records import Repository
from webhooks.github_double.shapes import installation_json, repository_json, time_text
from webhooks.github_double.shell import Double


def router(double: Double) -> APIRouter:
    """The admin calls of one double."""
    routes = APIRouter(prefix="/_double", include_in_schema=False)
    for add in (_seeding, _people, _changes, _webhooks, _control, _looking):
        add(routes, double)
    return routes


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _handed(double: Double, announcement: Announcement, *, deliver: bool) -> Json:
    """The delivery's exact body and headers, and how it ended where it was sent."""
    with double.world.lock:
        delivery = double.sender.prepare(announcement)
    sent = await double.sender.send(delivery) if deliver and double.sender.ready else None
    return {
        "event": delivery.event,
        "action": delivery.action,
        "headers": dict(delivery.headers),
        "body": delivery.body,
        "payload": announcement.payload,
        "delivery": delivery_json(sent) if sent else None,
    }


def _seeding(routes: APIRouter, double: Double) -> None:
    world = double.world

    @routes.post("/repositories", status_code=201)
    async def seed(ask: RepositorySeed, request: Request) -> Json:
        with world.lock:
            repo = seeding.seed_repository(world, ask)
            installation = world.installation_of(repo)
            return {
                "repository": repository_json(world, repo, _base(request)),
                "installation_id": installation.id if installation else None,
                "issues": len(repo.issues),
            }


def _people(routes: APIRouter, double: Double) -> None:
    world = double.world

    @routes.post("/repositories/{owner}/{repo}/issues", status_code=201)
    async def open_issue(owner: str, repo: str, ask: NewIssue, request: Request) -> Json:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            issue = seeding.seed_issue(world, found, ask)
            said = issue_event(world, found, issue, "opened", issue.user, _base(request))
        return {"issue": said.payload["issue"], **await _handed(double, said, deliver=ask.deliver)}

    @routes.post("/repositories/{owner}/{repo}/issues/{number}/comments", status_code=201)
    async def write_comment(owner: str, repo: str, number: int, ask: NewComment, request: Request) -> Json:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            comment = seeding.seed_comment(world, found, number, ask)
            said = comment_event(world, found, comment, "created", comment.user, _base(request))
        return await _handed(double, said, deliver=ask.deliver)

    @routes.delete("/repositories/{owner}/{repo}/issues/{number}")
    async def delete_issue(owner: str, repo: str, number: int, request: Request, deliver: bool = True) -> Json:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            issue = found.issues.get(number)
            if issue is None:
                raise not_found()
            said = issue_event(world, found, issue, "deleted", found.owner, _base(request))
            seeding.delete_issue(found, number)
        return await _handed(double, said, deliver=deliver)

    @routes.post("/repositories/{owner}/{repo}/issues/{number}/transfer")
    async def transfer(owner: str, repo: str, number: int, ask: TransferAsk, request: Request) -> Json:
        with world.lock:
            said = _transferred(double, world.find(f"{owner}/{repo}"), number, world.find(ask.to), _base(request))
        return await _handed(double, said, deliver=ask.deliver)

    @routes.post("/tokens", status_code=201)
    async def token(ask: TokenAsk) -> Json:
        with world.lock:
            value, made = world.mint(permissions={}, login=world.user(ask.login).login)
            return {"token": value, "expires_at": time_text(made.expires_at)}


def _transferred(double: Double, repo: Repository, number: int, target: Repository, base: str) -> Announcement:
    world, before = double.world, repo.issues.get(number)
    if before is None:
        raise not_found()
    old = issue_event(world, repo, before, "transferred", repo.owner, base, changes={})
    moved = seeding.transfer_issue(world, repo, number, target)
    old.payload["changes"] |= {
        "new_issue": issue_json(world, target, moved, base),
        "new_repository": repository_json(world, target, base),
    }
    return old


def _changes(routes: APIRouter, double: Double) -> None:
    world = double.world

    @routes.patch("/repositories/{owner}/{repo}")
    async def change_repository(owner: str, repo: str, ask: RepositoryChange, request: Request) -> Json:
        with world.lock:
            found = world.find(f"{owner}/{repo}")
            actions = _apply(double, found, ask)
            about = WebhookAsk(repository=found.full_name, sender=found.owner)
            said = [build(world, "repository", action, about, _base(request)) for action in actions]
            shown = repository_json(world, found, _base(request))
        return {"repository": shown, "events": [await _handed(double, one, deliver=ask.deliver) for one in said]}

    @routes.patch("/installations/{key}")
    async def change_installation(key: int, ask: InstallationChange, request: Request) -> Json:
        with world.lock:
            said = _change_installation(double, key, ask, _base(request))
            shown = installation_json(world, world.installations[key], _base(request))
        return {"installation": shown, "events": [await _handed(double, one, deliver=ask.deliver) for one in said]}

    @routes.delete("/installations/{key}")
    async def uninstall(key: int, request: Request, deliver: bool = True) -> Json:
        with world.lock:
            said = build(world, "installation", "deleted", WebhookAsk(installation_id=key), _base(request))
            del world.installations[key]
        return await _handed(double, said, deliver=deliver)


def _apply(double: Double, repo: Repository, ask: RepositoryChange) -> list[str]:
    """Change the repository; returns the actions of the `repository` events that GitHub would send."""
    actions = []
    if ask.full_name is not None and ask.full_name != repo.full_name:
        actions.append("renamed" if ask.full_name.split("/")[0] == repo.owner else "transferred")
        double.world.rename(repo, ask.full_name)
    if ask.archived is not None and ask.archived != repo.archived:
        actions.append("archived" if ask.archived else "unarchived")
        repo.archived = ask.archived
    if ask.private is not None and ask.private != repo.private:
        actions.append("privatized" if ask.private else "publicized")
        repo.private = ask.private
    _apply_quietly(double, repo, ask)
    return actions


def _apply_quietly(double: Double, repo: Repository, ask: RepositoryChange) -> None:
    if ask.has_issues is not None:
        repo.has_issues = ask.has_issues
    if ask.config is not None:
        repo.files[SINGLE_FILE] = ask.config
        if not ask.config:
            del repo.files[SINGLE_FILE]
    seeding.set_collaborators(double.world, repo, dict(ask.collaborators or {}))


def _change_installation(double: Double, key: int, ask: InstallationChange, base: str) -> list[Announcement]:
    world = double.world
    said: list[tuple[str, str, list[str]]] = []
    found = world.installations.get(key)
    if found is None:
        raise not_found()
    if ask.permissions is not None:
        found = replace(found, permissions=ask.permissions)
        said.append(("installation", "new_permissions_accepted", []))
    if ask.suspended is not None:
        found = replace(found, suspended_at=world.now() if ask.suspended else None)
        said.append(("installation", "suspend" if ask.suspended else "unsuspend", []))
    for word, names in (("added", ask.add), ("removed", ask.remove)):
        if names:
            keys = frozenset(world.find(name).id for name in names)
            kept = found.repository_ids | keys if word == "added" else found.repository_ids - keys
            found = replace(found, repository_ids=kept)
            said.append(("installation_repositories", word, names))
    world.installations[key] = replace(found, updated_at=world.now())
    return [
        build(world, event, action, WebhookAsk(installation_id=key, repositories=names), base)
        for event, action, names in said
    ]


def _webhooks(routes: APIRouter, double: Double) -> None:
    @routes.post("/webhooks/{event}")
    @routes.post("/webhooks/{event}/{action}")
    async def webhook(event: str, ask: WebhookAsk, request: Request, action: str = "") -> Json:
        with double.world.lock:
            said = build(double.world, event, action, ask, _base(request))
        return await _handed(double, said, deliver=ask.deliver)


def _control(routes: APIRouter, double: Double) -> None:
    @routes.post("/faults", status_code=201)
    async def plan(ask: FaultAsk) -> Json:
        try:
            pattern = re.compile(ask.path)
        except re.error as error:
            raise Refusal(422, f"path is not a regular expression: {error}") from None
        method = ask.method.upper() if ask.method else None
        double.faults.planned.append(Fault(pattern, method, **ask.model_dump(exclude={"path", "method"})))
        return {"planned": len(double.faults.planned)}

    @routes.delete("/faults")
    async def clear() -> Json:
        double.faults.planned.clear()
        return {"planned": 0}

    @routes.post("/settle")
    async def settle() -> Json:
        await double.sender.settled()
        return {"deliveries": len(double.world.deliveries)}

    @routes.post("/reset")
    async def reset() -> Json:
        with double.world.lock:
            double.world.reset()
            double.faults.planned.clear()
            double.limits.buckets.clear()
            double.log.clear()
        return {}

    @routes.post("/manifests", status_code=201)
    async def manifest(ask: dict[str, Any]) -> Json:
        code = secrets.token_hex(20)
        double.world.manifests[code] = ask
        return {"code": code}


def _looking(routes: APIRouter, double: Double) -> None:
    world = double.world

    @routes.get("/requests")
    async def requests() -> list[Json]:
        return [asdict(entry) for entry in double.log]

    @routes.get("/tokens")
    async def tokens() -> list[Json]:
        with world.lock:
            return [_token_json(double, value) for value in world.tokens]

    @routes.get("/repositories/{owner}/{repo}/state")
    async def state(owner: str, repo: str, request: Request) -> Json:
        with world.lock:
            return _state(double, world.find(f"{owner}/{repo}"), _base(request))


def _token_json(double: Double, value: str) -> Json:
    token = double.world.tokens[value]
    keys = token.repository_ids
    return {
        "kind": "user" if token.login else "installation",
        "login": token.login,
        "installation_id": token.installation_id,
        "permissions": dict(token.permissions),
        "repositories": None if keys is None else [double.world.repositories[key].full_name for key in sorted(keys)],
        "expires_at": time_text(token.expires_at),
    }


def _state(double: Double, repo: Repository, base: str) -> Json:
    world = double.world
    issues = [
        {
            **asdict(issue),
            "created_at": time_text(issue.created_at),
            "updated_at": time_text(issue.updated_at),
            "closed_at": time_text(issue.closed_at),
            "comments": [comment_json(world, repo, comment, base) for comment in repo.comments_of(issue.number)],
            "events": [event.event for event in repo.events.get(issue.number, ())],
        }
        for issue in repo.issues.values()
    ]
    return {"full_name": repo.full_name, "id": repo.id, "archived": repo.archived, "issues": issues}
