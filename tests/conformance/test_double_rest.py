"""Every endpoint of the double answers what GitHub's published description allows."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from tests.conformance.known import KNOWN, unexpected
from tests.fakes.openapi import Description, Exchange
from tests.fakes.recorded import SEED, Recorded
from webhooks.github_double.routes import NAMED

pytestmark = pytest.mark.npm

R = "/repos/acme/app"
I1 = f"{R}/issues/1"


def converse(github: Recorded) -> None:
    """Use every endpoint: as the App, as its installation, as a person, and wrongly."""
    for part in (_as_app, _read, _write, _refused, _gone):
        part(github)


def _as_app(github: Recorded) -> None:
    http, app = github.http, github.app()
    for path in ("/", "/rate_limit", "/users/ann"):
        http.get(path)
    for path in ("/app", "/app/installations", f"/app/installations/{github.installation_id}", f"{R}/installation"):
        http.get(path, headers=app)
    http.get("/installation/repositories", headers=github.token())
    github.token(permissions={"issues": "read", "single_file": "read"}, repositories=["app"])
    for path in ("/user", "/user/installations", f"/user/installations/{github.installation_id}/repositories", R):
        assert http.get(path, headers=github.person("mia")).status_code == 200
    http.get("/user/installations/99/repositories", headers=github.person("mia"))
    http.get("/user/installations")
    code = http.post("/_double/manifests", json={"name": "Other", "hook_attributes": {"url": "http://x/"}}).json()[
        "code"
    ]
    created = http.post("/_double/repositories/acme/app/issues", json={"title": "Seven", "number": 7})
    assert created.status_code == 201
    http.post("/_double/webhooks/issues/opened", json={"repository": "acme/app", "issue": 7, "deliver": True})
    http.get("/app/hook/deliveries?per_page=1", headers=app)
    delivery = next(iter(github.double.world.deliveries))
    http.get(f"/app/hook/deliveries/{delivery}", headers=app)
    http.post(f"/app/hook/deliveries/{delivery}/attempts", headers=app)
    http.post(f"/app-manifests/{code}/conversions")
    github.http.post("/_double/reset")
    http.post("/_double/repositories", json={**SEED, "installation_id": github.installation_id})
    http.post("/_double/repositories", json={"full_name": "acme/other"})


def _read(github: Recorded) -> None:
    http, token, query = github.http, github.token(), "state=all&sort=updated&direction=asc&since=2020-01-01T00:00:00Z"
    paths = (
        R,
        f"{R}/contents/.github/triage.yml",
        f"{R}/issues?{query}&per_page=2&page=2",
        f"{R}/issues?labels=bug&creator=ann",
        I1,
        f"{R}/issues/3",
        f"{R}/labels",
        f"{R}/labels/bug",
        f"{I1}/labels",
        f"{R}/collaborators/mia/permission",
        f"{R}/collaborators/tim/permission",
        "/search/issues?q=repo:acme/app+is:issue+balance",
    )
    for path in paths:
        answer = http.get(path, headers=token)
        assert answer.status_code == 200, (path, answer.text)
    tag = http.get(I1, headers=token).headers["etag"]
    assert http.get(I1, headers={**token, "if-none-match": tag}).status_code == 304


def _write(github: Recorded) -> None:
    http, token, ann = github.http, github.token(), github.person("ann")
    comment = http.post(f"{I1}/comments", json={"body": "See #2"}, headers=token).json()["id"]
    at = f"{R}/issues/comments/{comment}"
    http.post(R + "/issues", json={"title": "From the API", "body": "y", "labels": ["bug"]}, headers=token)
    http.post(R + "/labels", json={"name": "wave", "color": "abcdef", "description": "d"}, headers=token)
    http.patch(R + "/labels/wave", json={"new_name": "surge", "color": "000000"}, headers=token)
    http.post(f"{I1}/labels", json={"labels": ["surge", "billing"]}, headers=token)
    http.post(f"{I1}/labels", json=["question"], headers=token)
    http.put(f"{I1}/labels", json={"labels": ["surge", "bug"]}, headers=token)
    http.delete(f"{I1}/labels/bug", headers=token)
    http.patch(I1, json={"title": "Renamed", "body": "new"}, headers=token)
    http.patch(I1, json={"state": "closed", "state_reason": "duplicate"}, headers=token)
    http.patch(I1, json={"state": "open"}, headers=token)
    http.patch(I1, json={"milestone": "2.1"}, headers=token)
    assert http.get(I1, headers=token).json()["milestone"]["title"] == "2.1"
    http.put(f"{I1}/lock", json={"lock_reason": "spam"}, headers=token)
    http.delete(f"{I1}/lock", headers=token)
    http.patch(at, json={"body": "edited"}, headers=token)
    for path in (at, I1):
        thumb = http.post(f"{path}/reactions", json={"content": "-1"}, headers=ann).json()["id"]
        http.post(f"{path}/reactions", json={"content": "-1"}, headers=ann)
        http.get(f"{path}/reactions?content=-1", headers=token)
        http.delete(f"{path}/reactions/{thumb}", headers=ann)
    for path in (f"{I1}/comments", f"{R}/issues/comments?sort=updated&direction=desc", at, I1):
        http.get(path, headers=token)
    for path in (f"{I1}/events", f"{I1}/timeline", f"{R}/issues/2/timeline", f"{R}/issues/events"):
        http.get(path, headers=token)
    event = http.get(f"{R}/issues/events", headers=token).json()[0]["id"]
    http.get(f"{R}/issues/events/{event}", headers=token)
    http.delete(at, headers=token)
    http.delete(f"{I1}/labels", headers=token)
    http.delete(R + "/labels/surge", headers=token)


def _refused(github: Recorded) -> None:
    http, reads = github.http, github.token(permissions={"issues": "read"})
    http.post(f"{I1}/comments", json={"body": "no"}, headers=reads)
    http.patch(I1, json={"title": "no"}, headers=reads)
    http.get(f"{R}/issues/99", headers=reads)
    http.get(f"{R}/issues?state=wrong", headers=reads)
    token = github.token()
    http.post(f"{R}/issues", json={"title": ""}, headers=token)
    http.post(f"{R}/labels", json={"name": "bug"}, headers=token)
    http.get("/app/installations/99", headers=github.app())
    http.get("/app/hook/deliveries?cursor=wrong", headers=github.app())
    path = f"/app/installations/{github.installation_id}/access_tokens"
    http.post(path, json={"permissions": {"contents": "write"}}, headers=github.app())
    http.post(path, headers={"authorization": "Bearer a.b.c"})
    http.get("/search/issues?q=", headers=token)


def _gone(github: Recorded) -> None:
    http, token = github.http, github.token()
    http.post("/_double/repositories/acme/app/issues/5/transfer", json={"to": "acme/other"})
    http.delete("/_double/repositories/acme/app/issues/6")
    for number in (5, 6):
        http.get(f"{R}/issues/{number}", headers=token)
        http.post(f"{R}/issues/{number}/labels", json={"labels": ["bug"]}, headers=token)
    http.patch("/_double/repositories/acme/app", json={"full_name": "acme/renamed"})
    http.get(R, headers=token)
    http.get(f"{R}/issues/1", headers=token)


@pytest.fixture
def exchanges(github: Recorded) -> list[Exchange]:
    converse(github)
    return github.recorder.exchanges


def test_every_answer_of_the_double_fits_githubs_description(exchanges: list[Exchange], openapi: Description) -> None:
    found = [problem for exchange in exchanges for problem in openapi.problems(exchange)]
    assert not unexpected(found), "\n".join(unexpected(found))


def test_the_conversation_uses_every_endpoint_of_the_double(exchanges: list[Exchange]) -> None:
    asked = {(exchange.method, exchange.path) for exchange in exchanges}
    missing = [
        f"{route.method} {route.path}"
        for route in NAMED
        if not any(route.method == method and _pattern(route.path).fullmatch(path) for method, path in asked)
    ]
    assert not missing


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[\w:]+\})", template)
    words = {"{path:path}": ".+"}
    return re.compile("".join(words.get(part, "[^/]+") if part[:1] == "{" else re.escape(part) for part in parts))


def test_every_known_difference_still_exists(exchanges: list[Exchange], openapi: Description) -> None:
    found = [problem for exchange in exchanges for problem in openapi.problems(exchange)]
    assert [known for known in KNOWN if not any(re.search(known, problem) for problem in found)] == []


def test_the_validator_sees_a_wrong_answer(exchanges: list[Exchange], openapi: Description) -> None:
    right = next(e for e in exchanges if (e.method, e.path, e.status) == ("GET", I1, 200))
    body = json.loads(right.answer)
    del body["node_id"]
    wrong = replace(right, answer=json.dumps(body).encode(), query="colour=red")
    assert [problem.rpartition(": ")[2] for problem in openapi.problems(wrong)] == [
        "'node_id' is a required property",
        "query parameter 'colour' is not described",
    ]
