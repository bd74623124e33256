"""The App-manifest flow: a code becomes credentials once, and what was granted is read back."""

from __future__ import annotations

import pytest

from bot.errors import Gone, Permanent, Unavailable
from bot.github.manifest import convert_code
from tests.fakes.github_app import AppScript
from tests.fakes.http_server import Reply

ANSWER = {
    "id": 12,
    "slug": "triage-acme",
    "client_id": "Iv1.abc",
    "client_secret": "shh-client",
    "webhook_secret": "shh-hook",
    "pem": "shh-pem",
    "html_url": "https://github.com/apps/triage-acme",
    "owner": {"login": "acme"},
}
PERMISSIONS = {"issues": "write", "metadata": "read", "single_file": "read"}


def test_a_code_is_exchanged_for_credentials_without_any_authorization(server):
    server.answer = lambda asked: Reply(201, ANSWER)
    found = convert_code(server.url, "c0de")
    assert (found.app_id, found.slug, found.client_id) == (12, "triage-acme", "Iv1.abc")
    assert (found.client_secret, found.webhook_secret, found.pem) == ("shh-client", "shh-hook", "shh-pem")
    assert server.lines() == ["POST /app-manifests/c0de/conversions"]
    assert "authorization" not in server.asked[0].headers


def test_the_secrets_stay_out_of_the_repr(server):
    server.answer = lambda asked: Reply(201, ANSWER)
    assert "shh" not in repr(convert_code(server.url, "c0de"))


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(404, {"message": "Not Found"}), Gone),
        (Reply(422, {"message": "Validation Failed"}), Permanent),
        (Reply(500), Unavailable),
        (Reply(201, {**ANSWER, "pem": None}), Unavailable),
    ],
)
def test_an_exchange_that_fails_has_its_failure_and_does_not_show_the_code(server, reply, failure):
    server.answer = lambda asked: reply
    with pytest.raises(failure) as caught:
        convert_code(server.url, "c0de")
    assert "c0de" not in str(caught.value)


@pytest.mark.parametrize("code", ["", "..", "a/b?c"])
def test_a_code_stays_one_segment_of_the_path(server, code):
    with pytest.raises((Permanent, Gone)):
        convert_code(server.url, code)
    assert server.lines() in ([], ["POST /app-manifests/a%2Fb%3Fc/conversions"])


@pytest.mark.parametrize(
    ("more", "files"),
    [
        ({"single_file_paths": [".github/triage.yml"]}, (".github/triage.yml",)),
        ({"single_file_name": ".github/triage.yml"}, (".github/triage.yml",)),
        ({"single_file_name": None}, ()),
        ({}, ()),
        ({"single_file_paths": [], "single_file_name": None}, ()),
    ],
)
def test_inv_43_what_github_granted_is_read_back(as_app, server, time, more, files):
    server.answer = AppScript(time, lambda asked: Reply(200, {"slug": "triage", "permissions": PERMISSIONS, **more}))
    found = as_app.granted()
    assert found.permissions == PERMISSIONS
    assert found.single_files == files
