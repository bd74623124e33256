"""The REST endpoints of the person who signed in: which installations and repositories they may see."""

from __future__ import annotations

from webhooks.github_double.answers import Answer, Json, Refusal, not_found
from webhooks.github_double.auth import NOT_ACCESSIBLE, ROLES, role_of
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.paging import page
from webhooks.github_double.records import Installation, Repository
from webhooks.github_double.shapes import installation_json, repository_json

RANKS = ("pull", "triage", "push", "maintain", "admin")


def permissions_of(repo: Repository, login: str) -> dict[str, bool]:
    """What a person may do, as repositories say it."""
    held = ROLES[role_of(repo, login)]
    return {name: rank < held for rank, name in enumerate(RANKS)}


def _seen(call: Call, found: Installation) -> list[Repository]:
    """The installation's repositories in which the person has a role of their own."""
    login = call.actor.login
    covered = call.world.covered(found)
    return [repo for repo in covered if login.lower() in repo.collaborators or role_of(repo, login) == "admin"]


def _person(call: Call) -> None:
    if call.actor.kind == "anonymous":
        raise Refusal(401, "Requires authentication")
    if call.actor.kind != "user":
        raise Refusal(403, NOT_ACCESSIBLE)


def list_own_installations(call: Call) -> Answer:
    """GET the installations in which the person may see something."""
    _person(call)
    found = [one for one in call.world.installations.values() if _seen(call, one)]
    part, headers = page(call, found)
    shown = [installation_json(call.world, one, call.base) for one in part]
    return Answer(200, {"total_count": len(found), "installations": shown}, headers)


def list_own_repositories(call: Call) -> Answer:
    """GET the repositories of one of them that the person may see."""
    _person(call)
    found = call.world.installations.get(call.number("installation"))
    seen = [] if found is None else _seen(call, found)
    if not seen:
        raise not_found()
    part, headers = page(call, seen)
    shown: list[Json] = [
        repository_json(call.world, repo, call.base) | {"permissions": permissions_of(repo, call.actor.login)}
        for repo in part
    ]
    return Answer(200, {"total_count": len(seen), "repositories": shown}, headers)


ROUTES = (
    Route("GET", "/user/installations", list_own_installations),
    Route("GET", "/user/installations/{installation}/repositories", list_own_repositories),
)
