"""The REST endpoints of issues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from webhooks.github_double import acts
from webhooks.github_double.answers import Announcement, Answer, Json, Refusal, invalid
from webhooks.github_double.auth import ROLES, role_of
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import issue_json
from webhooks.github_double.paging import page
from webhooks.github_double.payloads import announce_issue
from webhooks.github_double.records import Issue, Repository

_SORTS: dict[str, Callable[[Repository, Issue], tuple[datetime | int, int]]] = {
    "created": lambda _, issue: (issue.created_at, issue.number),
    "updated": lambda _, issue: (issue.updated_at, issue.number),
    "comments": lambda repo, issue: (len(repo.comment_ids.get(issue.number, ())), issue.number),
}
_MOST_LISTINGS = 16


def list_issues(call: Call) -> Answer:
    """GET /repos/{owner}/{repo}/issues."""
    if not call.repo.has_issues:
        raise Refusal(410, "Issues are disabled for this repo")
    part, headers = page(call, _listing(call))
    return Answer(200, [issue_json(call.world, call.repo, issue, call.base) for issue in part], headers)


def _listing(call: Call) -> list[Issue]:
    query, repo = call.query, call.repo
    key = tuple(query.get(name) or "" for name in ("state", "sort", "direction", "labels", "creator", "since"))
    held = repo.listings.get(key)
    if held is None or held[0] != repo.version:
        while len(repo.listings) >= _MOST_LISTINGS:
            repo.listings.pop(next(iter(repo.listings)))
        held = repo.listings[key] = (repo.version, _sorted(call))
    return held[1]


def _sorted(call: Call) -> list[Issue]:
    query, repo = call.query, call.repo
    sort = _SORTS.get(query.get("sort") or "created")
    state = query.get("state") or "open"
    if sort is None or state not in {"open", "closed", "all"}:
        raise invalid("Issue", "sort" if sort is None else "state", "invalid")
    since, creator = call.when("since"), (query.get("creator") or "").lower()
    labels = {name.strip().lower() for name in (query.get("labels") or "").split(",") if name.strip()}
    found = [
        issue
        for issue in repo.issues.values()
        if state in ("all", issue.state)
        and (since is None or issue.updated_at >= since)
        and (not creator or issue.user.lower() == creator)
        and (not labels or labels <= {name.lower() for name in issue.labels})
    ]
    found.sort(key=lambda issue: sort(repo, issue), reverse=query.get("direction") != "asc")
    return found


def get_issue(call: Call) -> Answer:
    """GET one issue."""
    return Answer(200, issue_json(call.world, call.repo, call.issue(), call.base))


def create_issue(call: Call) -> Answer:
    """POST an issue."""
    fields, world, repo = call.fields(), call.world, call.repo
    if not repo.has_issues:
        raise Refusal(410, "Issues has been disabled in this repository.")
    title = acts.checked_title(fields.get("title"))
    body = None if fields.get("body") is None else acts.checked_body(fields["body"], "Issue")
    number, now = repo.last_number + 1, world.now()
    issue = repo.put(
        Issue(world.new_id(), number, title, body, call.actor.login, now, now, by_app=call.actor.kind == "installation")
    )
    acts.read_mentions(world, repo, issue, body, call.actor.login)
    if _may_label(call):
        issue = acts.set_labels(world, repo, issue, _names(fields.get("labels")), call.actor.login)
    shown = issue_json(world, repo, issue, call.base)
    return Answer(201, shown, {"location": shown["url"]}, (announce_issue(call, issue, "opened"),))


def _may_label(call: Call) -> bool:
    return call.actor.kind == "installation" or ROLES[role_of(call.repo, call.actor.login)] >= ROLES["triage"]


def _names(labels: object) -> list[str]:
    if labels is None:
        return []
    if not isinstance(labels, list):
        raise invalid("Issue", "labels", "invalid")
    return [str(entry.get("name") or "") if isinstance(entry, dict) else entry for entry in labels]


def edit_issue(call: Call) -> Answer:
    """PATCH an issue: title, body, state, labels, milestone, assignees."""
    fields, before = call.fields(), call.issue()
    if call.actor.kind == "user" and before.user != call.actor.login and not _may_label(call):
        raise Refusal(403, "Must have triage rights to Repository.")
    issue, said = _edit_text(call, before, fields)
    issue, more = _edit_state(call, issue, fields)
    if "labels" in fields:
        issue = acts.set_labels(call.world, call.repo, issue, _names(fields["labels"]), call.actor.login)
    if "milestone" in fields:  # by title, where GitHub takes a number
        issue = call.repo.put(replace(issue, milestone=fields["milestone"], updated_at=call.world.now()))
    if isinstance(fields.get("assignees"), list):
        people = tuple(call.world.user(login).login for login in fields["assignees"])
        issue = call.repo.put(replace(issue, assignees=people, updated_at=call.world.now()))
    return Answer(200, issue_json(call.world, call.repo, issue, call.base), announcements=(*said, *more))


def _edit_text(call: Call, issue: Issue, fields: Json) -> tuple[Issue, list[Announcement]]:
    world, repo, changes = call.world, call.repo, {}
    if "title" in fields and fields["title"] != issue.title:
        changes["title"] = {"from": issue.title}
        issue = acts.retitle(world, repo, issue, acts.checked_title(fields["title"]), call.actor.login)
    if "body" in fields and fields["body"] != issue.body:
        changes["body"] = {"from": issue.body or ""}
        body = None if fields["body"] is None else acts.checked_body(fields["body"], "Issue")
        issue = repo.put(replace(issue, body=body, updated_at=world.now()))
        acts.read_mentions(world, repo, issue, body, call.actor.login)
    return issue, [announce_issue(call, issue, "edited", changes=changes)] if changes else []


def _edit_state(call: Call, issue: Issue, fields: Json) -> tuple[Issue, list[Announcement]]:
    state, reason, login = fields.get("state"), fields.get("state_reason"), call.actor.login
    if state not in (None, "open", "closed"):
        raise invalid("Issue", "state", "invalid")
    if reason not in (None, *acts.REASONS):
        raise invalid("Issue", "state_reason", "invalid")
    before = issue
    if state == "open":
        issue = acts.reopen(call.world, call.repo, issue, login)
    elif state == "closed":
        issue = acts.close(call.world, call.repo, issue, login, reason)
        if reason == "duplicate" and before is not issue:
            acts.mark_duplicate(call.world, call.repo, issue, login)
    if before.state == issue.state:
        return issue, []
    return issue, [announce_issue(call, issue, "reopened" if state == "open" else "closed")]


def lock(call: Call) -> Answer:
    """PUT .../lock."""
    issue, fields = call.issue(), call.body if isinstance(call.body, dict) else {}
    reason = fields.get("lock_reason")
    if reason not in (None, "off-topic", "too heated", "resolved", "spam"):
        raise invalid("Issue", "lock_reason", "invalid")
    if issue.locked:
        return Answer(204)
    call.world.record(call.repo, issue.number, "locked", call.actor.login, lock_reason=reason)
    issue = call.repo.put(replace(issue, locked=True, lock_reason=reason, updated_at=call.world.now()))
    return Answer(204, announcements=(announce_issue(call, issue, "locked"),))


def unlock(call: Call) -> Answer:
    """DELETE .../lock."""
    issue = call.issue()
    if not issue.locked:
        return Answer(204)
    call.world.record(call.repo, issue.number, "unlocked", call.actor.login, lock_reason=None)
    issue = call.repo.put(replace(issue, locked=False, lock_reason=None, updated_at=call.world.now()))
    return Answer(204, announcements=(announce_issue(call, issue, "unlocked"),))


READ, WRITE = ("issues", "read"), ("issues", "write")
ISSUES = "/repos/{owner}/{repo}/issues"
ISSUE = ISSUES + "/{number}"
ROUTES = (
    Route("GET", ISSUES, list_issues, needs=READ),
    Route("POST", ISSUES, create_issue, needs=WRITE),
    Route("GET", ISSUE, get_issue, needs=READ),
    Route("PATCH", ISSUE, edit_issue, needs=WRITE),
    Route("PUT", ISSUE + "/lock", lock, needs=WRITE, role="write"),
    Route("DELETE", ISSUE + "/lock", unlock, needs=WRITE, role="write"),
)
