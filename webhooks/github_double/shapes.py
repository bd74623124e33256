"""Accounts, the App, installations and repositories as GitHub's JSON."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache
from typing import Any

from webhooks.github_double.answers import Json
from webhooks.github_double.records import Installation, Repository, User
from webhooks.github_double.world import World

_REPOSITORY_URLS = {
    "archive": "/{archive_format}{/ref}",
    "assignees": "/assignees{/user}",
    "blobs": "/git/blobs{/sha}",
    "branches": "/branches{/branch}",
    "collaborators": "/collaborators{/collaborator}",
    "comments": "/comments{/number}",
    "commits": "/commits{/sha}",
    "compare": "/compare/{base}...{head}",
    "contents": "/contents/{+path}",
    "contributors": "/contributors",
    "deployments": "/deployments",
    "downloads": "/downloads",
    "events": "/events",
    "forks": "/forks",
    "git_commits": "/git/commits{/sha}",
    "git_refs": "/git/refs{/sha}",
    "git_tags": "/git/tags{/sha}",
    "hooks": "/hooks",
    "issue_comment": "/issues/comments{/number}",
    "issue_events": "/issues/events{/number}",
    "issues": "/issues{/number}",
    "keys": "/keys{/key_id}",
    "labels": "/labels{/name}",
    "languages": "/languages",
    "merges": "/merges",
    "milestones": "/milestones{/number}",
    "notifications": "/notifications{?since,all,participating}",
    "pulls": "/pulls{/number}",
    "releases": "/releases{/id}",
    "stargazers": "/stargazers",
    "statuses": "/statuses/{sha}",
    "subscribers": "/subscribers",
    "subscription": "/subscription",
    "tags": "/tags",
    "teams": "/teams",
    "trees": "/git/trees{/sha}",
}


def time_text(at: datetime | None) -> str | None:
    """A time as GitHub writes it."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def node_id(kind: str, key: int) -> str:
    """An opaque GraphQL id."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}{key}'.encode()).decode().rstrip('=')}"


@lru_cache(maxsize=65536)
def user_json(user: User, base: str) -> Json:
    """An account; the dict is shared, so it must not be changed."""
    url = f"{base}/users/{user.login}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("U", user.id),
        "avatar_url": f"{base}/avatars/u/{user.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{base}/{user.login}",
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": user.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def public_user_json(user: User, base: str, since: datetime) -> Json:
    """An account as GET /users/{login} shows it."""
    empty = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    return user_json(user, base) | empty | counts | {"created_at": time_text(since), "updated_at": time_text(since)}


def app_json(world: World, base: str) -> Json:
    """The App."""
    return {
        "id": world.app_id,
        "client_id": world.config.client_id,
        "slug": world.app_slug,
        "node_id": node_id("A", world.app_id),
        "owner": user_json(world.user(world.config.app_owner), base),
        "name": world.app_name,
        "description": "",
        "external_url": f"{base}/apps/{world.app_slug}",
        "html_url": f"{base}/apps/{world.app_slug}",
        "created_at": time_text(world.started_at),
        "updated_at": time_text(world.started_at),
        "permissions": dict(world.config.permissions),
        "events": list(world.config.events),
    }


def installation_json(world: World, found: Installation, base: str) -> Json:
    """An installation of the App."""
    account = world.user(found.account)
    return {
        "id": found.id,
        "client_id": world.config.client_id,
        "account": user_json(account, base),
        "repository_selection": "all" if found.all_repositories else "selected",
        "access_tokens_url": f"{base}/app/installations/{found.id}/access_tokens",
        "repositories_url": f"{base}/installation/repositories",
        "html_url": f"{base}/organizations/{found.account}/settings/installations/{found.id}",
        "app_id": world.app_id,
        "app_slug": world.app_slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(found.permissions),
        "events": list(found.events),
        "created_at": time_text(found.created_at),
        "updated_at": time_text(found.updated_at),
        "single_file_name": found.single_files[0] if found.single_files else None,
        "has_multiple_single_files": len(found.single_files) > 1,
        "single_file_paths": list(found.single_files),
        "suspended_by": user_json(account, base) if found.suspended_at else None,
        "suspended_at": time_text(found.suspended_at),
    }


def repository_stub(repo: Repository) -> Json:
    """A repository as installation events name it."""
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
    }


def repository_json(world: World, repo: Repository, base: str) -> Json:
    """A repository in full."""
    url, html = f"{base}/repos/{repo.full_name}", f"{base}/{repo.full_name}"
    return {
        **repository_stub(repo),
        "owner": user_json(world.user(repo.owner), base),
        "html_url": html,
        "description": repo.description,
        "fork": False,
        "url": url,
        **{f"{name}_url": url + path for name, path in _REPOSITORY_URLS.items()},
        "git_url": f"git:{html.partition(':')[2]}.git",
        "ssh_url": f"git@{base.partition('//')[2]}:{repo.full_name}.git",
        "clone_url": f"{html}.git",
        "svn_url": html,
        **_facts(repo),
    }


def _facts(repo: Repository) -> dict[str, Any]:
    created = time_text(repo.created_at)
    nothing = dict.fromkeys(("homepage", "language", "mirror_url", "license"))
    zero = ("size", "stargazers_count", "watchers_count", "forks_count", "forks", "watchers")
    no = ("has_pages", "has_discussions", "disabled", "is_template", "web_commit_signoff_required")
    return {
        "created_at": created,
        "updated_at": created,
        "pushed_at": created,
        **nothing,
        **dict.fromkeys((*zero, "network_count", "subscribers_count"), 0),
        **dict.fromkeys(no, False),
        "has_issues": repo.has_issues,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": True,
        "archived": repo.archived,
        "allow_forking": True,
        "open_issues": repo.open_issues,
        "open_issues_count": repo.open_issues,
        "topics": [],
        "custom_properties": {},
        "visibility": "private" if repo.private else "public",
        "default_branch": "main",
    }
