"""The wire: one shared pool of connections, every broken exchange a failure with a name, nothing in the log."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bot.errors import GitHubError, Gone, RetryAfter, Unavailable
from bot.github.client import open_github
from bot.settings import Settings
from tests.fakes.http_server import Asked, Reply, serving

ROOT = "/repos/acme/shop"


def issue(number: int) -> dict[str, Any]:
    times = {"created_at": "2026-01-05T12:00:00Z", "updated_at": "2026-01-05T12:00:00Z"}
    return {"number": number, "title": f"Report {number}", "body": "b", "state": "open", **times}


@pytest.fixture
def reader(as_token):
    return as_token.reader("acme/shop", None)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(200, b'{"number": 7, '), Unavailable),
        (Reply(200, b"<html>login</html>", {"content-type": "text/html"}), Unavailable),
        (Reply(200, {"number": 7}), Unavailable),
        (Reply(200, []), Unavailable),
        (Reply(200), Unavailable),
        (Reply(200, issue(8)), Unavailable),
        (Reply(202, {}), Unavailable),
        (Reply(500, b"oops", {"content-type": "text/html"}), Unavailable),
        (Reply(403, b"<html>", {"content-type": "text/html"}), Unavailable),
        (Reply(404, b'{"message": '), Gone),
        (Reply(410, {"message": "This issue was deleted"}), Gone),
        (Reply(429, {}, {"retry-after": "3"}), RetryAfter),
        (None, Unavailable),
    ],
)
def test_every_spoiled_answer_has_one_failure_and_is_asked_for_once(reader, server, reply, failure):
    server.answer = lambda asked: reply
    with pytest.raises(failure):
        reader.issue(7)
    assert len(server.asked) == 1


def test_a_server_that_does_not_answer_is_unavailable(server, time):
    def hang(asked: Asked) -> None:
        server.released.wait()

    server.answer = hang
    client = open_github(Settings(_env_file=None, github_api_url=server.url, github_token="x"), timeout=0.05)
    with pytest.raises(Unavailable):
        client.reader("acme/shop", None).issue(7)
    server.released.set()
    client.close()


def test_a_server_that_is_not_there_is_unavailable():
    client = open_github(Settings(_env_file=None, github_api_url="http://127.0.0.1:9", github_token="x"))
    with pytest.raises(Unavailable):
        client.reader("acme/shop", None).issue(7)


def test_an_enterprise_base_path_stays_in_front(server):
    server.answer = lambda asked: Reply(200, issue(7))
    client = open_github(Settings(_env_file=None, github_api_url=f"{server.url}/api/v3", github_token="x"))
    client.reader("acme/shop", None).issue(7)
    assert server.lines() == [f"GET /api/v3{ROOT}/issues/7"]
    client.close()


@pytest.mark.parametrize("form", ["@{host}/x", "{url}/x", "//{host}/x", "x:@{host}/x", "http://[::1/", "", ".{host}/x"])
@pytest.mark.parametrize("asks", ["repository", "issue", "comments"])
def test_inv_41_no_answer_whatever_sends_the_token_to_another_host(as_token, server, form, asks):
    with serving() as elsewhere:
        elsewhere.answer = lambda asked: Reply(200, [])
        address = form.format(url=elsewhere.url, host=elsewhere.url.removeprefix("http://"))
        moved = Reply(307, {}, {"location": address})
        server.answer = lambda asked: (
            moved if asks != "comments" else Reply(200, [], {"link": f'<{address}>; rel="next"'})
        )
        reader = as_token.reader("acme/shop", None)
        with pytest.raises(GitHubError):
            reader.repository() if asks == "repository" else getattr(reader, asks)(7)
        assert elsewhere.asked == []
        assert server.asked


def test_one_connection_serves_many_requests(reader, server):
    server.answer = lambda asked: Reply(200, issue(7))
    for _ in range(5):
        reader.issue(7)
    assert server.connections == 1


def test_threads_never_get_each_others_answers(reader, server):
    server.answer = lambda asked: Reply(200, issue(int(asked.path.rpartition("/")[2])))
    with ThreadPoolExecutor(8) as pool:
        assert [i.number for i in pool.map(reader.issue, range(1, 200))] == list(range(1, 200))


def test_inv_41_no_token_and_no_text_reach_the_log(reader, server, caplog):
    server.answer = lambda asked: Reply(200, issue(7))
    with caplog.at_level(logging.DEBUG):
        reader.issue(7)
    assert "ghp_plain" not in caplog.text
    assert "Report 7" not in caplog.text
