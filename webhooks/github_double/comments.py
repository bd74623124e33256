"""The REST endpoints of issue comments."""

from __future__ import annotations

from dataclasses import replace

from webhooks.github_double import acts
from webhooks.github_double.answers import Answer, Refusal, invalid, not_found
from webhooks.github_double.auth import NOT_ACCESSIBLE, ROLES, role_of
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import comment_json
from webhooks.github_double.paging import page
from webhooks.github_double.payloads import announce_comment
from webhooks.github_double.records import Comment


def _shown(call: Call, comments: list[Comment]) -> Answer:
    since = call.when("since")
    part, headers = page(call, [c for c in comments if since is None or c.updated_at >= since])
    return Answer(200, [comment_json(call.world, call.repo, comment, call.base) for comment in part], headers)


def list_comments(call: Call) -> Answer:
    """GET the comments of one issue, oldest first."""
    return _shown(call, call.repo.comments_of(call.issue().number))


def list_repository_comments(call: Call) -> Answer:
    """GET the comments of every issue, by id unless `sort` says otherwise."""
    sort, found = call.query.get("sort"), list(call.repo.comments.values())
    if sort not in (None, "created", "updated"):
        raise invalid("IssueComment", "sort", "invalid")
    if sort is not None:
        descending = call.query.get("direction") != "asc"
        found.sort(key=lambda c: (c.updated_at if sort == "updated" else c.created_at, c.id), reverse=descending)
    return _shown(call, found)


def create_comment(call: Call) -> Answer:
    """POST a comment."""
    issue, login = call.issue(), call.actor.login
    body = acts.checked_body(call.fields().get("body"), "IssueComment")
    if not body.strip():
        raise invalid("IssueComment", "body", "missing_field")
    if issue.locked and not _may_write(call):
        raise Refusal(403, "Unable to create comment because issue is locked.")
    comment = call.world.add_comment(call.repo, issue, body, login)
    acts.read_mentions(call.world, call.repo, issue, body, login)
    shown = comment_json(call.world, call.repo, comment, call.base)
    return Answer(201, shown, {"location": shown["url"]}, (announce_comment(call, comment, "created"),))


def _may_write(call: Call) -> bool:
    return call.actor.kind == "installation" or ROLES[role_of(call.repo, call.actor.login)] >= ROLES["write"]


def _comment(call: Call) -> Comment:
    found = call.repo.comments.get(call.number("comment"))
    if found is None:
        raise not_found()
    return found


def get_comment(call: Call) -> Answer:
    """GET one comment."""
    return Answer(200, comment_json(call.world, call.repo, _comment(call), call.base))


def _own(call: Call) -> Comment:
    comment = _comment(call)
    if call.actor.login != comment.user and not _may_write(call):
        raise Refusal(403, NOT_ACCESSIBLE)
    return comment


def edit_comment(call: Call) -> Answer:
    """PATCH a comment."""
    before = _own(call)
    body = acts.checked_body(call.fields().get("body"), "IssueComment")
    comment = replace(before, body=body, updated_at=call.world.now())
    call.repo.comments[comment.id] = comment
    call.repo.put(replace(call.repo.issues[comment.number], updated_at=comment.updated_at))
    acts.read_mentions(call.world, call.repo, call.repo.issues[comment.number], body, call.actor.login)
    said = announce_comment(call, comment, "edited", changes={"body": {"from": before.body}})
    return Answer(200, comment_json(call.world, call.repo, comment, call.base), announcements=(said,))


def delete_comment(call: Call) -> Answer:
    """DELETE a comment."""
    comment = _own(call)
    said = announce_comment(call, comment, "deleted")
    del call.repo.comments[comment.id]
    call.repo.comment_ids[comment.number].remove(comment.id)
    call.repo.reactions.pop(("comment", comment.id), None)
    call.repo.version += 1
    return Answer(204, announcements=(said,))


READ, WRITE = ("issues", "read"), ("issues", "write")
OF_ISSUE = "/repos/{owner}/{repo}/issues/{number}/comments"
OF_REPOSITORY = "/repos/{owner}/{repo}/issues/comments"
ROUTES = (
    Route("GET", OF_REPOSITORY, list_repository_comments, needs=READ),
    Route("GET", OF_REPOSITORY + "/{comment}", get_comment, needs=READ),
    Route("PATCH", OF_REPOSITORY + "/{comment}", edit_comment, needs=WRITE),
    Route("DELETE", OF_REPOSITORY + "/{comment}", delete_comment, needs=WRITE),
    Route("GET", OF_ISSUE, list_comments, needs=READ),
    Route("POST", OF_ISSUE, create_comment, needs=WRITE),
)
