"""The REST endpoints of repositories, their files, their people; and search."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Callable

from webhooks.github_double.answers import Answer, Json, Refusal, invalid, not_found
from webhooks.github_double.auth import NOT_ACCESSIBLE, allowed, role_of
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import issue_json
from webhooks.github_double.paging import page
from webhooks.github_double.people import permissions_of
from webhooks.github_double.records import Actor, Issue, Repository
from webhooks.github_double.shapes import public_user_json, repository_json, user_json
from webhooks.github_double.world import covers

_OLD_NAMES = {"maintain": "write", "triage": "read"}


def get_repository(call: Call) -> Answer:
    """GET a repository; to a person it says what they may do there."""
    shown = repository_json(call.world, call.repo, call.base)
    if call.actor.kind == "user":
        shown |= {"permissions": permissions_of(call.repo, call.actor.login)}
    return Answer(200, shown)


def get_contents(call: Call) -> Answer:
    """GET a file; a token with `single_file` reads only the files that the installation names."""
    path = call.params["path"]
    if call.actor.kind == "installation" and not _may_read(call, path):
        raise Refusal(403, NOT_ACCESSIBLE)
    text = call.repo.files.get(path)
    if text is None:
        raise not_found()
    if "raw" in call.headers.get("accept", ""):
        return Answer(200, text, {"content-type": "application/vnd.github.raw+json; charset=utf-8"})
    return Answer(200, _file(call, path, text))


def _may_read(call: Call, path: str) -> bool:
    installation = call.world.installations[call.actor.installation_id or 0]
    single = allowed(call.actor, "single_file", "read") and path in installation.single_files
    return single or allowed(call.actor, "contents", "read")


def _file(call: Call, path: str, text: str) -> Json:
    raw = text.encode("utf-8", "replace")
    sha = hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
    api, html = f"{call.base}/repos/{call.repo.full_name}", f"{call.base}/{call.repo.full_name}"
    url, page_url = f"{api}/contents/{path}?ref=main", f"{html}/blob/main/{path}"
    blob = f"{api}/git/blobs/{sha}"
    return {
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "size": len(raw),
        "url": url,
        "html_url": page_url,
        "git_url": blob,
        "download_url": f"{html}/raw/main/{path}",
        "type": "file",
        "content": base64.encodebytes(raw).decode(),
        "encoding": "base64",
        "_links": {"self": url, "git": blob, "html": page_url},
    }


def get_permission(call: Call) -> Answer:
    """GET a person's live permission."""
    user = call.world.users.get(call.params["login"].lower())
    if user is None:
        raise not_found()
    role = role_of(call.repo, user.login)
    permission = _OLD_NAMES.get(role, role)
    shown = user_json(user, call.base) | {"permissions": permissions_of(call.repo, user.login), "role_name": role}
    return Answer(200, {"permission": permission, "role_name": role, "user": shown})


def get_user(call: Call) -> Answer:
    """GET an account."""
    user = call.world.users.get(call.params["login"].lower())
    if user is None:
        raise not_found()
    return Answer(200, public_user_json(user, call.base, call.world.started_at))


def get_self(call: Call) -> Answer:
    """GET the person whose token it is."""
    if call.actor.kind != "user":
        raise (
            Refusal(401, "Requires authentication") if call.actor.kind == "anonymous" else Refusal(403, NOT_ACCESSIBLE)
        )
    return Answer(200, public_user_json(call.world.user(call.actor.login), call.base, call.world.started_at))


def search_issues(call: Call) -> Answer:
    """GET /search/issues: repo:, is:, state:, label:, author:, in:title and words that must all occur."""
    text = call.query.get("q", "").strip()
    if not text:
        raise invalid("Search", "q", "missing")
    tests, repositories, titles_only = _parsed(call, text)
    found = [
        (repo, issue)
        for repo in repositories
        for issue in repo.issues.values()
        if all(test(issue, issue.title if titles_only else f"{issue.title}\n{issue.body or ''}") for test in tests)
    ]
    found.sort(key=lambda pair: pair[1].created_at, reverse=call.query.get("order") != "asc")
    part, headers = page(call, found[:1000])
    items = [issue_json(call.world, repo, issue, call.base) | {"score": 1.0} for repo, issue in part]
    body = {"total_count": len(found), "incomplete_results": False, "items": items, "search_type": "lexical"}
    return Answer(200, body, headers)


_Test = Callable[[Issue, str], bool]


def _parsed(call: Call, text: str) -> tuple[list[_Test], list[Repository], bool]:
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.replace('"', " ").split()
    names = [word.partition(":")[2] for word in words if word.startswith("repo:")]
    known = [call.world.repositories.get(call.world.names.get(name.lower(), 0)) for name in names]
    repositories = [repo for repo in known if repo is not None and _may_search(call, call.actor, repo)]
    if len(repositories) < len(names):
        problem = "The listed users and repositories cannot be searched either because the resources do not exist"
        raise invalid("Search", "q", "invalid", message=f"{problem} or you do not have permission to view them.")
    if not names:
        repositories = [r for r in call.world.repositories.values() if _may_search(call, call.actor, r)]
    return [_test(word) for word in words if not word.startswith(("repo:", "in:"))], repositories, "in:title" in words


def _may_search(call: Call, actor: Actor, repo: Repository) -> bool:
    if actor.kind == "installation":
        named = actor.repository_ids is None or repo.id in actor.repository_ids
        return (
            named
            and allowed(actor, "issues", "read")
            and covers(call.world.installations[actor.installation_id or 0], repo)
        )
    return not repo.private or role_of(repo, actor.login) != "none"


def _test(word: str) -> _Test:
    key, colon, value = word.partition(":")
    value = value.lower()
    if colon and key in {"is", "state", "type"} and value in {"open", "closed"}:
        return lambda issue, _: issue.state == value
    if colon and key in {"is", "type"} and value in {"issue", "pr"}:
        return lambda issue, _: issue.is_pull_request == (value == "pr")
    if colon and key == "label":
        return lambda issue, _: value in {name.lower() for name in issue.labels}
    if colon and key == "author":
        return lambda issue, _: issue.user.lower() == value
    return lambda _, text: word.lower() in text.lower()


REPOSITORY = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", REPOSITORY, get_repository),
    Route("GET", REPOSITORY + "/contents/{path:path}", get_contents),
    Route("GET", REPOSITORY + "/collaborators/{login}/permission", get_permission),
    Route("GET", "/user", get_self),
    Route("GET", "/users/{login}", get_user),
    Route("GET", "/search/issues", search_issues, resource="search"),
)
