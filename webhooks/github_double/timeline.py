"""The REST endpoints of an issue's events and timeline."""

from __future__ import annotations

from webhooks.github_double.answers import Answer, Json, not_found
from webhooks.github_double.calls import Call, Route
from webhooks.github_double.issue_shapes import comment_json, event_json, issue_json
from webhooks.github_double.paging import page
from webhooks.github_double.records import Comment, Event

CROSS = "cross-referenced"


def list_timeline(call: Call) -> Answer:
    """GET an issue's timeline: events and comments, oldest first."""
    number = call.issue().number
    entries: list[Event | Comment] = [*call.repo.events.get(number, ()), *call.repo.comments_of(number)]
    part, headers = page(call, sorted(entries, key=lambda entry: (entry.created_at, entry.id)))
    return Answer(200, [_entry(call, entry) for entry in part], headers)


def _entry(call: Call, entry: Event | Comment) -> Json:
    if isinstance(entry, Event):
        return event_json(call.world, call.repo, entry, call.base)
    shown = comment_json(call.world, call.repo, entry, call.base)
    return shown | {"event": "commented", "actor": shown["user"]}


def list_issue_events(call: Call) -> Answer:
    """GET an issue's events, oldest first; cross-references are in the timeline only."""
    found = [event for event in call.repo.events.get(call.issue().number, ()) if event.event != CROSS]
    part, headers = page(call, found)
    return Answer(200, [event_json(call.world, call.repo, event, call.base) for event in part], headers)


def list_repository_events(call: Call) -> Answer:
    """GET the events of every issue, newest first, each with its issue."""
    found = [(event, number) for number, held in call.repo.events.items() for event in held if event.event != CROSS]
    part, headers = page(call, sorted(found, key=lambda pair: -pair[0].id))
    return Answer(200, [_with_issue(call, event, number) for event, number in part], headers)


def get_event(call: Call) -> Answer:
    """GET one event with its issue."""
    wanted = call.number("event")
    for number, held in call.repo.events.items():
        for event in held:
            if event.id == wanted and event.event != CROSS:
                return Answer(200, _with_issue(call, event, number))
    raise not_found()


def _with_issue(call: Call, event: Event, number: int) -> Json:
    issue = call.repo.issues.get(number)
    shown = event_json(call.world, call.repo, event, call.base)
    return shown | {"issue": issue and issue_json(call.world, call.repo, issue, call.base)}


READ = ("issues", "read")
ISSUES = "/repos/{owner}/{repo}/issues"
ROUTES = (
    Route("GET", ISSUES + "/events", list_repository_events, needs=READ),
    Route("GET", ISSUES + "/events/{event}", get_event, needs=READ),
    Route("GET", ISSUES + "/{number}/timeline", list_timeline, needs=READ),
    Route("GET", ISSUES + "/{number}/events", list_issue_events, needs=READ),
)
