"""The pages that a person reads, and the page that registers an App."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.recorded import Recorded
from webhooks.github_double.pages import rendered


def _comment(github: Recorded, body: str) -> str:
    github.http.post("/repos/acme/app/issues/1/comments", json={"body": body}, headers=github.token())
    page = github.http.get("/acme/app/issues/1")
    assert page.headers["content-type"].startswith("text/html")
    return page.text


def test_a_comment_is_rendered_with_its_table_and_without_its_marker(github: Recorded) -> None:
    page = _comment(github, "<!-- triage:marker -->\n**Known**\n\n| a | b |\n|---|---|\n| #2 | open |")
    assert "<strong>Known</strong>" in page
    assert "<td>#2</td>" in page
    assert "triage:marker" not in page
    assert "triage[bot]" in page


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=y>", "[x](javascript:alert(1))"])
def test_markup_of_a_comment_or_title_is_escaped(github: Recorded, text: str) -> None:
    github.http.patch("/repos/acme/app/issues/1", json={"title": text}, headers=github.token())
    page = _comment(github, text)
    for broken in ("<script>", "<img", 'href="javascript:'):
        assert broken not in page


@given(st.text(max_size=200))
def test_no_text_makes_a_tag_of_its_own(text: str) -> None:
    html = str(rendered(f"<x-evil {text}"))
    assert "<x-evil" not in html


@pytest.mark.parametrize(("text", "shown"), [("a<!-- b -->c", "ac"), ("a<!-- b", "a"), ("<!-- a --><!-- b -->c", "c")])
def test_a_hidden_comment_does_not_show(text: str, shown: str) -> None:
    assert str(rendered(text)) == f"<p>{shown}</p>\n"


def test_the_list_shows_titles_labels_and_states(github: Recorded) -> None:
    page = github.http.get("/acme/app/issues").text
    assert "Balance is wrong" in page
    assert ">bug</span>" in page
    assert "Done" not in page
    assert "Done" in github.http.get("/acme/app/issues?state=closed").text


def test_an_issue_that_does_not_exist_has_no_page(github: Recorded) -> None:
    assert github.http.get("/acme/app/issues/99").status_code == 404
    assert github.http.get("/acme/nothing/issues").status_code == 404


def test_a_page_runs_no_script(github: Recorded) -> None:
    assert "default-src 'none'" in github.http.get("/acme/app/issues/1").headers["content-security-policy"]


def test_registering_an_app_leads_back_with_a_code_that_converts_once(github: Recorded) -> None:
    manifest = {"name": "My Triage", "redirect_url": "http://127.0.0.1/setup/done", "default_events": ["issues"]}
    answer = github.http.post("/settings/apps/new?state=abc", data={"manifest": json.dumps(manifest)})
    query = parse_qs(urlparse(answer.headers["location"]).query)
    assert (answer.status_code, query["state"]) == (302, ["abc"])
    path = f"/app-manifests/{query['code'][0]}/conversions"
    made = github.http.post(path).json()
    assert (made["slug"], made["events"]) == ("my-triage", ["issues"])
    assert made["pem"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert github.http.post(path).status_code == 404


def test_a_manifest_without_a_way_back_is_refused(github: Recorded) -> None:
    assert github.http.post("/settings/apps/new", data={"manifest": "{}"}).status_code == 422
