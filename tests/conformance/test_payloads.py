"""The payloads that the double builds carry what GitHub's real ones always carry, in the same JSON types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.fakes.recorded import Recorded
from tests.fakes.webhook_examples import examples

pytestmark = pytest.mark.npm

ISSUE = {"repository": "acme/app", "issue": 1}
REPOSITORY = {"repository": "acme/app"}
ASKS: dict[tuple[str, str], Mapping[str, Any]] = {
    **{("issues", action): ISSUE for action in ("opened", "deleted", "locked", "unlocked", "pinned", "unpinned")},
    ("issues", "reopened"): ISSUE,
    ("issues", "edited"): ISSUE | {"changes": {"title": {"from": "x"}}},
    ("issues", "labeled"): ISSUE | {"label": "bug"},
    ("issues", "unlabeled"): ISSUE | {"label": "bug"},
    ("issues", "assigned"): ISSUE | {"assignee": "mia"},
    ("issues", "unassigned"): ISSUE | {"assignee": "mia"},
    **{("issue_comment", action): REPOSITORY for action in ("created", "edited", "deleted")},
    **{
        ("installation", action): REPOSITORY
        for action in ("created", "deleted", "suspend", "unsuspend", "new_permissions_accepted")
    },
    **{("installation_repositories", action): REPOSITORY for action in ("added", "removed")},
    **{("repository", action): REPOSITORY for action in ("renamed", "transferred", "privatized", "publicized")},
    **{("label", action): REPOSITORY | {"label": "bug"} for action in ("created", "deleted")},
    ("label", "edited"): REPOSITORY | {"label": "bug", "changes": {"color": {"from": "000000"}}},
    ("ping", ""): {},
}

NOT_SENT = frozenset(
    {
        "issue.draft",  # the old examples have it on issues; today only pull requests do
        "hook.url",  # of repositories' hooks; an App's has deliveries_url
        "hook.ping_url",
        "changes.owner.from.user",  # where the earlier owner was an organization
    }
)


def _type(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _shape(value: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """`(path, JSON type)` of every key, of lists the first element."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            path = f"{at}.{key}".lstrip(".")
            yield path, _type(inner)
            yield from _shape(inner, path)
    elif isinstance(value, list) and value:
        yield from _shape(value[0], f"{at}[]")


def _always(event: str, action: str | None) -> dict[str, set[str]]:
    """The keys that every example of the event and action has, with the types seen."""
    shapes = [dict(_shape(payload)) for _, _, payload in examples(event, action)]
    shared = set.intersection(*(set(shape) for shape in shapes)) if shapes else set()
    return {path: {shape[path] for shape in shapes} for path in shared}


def _may_lack(path: str, shape: Mapping[str, str]) -> bool:
    """What is in a null, in an empty list or among the permissions that were granted is not there."""
    parent, _, _ = path.rpartition(".")
    if path in NOT_SENT:
        return True
    if not parent:
        return False
    above = parent.removesuffix("[]")
    empty = above != parent and not any(other.startswith(parent) for other in shape)
    return shape.get(above) == "NoneType" or empty or parent.endswith("permissions") or _may_lack(above, shape)


def test_there_are_examples_of_58_events() -> None:
    assert len({event for event, _, _ in examples()}) == 58


@pytest.mark.parametrize(("event", "action"), ASKS)
def test_a_payload_of_the_double_has_every_key_that_the_real_ones_always_have(
    github: Recorded, event: str, action: str
) -> None:
    comment = github.http.post("/repos/acme/app/issues/1/comments", json={"body": "x"}, headers=github.token()).json()[
        "id"
    ]
    ask = {"comment": comment, **ASKS[event, action]}
    built = github.http.post(f"/_double/webhooks/{event}/{action}".rstrip("/"), json=ask).json()["payload"]
    shape, wanted = dict(_shape(built)), _always(event, action or None)
    assert wanted
    assert sorted(path for path in wanted if path not in shape and not _may_lack(path, shape)) == []
    wrong = [
        f"{path}: {shape[path]}, not {types}"
        for path, types in wanted.items()
        if path in shape and "NoneType" not in {shape[path], *types} and shape[path] not in types
    ]
    assert wrong == []
