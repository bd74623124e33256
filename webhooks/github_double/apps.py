"""The REST endpoints of the App itself: installations, tokens, manifest; and the root."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from webhooks.github_double.answers import Answer, Json, Refusal, not_found
from webhooks.github_double.auth import LEVELS
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.paging import page
from webhooks.github_double.records import Installation
from webhooks.github_double.shapes import app_json, installation_json, repository_json, time_text
from webhooks.github_double.world import covers

_ROOT = {
    "current_user_url": "/user",
    "authorizations_url": "/authorizations",
    "code_search_url": "/search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "/search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "issue_search_url": "/search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": "/search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "topic_search_url": "/search/topics?q={query}{&page,per_page}",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "/search/users?q={query}{&page,per_page,sort,order}",
}


def get_root(call: Call) -> Answer:
    """GET / of the API."""
    html = {"current_user_authorizations_html_url": f"{call.base}/settings/connections/applications{{/client_id}}"}
    return Answer(200, {name: call.base + path for name, path in _ROOT.items()} | html)


def get_app(call: Call) -> Answer:
    """GET the App."""
    shown = app_json(call.world, call.base)
    return Answer(200, shown | {"installations_count": len(call.world.installations)})


def list_installations(call: Call) -> Answer:
    """GET the App's installations."""
    part, headers = page(call, list(call.world.installations.values()))
    return Answer(200, [installation_json(call.world, found, call.base) for found in part], headers)


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.number("installation"))
    if found is None:
        raise not_found()
    return found


def get_installation(call: Call) -> Answer:
    """GET one installation."""
    return Answer(200, installation_json(call.world, _installation(call), call.base))


def get_repository_installation(call: Call) -> Answer:
    """GET the installation that covers a repository."""
    found = call.world.installation_of(call.repo)
    if found is None:
        raise not_found()
    return Answer(200, installation_json(call.world, found, call.base))


def create_token(call: Call) -> Answer:
    """POST for an installation token; never more than the App was granted."""
    found, fields = _installation(call), call.body if isinstance(call.body, dict) else {}
    if found.suspended_at is not None:
        raise Refusal(403, "This installation has been suspended")
    permissions = _granted(found, fields.get("permissions"))
    repositories = _chosen(call, found, fields)
    value, token = call.world.mint(
        permissions=permissions, installation_id=found.id, repository_ids=repositories, login=None
    )
    answer: Json = {
        "token": value,
        "expires_at": time_text(token.expires_at),
        "permissions": dict(permissions),
        "repository_selection": "selected" if repositories is not None or not found.all_repositories else "all",
    }
    if repositories is not None:
        named = [call.world.repositories[key] for key in sorted(repositories)]
        answer["repositories"] = [repository_json(call.world, repo, call.base) for repo in named]
    if "single_file" in permissions and found.single_files:
        answer |= {"single_file": found.single_files[0], "single_file_paths": list(found.single_files)}
        answer["has_multiple_single_files"] = len(found.single_files) > 1
    return Answer(201, answer)


def _granted(found: Installation, wanted: object) -> Mapping[str, str]:
    if wanted is None or wanted == {}:
        return {"metadata": "read", **found.permissions}
    if not isinstance(wanted, dict) or any(level not in LEVELS for level in wanted.values()):
        raise Refusal(422, "Invalid permissions")
    held = {"metadata": "read", **found.permissions}
    if any(LEVELS[level] > LEVELS[held.get(name, "none")] for name, level in wanted.items()):
        raise Refusal(422, "The permissions requested are not granted to this installation.")
    return {"metadata": "read", **wanted}


def _chosen(call: Call, found: Installation, fields: Json) -> frozenset[int] | None:
    names, keys = fields.get("repositories"), fields.get("repository_ids")
    if names is None and keys is None:
        return None
    covered = call.world.covered(found)
    by_name = {repo.name.lower(): repo.id for repo in covered}
    chosen = {by_name.get(str(name).lower()) for name in names or ()}
    chosen |= {key if key in {repo.id for repo in covered} else None for key in keys or ()}
    if None in chosen:
        problem = (
            "There is at least one repository that does not exist or is not accessible to the parent installation."
        )
        raise Refusal(422, problem)
    return frozenset(key for key in chosen if key is not None)


def list_covered(call: Call) -> Answer:
    """GET the repositories that the token may see."""
    found, only = call.world.installations[call.actor.installation_id or 0], call.actor.repository_ids
    seen = [r for r in call.world.repositories.values() if covers(found, r) and (only is None or r.id in only)]
    part, headers = page(call, seen)
    body = {
        "total_count": len(seen),
        "repository_selection": "all" if found.all_repositories else "selected",
        "repositories": [repository_json(call.world, repo, call.base) for repo in part],
    }
    return Answer(200, body, headers)


def convert_manifest(call: Call) -> Answer:
    """POST a manifest's code, once: the double becomes that App, with a new key and secret."""
    manifest = call.world.manifests.pop(call.params["code"], None)
    if manifest is None:
        raise not_found()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    world = call.world
    world.app_id, world.public_key = world.new_id(), public.decode()
    world.app_name = str(manifest.get("name") or world.app_name)
    world.app_slug = "-".join(world.app_name.lower().split())
    world.webhook_secret, world.client_secret = secrets.token_hex(20), secrets.token_hex(20)
    world.callback_urls = tuple(manifest.get("callback_urls") or ())
    made = {
        "client_secret": world.client_secret,
        "webhook_secret": world.webhook_secret,
        "pem": pem.decode(),
        "permissions": manifest.get("default_permissions") or dict(world.config.permissions),
        "events": manifest.get("default_events") or list(world.config.events),
    }
    return Answer(201, app_json(world, call.base) | made)


ROUTES = (
    Route("GET", "/", get_root),
    Route("GET", "/app", get_app, actor="app"),
    Route("GET", "/app/installations", list_installations, actor="app"),
    Route("GET", "/app/installations/{installation}", get_installation, actor="app"),
    Route("POST", "/app/installations/{installation}/access_tokens", create_token, actor="app"),
    Route("GET", "/repos/{owner}/{repo}/installation", get_repository_installation, actor="app"),
    Route("GET", "/installation/repositories", list_covered, actor="installation"),
    Route("POST", "/app-manifests/{code}/conversions", convert_manifest),
)
