"""The REST endpoints of reactions to issues and comments."""

from __future__ import annotations

from webhooks.github_double.answers import Answer, Refusal, invalid, not_found
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import REACTIONS, reaction_json
from webhooks.github_double.paging import page
from webhooks.github_double.records import Reaction


def _key(call: Call) -> tuple[str, int]:
    if "number" in call.params:
        return "issue", call.issue().number
    comment = call.number("comment")
    if comment not in call.repo.comments:
        raise not_found()
    return "comment", comment


def list_reactions(call: Call) -> Answer:
    """GET the reactions, of one kind where `content` names it."""
    content = call.query.get("content")
    found = [r for r in call.repo.reactions.get(_key(call), ()) if content in (None, r.content)]
    part, headers = page(call, found)
    return Answer(200, [reaction_json(call.world, reaction, call.base) for reaction in part], headers)


def create_reaction(call: Call) -> Answer:
    """POST a reaction; the same one again answers 200 with the first."""
    content, key = call.fields().get("content"), _key(call)
    if content not in REACTIONS:
        raise invalid("Reaction", "content", "invalid")
    held = call.repo.reactions.setdefault(key, [])
    for reaction in held:
        if (reaction.user, reaction.content) == (call.actor.login, content):
            return Answer(200, reaction_json(call.world, reaction, call.base))
    held.append(Reaction(call.world.new_id(), call.actor.login, content, call.world.now()))
    return Answer(201, reaction_json(call.world, held[-1], call.base))


def delete_reaction(call: Call) -> Answer:
    """DELETE one's own reaction."""
    held, wanted = call.repo.reactions.get(_key(call), []), call.number("reaction")
    found = next((reaction for reaction in held if reaction.id == wanted), None)
    if found is None:
        raise not_found()
    if found.user != call.actor.login:
        raise Refusal(403, "You can only delete your own reactions.")
    held.remove(found)
    return Answer(204)


READ, WRITE = ("issues", "read"), ("issues", "write")
TO_ISSUE = "/repos/{owner}/{repo}/issues/{number}/reactions"
TO_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment}/reactions"
ROUTES = tuple(
    route
    for path in (TO_COMMENT, TO_ISSUE)
    for route in (
        Route("GET", path, list_reactions, needs=READ),
        Route("POST", path, create_reaction, needs=WRITE),
        Route("DELETE", path + "/{reaction}", delete_reaction, needs=WRITE),
    )
)
