"""Who asks, and what they may: App JWT, installation token, a person's token, nobody."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import jwt

from webhooks.github_double.answers import Refusal, not_found
from webhooks.github_double.calls import Route
from webhooks.github_double.records import Actor, Repository
from webhooks.github_double.world import World, covers

LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}
ROLES = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}
JWT_LIFETIME_S = 600
CLOCK_DRIFT_S = 60
NOT_ACCESSIBLE = "Resource not accessible by integration"


def authenticate(world: World, header: str | None) -> Actor:
    """The actor that an Authorization header names; 401 for a wrong or expired one."""
    if not header:
        return Actor("anonymous")
    value = _credential(header)
    if value.count(".") == 2:
        return _app(world, value)
    token = world.tokens.get(value)
    if token is None or token.expires_at <= world.now():
        raise Refusal(401, "Bad credentials")
    if token.login is not None:
        return Actor("user", token.login)
    installation = world.installations.get(token.installation_id or 0)
    if installation is None:
        raise Refusal(401, "Bad credentials")
    if installation.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    return Actor("installation", world.bot, installation.id, token.permissions, token.repository_ids)


def _credential(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() in {"bearer", "token"}:
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().split(":", 1)[1]
        except (binascii.Error, UnicodeDecodeError, IndexError):
            pass
    raise Refusal(401, "Bad credentials")


def _app(world: World, value: str) -> Actor:
    claims = _claims(world, value)
    now = world.config.clock().timestamp()
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int) or not isinstance(expires, int):
        raise Refusal(401, "Missing 'issued at' claim ('iat') in assertion")
    if issued > now + CLOCK_DRIFT_S:
        raise Refusal(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was")
    if expires <= now:
        raise Refusal(401, "'Expiration time' claim ('exp') must be a numeric value in the future")
    if expires > now + JWT_LIFETIME_S + CLOCK_DRIFT_S:
        raise Refusal(401, "'Expiration time' claim ('exp') is too far in the future")
    if str(claims.get("iss")) not in {str(world.app_id), world.config.client_id}:
        raise Refusal(404, "Integration not found")
    return Actor("app", world.app_slug)


def _claims(world: World, value: str) -> dict[str, Any]:
    key = world.public_key
    try:
        if jwt.get_unverified_header(value).get("alg") != "RS256":
            raise Refusal(401, "A JSON web token could not be decoded")
        options: Any = {"verify_signature": key is not None, "verify_exp": False, "verify_iat": False}
        return dict(jwt.decode(value, key or "", algorithms=["RS256"], options=options))
    except jwt.PyJWTError:
        raise Refusal(401, "A JSON web token could not be decoded") from None


def require(route: Route, actor: Actor) -> None:
    """The kind of credential that the endpoint is for."""
    if route.actor == "app" and actor.kind != "app":
        raise Refusal(401, "A JSON web token could not be decoded")
    if route.actor == "installation" and actor.kind != "installation":
        raise Refusal(403, "You must authenticate with an installation access token in order to list repositories.")


def admit(world: World, route: Route, actor: Actor, repo: Repository) -> None:
    """May the actor use this endpoint on this repository? 404 where it may not even see it, else 403."""
    if actor.kind == "app":
        if route.actor != "app":
            raise Refusal(403, NOT_ACCESSIBLE)
        return
    if not _sees(world, actor, repo):
        raise not_found()
    if actor.kind == "anonymous" and route.method != "GET":
        raise Refusal(401, "Requires authentication")
    if actor.kind == "installation" and not allowed(actor, *route.needs):
        raise Refusal(403, NOT_ACCESSIBLE)
    if actor.kind == "user" and ROLES[role_of(repo, actor.login)] < ROLES[route.role]:
        raise Refusal(403, "Must have triage rights to Repository." if route.role == "triage" else "Forbidden")
    if repo.archived and route.method != "GET":
        raise Refusal(403, "Repository was archived so is read-only.")


def _sees(world: World, actor: Actor, repo: Repository) -> bool:
    if actor.kind == "installation":
        named = actor.repository_ids is None or repo.id in actor.repository_ids
        return named and covers(world.installations[actor.installation_id or 0], repo)
    return not repo.private or role_of(repo, actor.login) != "none"


def allowed(actor: Actor, permission: str, level: str) -> bool:
    """Whether an installation token holds the permission; every one may read metadata."""
    held = actor.permissions.get(permission, "read" if permission == "metadata" else "none")
    return LEVELS[held] >= LEVELS[level]


def role_of(repo: Repository, login: str) -> str:
    """A person's role: the owner is admin, collaborators have theirs, others may read what is public."""
    if login.lower() == repo.owner.lower():
        return "admin"
    return repo.collaborators.get(login.lower(), "none" if repo.private else "read")
