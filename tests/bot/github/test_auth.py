"""Tokens are asked for with exactly the permissions that their use needs, kept, and renewed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.errors import Permanent, RetryAfter, SettingsError, Unavailable
from bot.github.client import open_github
from bot.settings import Settings
from tests.fakes.github_app import AppScript
from tests.fakes.http_server import Asked, Reply

ISSUE = {
    "number": 1,
    "title": "t",
    "body": "b",
    "state": "open",
    "created_at": "2026-01-05T12:00:00Z",
    "updated_at": "2026-01-05T12:00:00Z",
}


@pytest.fixture
def app(server, time):
    """The script of an App whose every read answers with one issue."""
    server.answer = AppScript(time, lambda asked: Reply(200, ISSUE))
    return server.answer


def test_inv_26_a_readers_token_is_asked_for_with_read_permissions_and_one_repository(as_app, app):
    as_app.reader("acme/shop", 5).issue(1)
    (minted,) = app.minted
    assert minted.path == "/app/installations/5/access_tokens"
    assert minted.body == {
        "permissions": {"issues": "read", "metadata": "read", "single_file": "read"},
        "repositories": ["shop"],
    }


def test_a_writers_token_is_asked_for_with_issues_write_and_one_repository(as_app, app):
    as_app.writer("acme/shop", 5).add_label(1, "bug")
    (minted,) = app.minted
    assert minted.body == {"permissions": {"issues": "write", "metadata": "read"}, "repositories": ["shop"]}


def test_a_token_is_asked_for_at_the_first_request_and_kept(as_app, app, server):
    reader = as_app.reader("acme/shop", 5)
    assert server.asked == []
    reader.issue(1)
    as_app.reader("acme/shop", 5).issue(1)
    assert len(app.minted) == 1
    assert [asked.headers["authorization"] for asked in server.asked[1:]] == ["token t1", "token t1"]


def test_inv_29_each_installation_repository_and_purpose_has_its_own_token(as_app, app):
    for repository, installation in (("acme/shop", 5), ("acme/till", 5), ("acme/shop", 6)):
        as_app.reader(repository, installation).issue(1)
        as_app.writer(repository, installation).add_label(1, "bug")
    assert len(app.minted) == 6


def test_a_token_is_renewed_shortly_before_it_ends(as_app, app, time):
    reader = as_app.reader("acme/shop", 5)
    reader.issue(1)
    time.now += 3600 - 200
    reader.issue(1)
    assert len(app.minted) == 1
    time.now += 100
    reader.issue(1)
    assert len(app.minted) == 2


def test_a_refused_token_is_renewed_once_and_the_request_repeated(as_app, app, server):
    def once(asked: Asked) -> Reply:
        return Reply(200, ISSUE) if asked.headers["authorization"] == "token t2" else Reply(401, {"message": "no"})

    app.answer = once
    assert as_app.reader("acme/shop", 5).issue(1).number == 1
    assert len(app.minted) == 2


def test_a_token_that_is_refused_again_stops_the_repository(as_app, app, server):
    app.answer = lambda asked: Reply(401, {"message": "Bad credentials"})
    with pytest.raises(Permanent) as caught:
        as_app.reader("acme/shop", 5).issue(1)
    assert caught.value.stops_repository
    assert len(server.asked) == 4


def test_a_refused_plain_token_is_not_tried_again(as_token, server):
    server.answer = lambda asked: Reply(401, {"message": "Bad credentials"})
    with pytest.raises(Permanent) as caught:
        as_token.reader("acme/shop", None).issue(1)
    assert caught.value.stops_repository
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "Not Found"),
        (403, "This installation has been suspended"),
        (403, ""),
        (422, "The permissions requested are not granted to this installation."),
        (401, "A JSON web token could not be decoded"),
    ],
)
def test_inv_36_an_installation_that_gives_no_token_stops_the_repository(as_app, server, status, message):
    server.answer = lambda asked: Reply(status, {"message": message})
    with pytest.raises(Permanent) as caught:
        as_app.reader("acme/shop", 5).issue(1)
    assert caught.value.stops_repository


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(500, {"message": "oops"}), Unavailable),
        (Reply(403, {"message": "API rate limit exceeded"}, {"retry-after": "9"}), RetryAfter),
        (Reply(201, {"token": "t"}), Unavailable),
        (Reply(201, {"expires_at": "2026-01-05T12:00:00Z"}), Unavailable),
        (Reply(201, b"<html>"), Unavailable),
    ],
)
def test_a_passing_fault_of_the_token_request_is_no_verdict_on_the_installation(as_app, server, reply, failure):
    server.answer = lambda asked: reply
    with pytest.raises(failure):
        as_app.reader("acme/shop", 5).issue(1)


def test_many_threads_share_one_token_request(as_app, app):
    reader = as_app.reader("acme/shop", 5)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: reader.issue(1), range(32)))
    assert len(app.minted) == 1


def test_an_app_without_a_known_installation_looks_it_up_once(as_app, app, server):
    app.answer = lambda asked: Reply(200, {"id": 9} if asked.path.endswith("/installation") else ISSUE)
    as_app.reader("acme/shop", None).issue(1)
    as_app.writer("acme/shop", None).add_label(1, "bug")
    assert [minted.path for minted in app.minted] == ["/app/installations/9/access_tokens"] * 2
    assert server.lines().count("GET /repos/acme/shop/installation") == 1


def _opened(**values: Any):
    return open_github(Settings(_env_file=None, **values))  # type: ignore[call-arg]


def test_a_key_that_is_no_key_is_named_at_the_start_and_not_shown():
    with pytest.raises(SettingsError, match="TRIAGE_PRIVATE_KEY") as caught:
        _opened(app_id=1, private_key="not a key at all")
    assert "not a key at all" not in str(caught.value)


def test_settings_without_app_and_token_are_refused():
    with pytest.raises(SettingsError, match="TRIAGE_GITHUB_TOKEN"):
        _opened()


def test_a_plain_token_cannot_ask_what_only_an_app_may(as_token, server):
    with pytest.raises(Permanent):
        as_token.installation_repositories(1)
    with pytest.raises(Permanent):
        as_token.installation_of("acme/shop")
    with pytest.raises(Permanent):
        as_token.failed_deliveries(since=datetime.now(UTC))
    assert server.asked == []
