from __future__ import annotations

import pytest

from webhooks import manifest
from webhooks.routing import events_to_subscribe


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.org/api/v3", "https://github.example.org"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
    ],
)
def test_the_pages_of_github_follow_from_its_api(api: str, web: str) -> None:
    assert manifest.web_url(api) == web


def test_the_manifest_carries_the_servers_addresses() -> None:
    made = manifest.manifest("https://bot.example.org", "http://localhost:8000/setup/callback", "my triage")
    assert made["hook_attributes"] == {"url": "https://bot.example.org/webhooks/github", "active": True}
    assert (made["url"], made["name"]) == ("https://bot.example.org", "my triage")
    assert made["redirect_url"] == "http://localhost:8000/setup/callback"
    assert made["callback_urls"] == ["https://bot.example.org/sign-in/callback"]
    assert made["public"] is False
    assert made["single_file_name"] == ".github/triage.yml"
    assert made["default_events"] == list(events_to_subscribe())


def test_an_organisations_app_is_registered_with_the_organisation() -> None:
    api = "https://api.github.com"
    assert manifest.registration_url(api, "", "s") == "https://github.com/settings/apps/new?state=s"
    assert (
        manifest.registration_url(api, "octo", "s") == "https://github.com/organizations/octo/settings/apps/new?state=s"
    )


def test_the_apps_page_is_where_github_keeps_it() -> None:
    assert manifest.app_page("https://api.github.com", "triage") == "https://github.com/apps/triage"
    assert manifest.app_page("https://ghe.test/api/v3", "triage") == "https://ghe.test/github-apps/triage"


@pytest.mark.parametrize("address", ["https://bot.example.org", "http://localhost:8000", "https://x.org/triage"])
def test_a_sound_answer_has_no_problem(address: str) -> None:
    assert manifest.problems(address, "octo-org", "triage") == []


@pytest.mark.parametrize(
    ("address", "organization", "name", "wrong"),
    [
        ("", "", "triage", "public address"),
        ("bot.example.org", "", "triage", "public address"),
        ("javascript:alert(1)", "", "triage", "public address"),
        ("https://", "", "triage", "public address"),
        ("https://a@b.org", "", "triage", "public address"),
        ("https://b.org?x=1", "", "triage", "public address"),
        ("https://b.org:port", "", "triage", "public address"),
        ("https://[b.org", "", "triage", "public address"),
        ("https://b.org", "no/such", "triage", "organisation"),
        ("https://b.org", "", " ", "name"),
        ("https://b.org", "", "x" * 35, "name"),
    ],
)
def test_a_wrong_answer_is_explained(address: str, organization: str, name: str, wrong: str) -> None:
    [problem] = manifest.problems(address, organization, name)
    assert wrong in problem
