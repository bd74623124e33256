"""Signed deliveries: what is sent, what is kept, what is sent again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import httpx
import pytest

from tests.fakes.app_key import app_jwt
from tests.fakes.http_server import Asked, Reply, ScriptedServer, serving
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import Running, serve

SECRET = "a secret of the tests"


@dataclass(frozen=True, slots=True)
class Wired:
    """A double that delivers to a scripted receiver."""

    running: Running
    http: httpx.Client
    receiver: ScriptedServer


@pytest.fixture
def wired() -> Iterator[Wired]:
    with serving() as receiver:
        receiver.answer = lambda asked: Reply(202, {"ok": True})
        config = DoubleConfig(webhook_url=f"{receiver.url}/hook", webhook_secret=SECRET)
        with (
            serve(config) as running,
            httpx.Client(base_url=running.url, trust_env=False, verify=False) as http,
        ):
            http.post("/_double/repositories", json={"full_name": "acme/app"})
            yield Wired(running, http, receiver)


def _open(wired: Wired, **more: object) -> dict[str, object]:
    ask = {"title": "Broken", "body": "It broke.", "user": "ann", "number": 41, **more}
    return wired.http.post("/_double/repositories/acme/app/issues", json=ask).json()


def test_an_opened_issue_is_delivered_and_signed(wired: Wired) -> None:
    opened = _open(wired)
    (asked,) = wired.receiver.asked
    assert asked.body["issue"]["number"] == 41
    assert asked.body["sender"]["login"] == "ann"
    assert asked.headers["x-github-event"] == "issues"
    assert asked.headers["x-hub-signature-256"] == _signature(opened["body"])
    assert opened["delivery"]["status_code"] == 202


def _signature(body: str) -> str:
    return "sha256=" + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()


def test_an_issue_can_be_opened_without_sending_and_its_exact_body_posted_by_the_caller(wired: Wired) -> None:
    opened = _open(wired, deliver=False, created_at="2026-03-01T00:00:00Z")
    assert wired.receiver.asked == []
    assert opened["headers"]["X-Hub-Signature-256"] == _signature(opened["body"])
    assert json.loads(opened["body"]) == opened["payload"]
    assert opened["issue"]["created_at"] == "2026-03-01T00:00:00Z"


def test_a_person_s_comment_is_written_and_its_delivery_handed_to_the_caller(wired: Wired) -> None:
    _open(wired, deliver=False)
    ask = {"user": "mia", "body": "Duplicate of #3", "deliver": False}
    said = wired.http.post("/_double/repositories/acme/app/issues/41/comments", json=ask).json()
    assert (said["event"], said["action"]) == ("issue_comment", "created")
    comment = json.loads(said["body"])["comment"]
    assert (comment["user"]["login"], comment["body"]) == ("mia", "Duplicate of #3")
    assert wired.receiver.asked == []
    (kept,) = wired.http.get("/repos/acme/app/issues/41/comments", headers=_reader(wired)).json()
    assert kept["id"] == comment["id"]
    assert wired.http.post("/_double/repositories/acme/app/issues/99/comments", json=ask).status_code == 404


def _reader(wired: Wired) -> dict[str, str]:
    token = wired.http.post("/_double/tokens", json={"login": "mia"}).json()["token"]
    return {"authorization": f"Bearer {token}"}


def test_a_failed_delivery_is_listed_and_sent_again_under_its_guid(wired: Wired) -> None:
    wired.receiver.answer = lambda asked: Reply(503, {"message": "later"})
    _open(wired)
    (failed,) = wired.running.double.world.deliveries.values()
    assert (failed.status_code, failed.status, failed.redelivery) == (503, "Invalid HTTP Response", False)
    wired.receiver.answer = lambda asked: Reply(202, {})

    app = {"authorization": f"Bearer {app_jwt()}"}
    assert wired.http.post(f"/app/hook/deliveries/{failed.id}/attempts", headers=app).status_code == 202
    wired.http.post("/_double/settle")
    again, first = wired.http.get("/app/hook/deliveries", headers=app).json()
    assert (again["guid"], again["redelivery"], again["status_code"]) == (failed.guid, True, 202)
    assert (first["id"], first["status_code"]) == (failed.id, 503)
    whole = wired.http.get(f"/app/hook/deliveries/{first['id']}", headers=app).json()
    assert whole["request"]["payload"]["issue"]["number"] == 41
    assert whole["request"]["headers"]["X-GitHub-Delivery"] == failed.guid


def test_deliveries_are_paged_by_cursor(wired: Wired) -> None:

    for number in range(1, 6):
        _open(wired, number=number)
    app, url, pages = {"authorization": f"Bearer {app_jwt()}"}, "/app/hook/deliveries?per_page=2", []
    while url:
        answer = wired.http.get(url, headers=app)
        pages.append([entry["id"] for entry in answer.json()])
        url = answer.links.get("next", {}).get("url")
    assert [len(page) for page in pages] == [2, 2, 1]
    listed = list(chain.from_iterable(pages))
    assert sorted(listed, reverse=True) == listed


def test_a_receiver_that_is_not_there_is_a_failed_delivery() -> None:
    config = DoubleConfig(webhook_url="http://127.0.0.1:9/", webhook_secret=SECRET)
    with serve(config) as running, httpx.Client(base_url=running.url, trust_env=False, verify=False) as http:
        http.post("/_double/repositories", json={"full_name": "acme/app"})
        opened = http.post("/_double/repositories/acme/app/issues", json={"title": "x"}).json()
    assert (opened["delivery"]["status_code"], opened["delivery"]["status"]) == (502, "failed to connect to host")


def test_what_a_person_does_through_the_api_is_delivered_too(wired: Wired) -> None:
    _open(wired)
    token = wired.http.post("/_double/tokens", json={"login": "acme"}).json()["token"]
    headers, path = {"authorization": f"token {token}"}, "/repos/acme/app/issues/41"
    wired.http.post(f"{path}/comments", json={"body": "hello"}, headers=headers)
    wired.http.post("/_double/settle")
    wired.http.post(f"{path}/labels", json=["bug"], headers=headers)
    wired.http.post("/_double/settle")
    wired.http.patch(path, json={"state": "closed"}, headers=headers)
    wired.http.post("/_double/settle")
    told = [(asked.headers["x-github-event"], asked.body["action"]) for asked in wired.receiver.asked]
    assert told == [("issues", "opened"), ("issue_comment", "created"), ("issues", "labeled"), ("issues", "closed")]


def test_changes_of_a_repository_and_an_installation_are_delivered(wired: Wired) -> None:
    installation = next(iter(wired.running.double.world.installations))
    wired.http.patch("/_double/repositories/acme/app", json={"full_name": "acme/new", "archived": True})
    wired.http.patch(f"/_double/installations/{installation}", json={"suspended": True})
    wired.http.delete(f"/_double/installations/{installation}")
    told = [(asked.headers["x-github-event"], asked.body["action"]) for asked in wired.receiver.asked]
    assert told == [
        ("repository", "renamed"),
        ("repository", "archived"),
        ("installation", "suspend"),
        ("installation", "deleted"),
    ]
    assert wired.receiver.asked[0].body["changes"] == {"repository": {"name": {"from": "app"}}}


def test_a_receiver_may_call_back_while_it_is_told(wired: Wired) -> None:
    def calls_back(asked: Asked) -> Reply:
        answer = httpx.get(f"{wired.running.url}/repos/acme/app/issues/41", trust_env=False, verify=False)
        return Reply(answer.status_code, {})

    wired.receiver.answer = calls_back
    assert _open(wired)["delivery"]["status_code"] == 200


@pytest.mark.parametrize(("event", "status"), [("ping", 200), ("issues/opened", 404), ("star/created", 422)])
def test_a_payload_is_built_of_what_exists(wired: Wired, event: str, status: int) -> None:
    ask = {"repository": "acme/app", "issue": 7}
    assert wired.http.post(f"/_double/webhooks/{event}", json=ask).status_code == status
