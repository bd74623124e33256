from __future__ import annotations

from importlib import resources
from pathlib import Path

import yaml

from webhooks import routing
from webhooks.manifest import declared

ROOT = Path(__file__).parents[2]


def test_inv_43_the_manifest_asks_for_exactly_what_is_used() -> None:
    manifest = declared()
    assert manifest["default_permissions"] == {"issues": "write", "metadata": "read", "single_file": "read"}
    assert manifest["single_file_name"] == ".github/triage.yml"


def test_the_manifest_subscribes_to_exactly_the_routed_events() -> None:
    assert tuple(declared()["default_events"]) == routing.events_to_subscribe()


def test_events_that_github_always_sends_are_not_subscribed_to() -> None:
    assert routing.ALWAYS_SENT.isdisjoint(routing.events_to_subscribe())
    assert {event for event, _ in routing.ROUTES} >= routing.ALWAYS_SENT


def test_the_packaged_manifest_is_the_one_at_the_top_level() -> None:
    packaged = resources.files("webhooks").joinpath("app.yml").read_text(encoding="utf-8")
    assert packaged == (ROOT / "app.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(packaged) == declared()


def test_an_unknown_route_has_no_workflow() -> None:
    assert routing.workflow_for("issues", "assigned") is None
    assert routing.workflow_for("issues", None) is None
    assert routing.workflow_for("push", None) is None


def test_an_edit_has_a_workflow_only_where_title_or_body_changed() -> None:
    assert routing.workflow_for("issues", "edited", ["title"]) == "triage_issue"
    assert routing.workflow_for("issues", "edited", ["labels"]) is None
    assert routing.workflow_for("issues", "opened", []) == "triage_issue"
