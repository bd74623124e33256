"""Tokens: who may do what, and how GitHub says no."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.app_key import app_jwt
from tests.fakes.recorded import Recorded

COMMENTS = "/repos/acme/app/issues/1/comments"


def _refused(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


def test_a_token_with_read_permission_reads_and_is_refused_every_write(github: Recorded) -> None:
    token = github.token(permissions={"issues": "read"})
    assert github.http.get("/repos/acme/app/issues/1", headers=token).status_code == 200
    writes = [
        ("POST", COMMENTS),
        ("PATCH", "/repos/acme/app/issues/1"),
        ("POST", "/repos/acme/app/issues/1/labels"),
        ("DELETE", "/repos/acme/app/issues/1/labels/bug"),
        ("POST", "/repos/acme/app/labels"),
        ("PUT", "/repos/acme/app/issues/1/lock"),
    ]
    for method, path in writes:
        answer = github.http.request(method, path, json={"body": "x"}, headers=token)
        assert _refused(answer) == (403, "Resource not accessible by integration"), path
    state = github.http.get("/_double/repositories/acme/app/state").json()
    assert state["issues"][0]["comments"] == []


def test_a_token_without_issues_permission_cannot_read_issues(github: Recorded) -> None:
    token = github.token(permissions={"single_file": "read"})
    assert github.http.get("/repos/acme/app/issues/1", headers=token).status_code == 403
    assert github.http.get("/repos/acme/app/contents/.github/triage.yml", headers=token).status_code == 200


def test_a_single_file_token_reads_no_other_file(github: Recorded) -> None:
    token = github.token()
    assert github.http.get("/repos/acme/app/contents/README.md", headers=token).status_code == 403


def test_a_token_for_one_repository_does_not_see_the_other(github: Recorded) -> None:
    token = github.token(repositories=["other"])
    assert _refused(github.http.get("/repos/acme/app/issues/1", headers=token)) == (404, "Not Found")
    assert github.http.get("/repos/acme/other", headers=token).status_code == 200
    seen = github.http.get("/installation/repositories", headers=token).json()
    assert [repo["full_name"] for repo in seen["repositories"]] == ["acme/other"]


@pytest.mark.parametrize("header", ["Bearer nothing", "token ghs_unknown", "Basic !!", "Nonsense"])
def test_an_unknown_credential_is_bad(github: Recorded, header: str) -> None:
    answer = github.http.get("/repos/acme/app", headers={"authorization": header})
    assert _refused(answer) == (401, "Bad credentials")


def test_a_token_ends_with_its_hour(github: Recorded) -> None:
    token = github.token()
    with github.double.world.lock:
        now = github.double.world.now()
        for value, held in list(github.double.world.tokens.items()):
            github.double.world.tokens[value] = type(held)(now, held.permissions, held.installation_id)
    assert _refused(github.http.get("/repos/acme/app", headers=token)) == (401, "Bad credentials")


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"permissions": {"issues": "write"}}, 201),
        ({"permissions": {"contents": "read"}}, 422),
        ({"permissions": {"metadata": "write"}}, 422),
        ({"permissions": {"issues": "everything"}}, 422),
        ({"repositories": ["app"]}, 201),
        ({"repositories": ["elsewhere"]}, 422),
        ({"repository_ids": [1]}, 422),
    ],
)
def test_a_token_is_never_more_than_was_granted(github: Recorded, asked: dict[str, object], status: int) -> None:
    path = f"/app/installations/{github.installation_id}/access_tokens"
    assert github.http.post(path, json=asked, headers=github.app()).status_code == status


def test_a_suspended_installation_gets_no_token_and_its_tokens_stop(github: Recorded) -> None:
    token = github.token()
    github.http.patch(f"/_double/installations/{github.installation_id}", json={"suspended": True, "deliver": False})
    assert github.http.get("/repos/acme/app/issues/1", headers=token).status_code == 403
    path = f"/app/installations/{github.installation_id}/access_tokens"
    assert github.http.post(path, headers=github.app()).status_code == 403


def test_an_uninstalled_app_finds_nothing(github: Recorded) -> None:
    token = github.token()
    github.http.delete(f"/_double/installations/{github.installation_id}?deliver=false")
    assert github.http.get("/repos/acme/app", headers=token).status_code == 401
    assert github.http.get("/repos/acme/app/installation", headers=github.app()).status_code == 404


def test_the_apps_jwt_is_verified_with_its_public_key(github: Recorded) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    wrong = {
        app_jwt(): 200,
        app_jwt(key=other.decode()): 401,
        app_jwt(app_id=2): 404,
        app_jwt(expires=-10): 401,
        app_jwt(expires=3600): 401,
        app_jwt(issued=300): 401,
    }
    found = {token: github.http.get("/app", headers={"authorization": f"Bearer {token}"}) for token in wrong}
    assert {token: answer.status_code for token, answer in found.items()} == wrong


def test_the_log_names_permissions_and_no_credential(github: Recorded) -> None:
    token = github.token(permissions={"issues": "read"})
    github.http.get("/repos/acme/app/issues/1", headers=token)
    answer = github.http.get("/_double/requests")
    assert answer.json()[-1]["permissions"] == {"issues": "read", "metadata": "read"}
    assert token["authorization"].split()[1] not in answer.text


def test_a_person_without_a_role_may_comment_and_not_label(github: Recorded) -> None:
    ann = github.person("ann")
    assert github.http.post(COMMENTS, json={"body": "me too"}, headers=ann).status_code == 201
    path = "/repos/acme/app/issues/1/labels"
    assert github.http.post(path, json={"labels": ["bug"]}, headers=ann).status_code == 403
    assert github.http.post(path, json={"labels": ["bug"]}, headers=github.person("tim")).status_code == 200


def test_permissions_are_told_in_githubs_old_words(github: Recorded) -> None:
    told = {}
    for login in ("mia", "tim", "ann", "acme"):
        answer = github.http.get(f"/repos/acme/app/collaborators/{login}/permission", headers=github.token()).json()
        told[login] = (answer["permission"], answer["role_name"])
    assert told == {
        "mia": ("write", "maintain"),
        "tim": ("read", "triage"),
        "ann": ("read", "read"),
        "acme": ("admin", "admin"),
    }
