"""Issues, comments, labels, timelines and what becomes of them."""

from __future__ import annotations

import base64

import pytest

from tests.fakes.recorded import Recorded

R = "/repos/acme/app"


def _numbers(github: Recorded, query: str) -> list[int]:
    return [issue["number"] for issue in github.http.get(f"{R}/issues?{query}", headers=github.token()).json()]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [6, 5, 3, 2, 1]),
        ("state=all&direction=asc", [1, 2, 3, 4, 5, 6]),
        ("state=closed", [4]),
        ("labels=BUG", [1]),
        ("labels=bug,billing", []),
        ("creator=Bob", [2]),
        ("since=2999-01-01T00:00:00Z", []),
        ("per_page=2&page=2", [3, 2]),
        ("per_page=2&page=9", []),
    ],
)
def test_issues_are_listed_as_asked(github: Recorded, query: str, numbers: list[int]) -> None:
    assert _numbers(github, query) == numbers


def test_a_changed_issue_shows_up_in_the_listing(github: Recorded) -> None:
    assert _numbers(github, "state=closed") == [4]
    github.http.patch(f"{R}/issues/1", json={"state": "closed"}, headers=github.token())
    assert _numbers(github, "state=closed") == [4, 1]
    assert github.http.get(R, headers=github.token()).json()["open_issues_count"] == 4


def test_pages_link_to_each_other(github: Recorded) -> None:
    token = github.token()
    first = github.http.get(f"{R}/issues?state=all&per_page=4", headers=token)
    assert set(first.links) == {"next", "last"}
    second = github.http.get(first.links["next"]["url"], headers=token)
    assert [issue["number"] for issue in second.json()] == [2, 1]
    assert set(second.links) == {"prev", "first"}


def test_a_pull_request_carries_its_key(github: Recorded) -> None:
    token = github.token()
    assert "pull_request" in github.http.get(f"{R}/issues/3", headers=token).json()
    assert "pull_request" not in github.http.get(f"{R}/issues/1", headers=token).json()


def test_an_unchanged_answer_is_304_and_costs_nothing(github: Recorded) -> None:
    token, path = github.token(), f"{R}/contents/.github/triage.yml"
    first = github.http.get(path, headers=token)
    again = github.http.get(path, headers={**token, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    github.http.patch("/_double/repositories/acme/app", json={"config": "version: 2\n"})
    changed = github.http.get(path, headers={**token, "if-none-match": first.headers["etag"]})
    assert base64.b64decode(changed.json()["content"]) == b"version: 2\n"


def test_a_missing_file_is_404(github: Recorded) -> None:
    github.http.patch("/_double/repositories/acme/app", json={"config": ""})
    assert github.http.get(f"{R}/contents/.github/triage.yml", headers=github.token()).status_code == 404


def test_the_apps_comment_names_the_app(github: Recorded) -> None:
    comment = github.http.post(f"{R}/issues/1/comments", json={"body": "hi"}, headers=github.token()).json()
    assert (comment["user"]["login"], comment["user"]["type"]) == ("triage[bot]", "Bot")
    assert comment["performed_via_github_app"]["slug"] == "triage"


@pytest.mark.parametrize(
    ("body", "status"), [("", 422), (" \n", 422), (None, 422), ("x" * 65537, 422), ("x" * 65536, 201)]
)
def test_a_comment_needs_a_text_of_bounded_length(github: Recorded, body: str | None, status: int) -> None:
    answer = github.http.post(f"{R}/issues/1/comments", json={"body": body}, headers=github.token())
    assert answer.status_code == status


def test_a_lone_surrogate_does_not_break_the_answer(github: Recorded) -> None:
    raw = b'{"body": "broken \\ud800 text"}'
    assert github.http.post(f"{R}/issues/1/comments", content=raw, headers=github.token()).status_code == 201
    assert github.http.get(f"{R}/issues/1/comments", headers=github.token()).status_code == 200


def test_labels_are_added_both_ways_found_in_any_case_and_made_when_missing(github: Recorded) -> None:
    token, path = github.token(), f"{R}/issues/2/labels"
    github.http.post(path, json={"labels": ["BUG"]}, headers=token)
    answer = github.http.post(path, json=["brand new"], headers=token)
    assert [label["name"] for label in answer.json()] == ["bug", "brand new"]
    assert github.http.get(f"{R}/labels/Brand%20New", headers=token).json()["color"] == "ededed"


def test_removing_a_label_that_is_not_there_is_404(github: Recorded) -> None:
    answer = github.http.delete(f"{R}/issues/2/labels/bug", headers=github.token())
    assert (answer.status_code, answer.json()["message"]) == (404, "Label does not exist")


@pytest.mark.parametrize(
    "label", [{"name": "Bug", "color": "ffffff"}, {"name": "x", "color": "#ffffff"}, {"color": "ffffff"}]
)
def test_a_label_that_exists_or_is_wrong_is_422(github: Recorded, label: dict[str, str]) -> None:
    answer = github.http.post(f"{R}/labels", json=label, headers=github.token())
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


def test_a_refused_label_is_not_made(github: Recorded) -> None:
    github.http.post(f"{R}/labels", json={"name": "x", "color": "red"}, headers=github.token())
    assert github.http.get(f"{R}/labels/x", headers=github.token()).status_code == 404


def test_a_renamed_label_is_renamed_on_its_issues(github: Recorded) -> None:
    github.http.patch(f"{R}/labels/bug", json={"new_name": "defect"}, headers=github.token())
    shown = github.http.get(f"{R}/issues/1", headers=github.token()).json()
    assert [label["name"] for label in shown["labels"]] == ["defect"]


def test_the_timeline_tells_what_happened(github: Recorded) -> None:
    token, mia = github.token(), github.person("mia")
    github.http.post(f"{R}/issues/1/labels", json=["question"], headers=token)
    github.http.delete(f"{R}/issues/1/labels/question", headers=mia)
    github.http.patch(f"{R}/issues/1", json={"title": "New"}, headers=mia)
    github.http.post(f"{R}/issues/1/comments", json={"body": "Duplicate of #2"}, headers=mia)
    github.http.patch(f"{R}/issues/1", json={"state": "closed", "state_reason": "duplicate"}, headers=mia)
    github.http.patch(f"{R}/issues/1", json={"state": "open"}, headers=mia)
    entries = github.http.get(f"{R}/issues/1/timeline", headers=token).json()
    told = ["labeled", "unlabeled", "renamed", "commented", "marked_as_duplicate", "closed", "marked_as_duplicate"]
    assert [entry["event"] for entry in entries if entry["event"] != "cross-referenced"] == [*told, "reopened"]
    assert [e["actor"]["login"] for e in entries if e["event"] in {"labeled", "unlabeled"}] == ["triage[bot]", "mia"]
    other = github.http.get(f"{R}/issues/2/timeline", headers=token).json()
    assert other[-1]["source"]["issue"]["number"] == 1


def test_a_reaction_is_given_once_and_counted(github: Recorded) -> None:
    ann, path = github.person("ann"), f"{R}/issues/1/reactions"
    statuses = [github.http.post(path, json={"content": "-1"}, headers=ann).status_code for _ in range(2)]
    assert statuses == [201, 200]
    assert github.http.get(f"{R}/issues/1", headers=ann).json()["reactions"]["-1"] == 1


def test_a_locked_issue_takes_comments_of_those_with_a_role_only(github: Recorded) -> None:
    github.http.put(f"{R}/issues/1/lock", headers=github.person("mia"))
    path = f"{R}/issues/1/comments"
    found = [
        github.http.post(path, json={"body": "x"}, headers=who).status_code
        for who in (github.person("ann"), github.token(), github.person("mia"))
    ]
    assert found == [403, 201, 201]


def test_an_archived_repository_is_read_only(github: Recorded) -> None:
    github.http.patch("/_double/repositories/acme/app", json={"archived": True, "deliver": False})
    answer = github.http.post(f"{R}/issues/1/comments", json={"body": "x"}, headers=github.token())
    assert (answer.status_code, answer.json()["message"]) == (403, "Repository was archived so is read-only.")
    assert github.http.get(f"{R}/issues/1", headers=github.token()).status_code == 200


@pytest.mark.parametrize("new_name", ["acme/renamed", "elsewhere/app"])
def test_the_old_name_of_a_repository_redirects(github: Recorded, new_name: str) -> None:
    github.http.patch("/_double/repositories/acme/app", json={"full_name": new_name, "deliver": False})
    token = github.token()
    answer = github.http.get(f"{R}/issues/1?x=1", headers=token)
    assert answer.status_code == 301
    followed = github.http.get(answer.headers["location"], headers=token)
    assert followed.json()["repository_url"].endswith(new_name)


def test_a_deleted_issue_is_gone_and_a_transferred_one_redirects(github: Recorded) -> None:
    github.http.delete("/_double/repositories/acme/app/issues/6?deliver=false")
    github.http.post("/_double/repositories/acme/app/issues/5/transfer", json={"to": "acme/other", "deliver": False})
    token = github.token()
    assert github.http.get(f"{R}/issues/6", headers=token).status_code == 410
    answer = github.http.get(f"{R}/issues/5", headers=token)
    assert answer.status_code == 301
    assert github.http.get(answer.headers["location"], headers=token).json()["title"] == "To be moved"


def test_search_finds_words_states_and_labels(github: Recorded) -> None:
    def found(query: str) -> list[int]:
        answer = github.http.get("/search/issues", params={"q": query}, headers=github.token())
        return sorted(item["number"] for item in answer.json()["items"])

    assert found("repo:acme/app is:issue balance") == [1, 2]
    assert found("repo:acme/app is:pr") == [3]
    assert found('repo:acme/app "wrong again" state:open') == [2]
    assert found("repo:acme/app label:bug author:ann") == [1]


@pytest.mark.parametrize("raw", [b"{", b'"text"', b"[]"])
def test_a_body_that_is_no_object_is_400(github: Recorded, raw: bytes) -> None:
    assert github.http.post(f"{R}/issues", content=raw, headers=github.token()).status_code == 400


def test_what_does_not_exist_is_404_in_githubs_form(github: Recorded) -> None:
    for path in ("/nothing", "/repos/acme/nothing", f"{R}/issues/99", f"{R}/issues/abc", "/repos/acme/app/stargazers"):
        answer = github.http.get(path, headers=github.token())
        assert (answer.status_code, answer.json()["status"]) == (404, "404"), path
