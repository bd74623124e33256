"""Which delivery starts which workflow: the whole list, as plain dicts."""

from __future__ import annotations

from collections.abc import Collection

ROUTES: dict[tuple[str, str], str] = {
    ("issues", "opened"): "triage_issue",
    ("issues", "edited"): "triage_issue",
    ("issues", "labeled"): "observe_issue",
    ("issues", "unlabeled"): "observe_issue",
    ("issues", "closed"): "observe_issue",
    ("issues", "reopened"): "observe_issue",
    ("issues", "locked"): "observe_issue",
    ("issues", "unlocked"): "observe_issue",
    ("issues", "pinned"): "observe_issue",
    ("issues", "unpinned"): "observe_issue",
    ("issues", "transferred"): "observe_issue",
    ("issues", "deleted"): "observe_issue",
    ("issue_comment", "created"): "learn_feedback",
    ("issue_comment", "edited"): "learn_feedback",
    ("issue_comment", "deleted"): "observe_issue",
    ("installation", "created"): "installation_changed",
    ("installation", "deleted"): "installation_changed",
    ("installation", "suspend"): "installation_changed",
    ("installation", "unsuspend"): "installation_changed",
    ("installation", "new_permissions_accepted"): "installation_changed",
    ("installation_repositories", "added"): "installation_changed",
    ("installation_repositories", "removed"): "installation_changed",
    ("repository", "renamed"): "repository_changed",
    ("repository", "transferred"): "repository_changed",
    ("repository", "archived"): "repository_changed",
    ("repository", "unarchived"): "repository_changed",
    ("repository", "deleted"): "repository_changed",
}

ONLY_WHEN_CHANGED: dict[tuple[str, str], frozenset[str]] = {
    ("issues", "edited"): frozenset({"title", "body"}),
}
"""An edit starts its workflow only where one of these fields changed."""

ONLY_BY_PEOPLE = frozenset({("issues", "labeled"), ("issues", "unlabeled")})
"""What the bot itself does too, and has no need to hear of."""

ALWAYS_SENT = frozenset({"installation", "installation_repositories"})
"""GitHub sends these to every App, and refuses a manifest that lists them."""


def workflow_for(event: str, action: str | None, changed: Collection[str] = ()) -> str | None:
    """The workflow's name (a key of `bot.workflows.WORKFLOWS`), or None where the delivery does not interest us."""
    route = (event, action or "")
    needed = ONLY_WHEN_CHANGED.get(route)
    if needed is not None and needed.isdisjoint(changed):
        return None
    return ROUTES.get(route)


def events_to_subscribe() -> tuple[str, ...]:
    """What `default_events` of the App's manifest lists, in alphabetical order."""
    return tuple(sorted({event for event, _ in ROUTES} - ALWAYS_SENT))
