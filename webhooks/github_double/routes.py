"""Every REST endpoint of the double, in the order in which paths are tried."""

from __future__ import annotations

from webhooks.github_double import apps, comments, deliveries, issues, labels, people, reactions, repositories, timeline
from webhooks.github_double.answers import Answer, not_found
from webhooks.github_double.calls import Call, Route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
REPOSITORY = "/repos/{owner}/{repo}"
BY_ID = "/repositories/{repository}"


def _nothing(_call: Call) -> Answer:
    raise not_found()


RATE_LIMIT = Route("GET", "/rate_limit", _nothing, resource="free")  # the shell answers it: it holds the limits
NAMED = (
    *apps.ROUTES,
    *deliveries.ROUTES,
    RATE_LIMIT,
    *comments.ROUTES,
    *timeline.ROUTES,
    *reactions.ROUTES,
    *labels.ROUTES,
    *issues.ROUTES,
    *repositories.ROUTES,
    *people.ROUTES,
)
ANYTHING_ELSE = tuple(Route(method, "/{path:path}", _nothing) for method in METHODS)


def by_id(route: Route) -> str | None:
    """The path under /repositories/{id}, where GitHub's redirects of renamed repositories lead."""
    return BY_ID + route.path.removeprefix(REPOSITORY) if route.path.startswith(REPOSITORY) else None
