"""The configuration file is read from the repository or its owner, and a failure to read is never an empty file."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.errors import Permanent, RetryAfter, Unavailable
from bot.github.config_file import LARGEST_FILE
from tests.fakes.http_server import Asked, Reply

HERE = "/repos/acme/shop/contents/.github/triage.yml"
OWNER = "/repos/acme/.github/contents/.github/triage.yml"


def content(text: str | bytes, **more: Any) -> dict[str, Any]:
    raw = text.encode() if isinstance(text, str) else text
    return {"type": "file", "encoding": "base64", "content": base64.encodebytes(raw).decode(), **more}


class Files:
    """Files by path with their ETags; what is not there is 404 unless `refusal` says otherwise."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[Any, str]] = {}
        self.refusals: dict[str, Reply] = {}

    def __call__(self, asked: Asked) -> Reply:
        if asked.path in self.refusals:
            return self.refusals[asked.path]
        if asked.path not in self.files:
            return Reply(404, {"message": "Not Found"})
        body, etag = self.files[asked.path]
        if asked.headers.get("if-none-match") == etag:
            return Reply(304, None, {"etag": etag})
        return Reply(200, body, {"etag": etag})


@pytest.fixture
def files(server):
    server.answer = Files()
    return server.answer


@pytest.fixture
def reader(as_token):
    return as_token.reader("acme/shop", None)


def test_the_repositorys_own_file_costs_one_request_and_is_not_read_twice(reader, server, files):
    files.files[HERE] = (content("version: 1\n# ünï\n"), 'W/"a"')
    found = reader.config()
    assert found.text == "version: 1\n# ünï\n"
    assert reader.config(found.etag) is None
    assert server.lines() == [f"GET {HERE}"] * 2


def test_the_owners_file_is_the_fall_back_and_is_read_conditionally_too(reader, server, files):
    files.files[OWNER] = (content("mode: shadow"), '"o"')
    found = reader.config()
    assert found.text == "mode: shadow"
    assert reader.config(found.etag) is None
    assert server.lines() == [f"GET {HERE}", f"GET {OWNER}"] * 2


def test_a_file_that_appears_in_the_repository_wins_over_an_unchanged_fall_back(reader, files):
    files.files[OWNER] = (content("mode: shadow"), '"same"')
    found = reader.config()
    files.files[HERE] = (content("mode: comment"), '"same"')
    assert reader.config(found.etag).text == "mode: comment"


def test_a_file_that_is_deleted_gives_way_to_the_fall_back(reader, files):
    files.files[HERE] = (content("mode: comment"), '"same"')
    files.files[OWNER] = (content("mode: shadow"), '"same"')
    found = reader.config()
    del files.files[HERE]
    assert reader.config(found.etag).text == "mode: shadow"


def test_no_file_anywhere_is_said_once(reader, files):
    found = reader.config()
    assert found.text is None
    assert reader.config(found.etag) is None
    files.files[HERE] = (content("version: 1"), '"a"')
    assert reader.config(found.etag).text == "version: 1"


def test_a_file_without_etag_is_read_again_each_time(reader, server):
    server.answer = lambda asked: Reply(200, content("version: 1"))
    found = reader.config()
    assert found.etag is None
    assert reader.config(found.etag).text == "version: 1"


def test_the_fall_back_repository_has_no_fall_back_itself(as_token, server, files):
    assert as_token.reader("acme/.github", None).config().text is None
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_an_owners_repository_that_cannot_be_seen_holds_no_file(reader, files, status):
    files.refusals[OWNER] = Reply(status, {"message": "Resource not accessible by integration"})
    assert reader.config().text is None


@pytest.mark.parametrize("path", [HERE, OWNER])
@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (Reply(502), Unavailable),
        (Reply(403, {"message": "rate limit"}, {"retry-after": "4"}), RetryAfter),
        (Reply(401, {"message": "Bad credentials"}), Permanent),
        (Reply(200, b"{"), Unavailable),
        (Reply(200, {"type": "file", "encoding": "base64", "content": "***"}), Unavailable),
        (Reply(200, {"type": "file", "encoding": "base64"}), Unavailable),
        (Reply(200, {"type": "file", "encoding": "rot13", "content": "x"}), Unavailable),
        (None, Unavailable),
    ],
)
def test_inv_27_a_failure_to_read_is_never_an_empty_file(reader, files, path, reply, failure):
    files.refusals[path] = reply
    with pytest.raises(failure):
        reader.config()


def test_inv_27_the_repositorys_own_file_behind_a_missing_permission_is_a_failure(reader, files):
    files.refusals[HERE] = Reply(403, {"message": "Resource not accessible by integration"})
    with pytest.raises(Permanent) as caught:
        reader.config()
    assert caught.value.stops_repository


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (content(b"\xff\xfe\x00"), "not UTF-8"),
        (content("x" * (LARGEST_FILE + 1)), "larger than 64 KiB"),
        (content("", encoding="none", size=2_000_000), "larger than 64 KiB"),
        ([content("x")], "not a file"),
        (content("x", type="symlink"), "not a file"),
    ],
)
def test_inv_37_a_file_that_cannot_be_text_is_refused_in_a_sentence(reader, files, body, sentence):
    files.files[HERE] = (body, '"a"')
    with pytest.raises(Permanent, match=sentence):
        reader.config()


def test_a_byte_order_mark_is_no_part_of_the_text(reader, files):
    files.files[HERE] = (content(b"\xef\xbb\xbfversion: 1"), '"a"')
    assert reader.config().text == "version: 1"


def test_the_largest_allowed_file_is_read(reader, files):
    files.files[HERE] = (content("#" * LARGEST_FILE), '"a"')
    assert len(reader.config().text) == LARGEST_FILE


class Owner:
    """An App whose installation covers acme/shop, and acme/.github only where `covered` says so."""

    def __init__(self, files: Files, *, covered: bool) -> None:
        self.files = files
        self.covered = covered
        self.minted = 0

    def __call__(self, asked: Asked) -> Reply:
        if not asked.path.endswith("/access_tokens"):
            return self.files(asked)
        self.minted += 1
        name = asked.body["repositories"][0]
        if name == ".github" and not self.covered:
            return Reply(422, {"message": "There is at least one repository that does not exist or is not accessible"})
        return Reply(201, {"token": f"for-{name}", "expires_at": "2100-01-01T00:00:00Z"})


@pytest.mark.parametrize(("covered", "token"), [(True, "for-.github"), (False, "for-shop")])
def test_the_fall_back_is_read_with_its_own_token_or_as_the_public_reads_it(as_app, server, files, covered, token):
    server.answer = owner = Owner(files, covered=covered)
    files.files[OWNER] = (content("mode: shadow"), '"o"')
    reader = as_app.reader("acme/shop", 5)
    assert reader.config().text == "mode: shadow"
    assert server.asked[-1].headers["authorization"] == f"token {token}"
    reader.config()
    as_app.reader("acme/till", 5).config()
    assert owner.minted == 3  # shop, .github, till: what was refused is not asked for again at once


def test_inv_27_an_outage_of_the_token_service_is_no_missing_fall_back(as_app, server, files):
    owner = Owner(files, covered=True)
    down = Reply(502)
    server.answer = lambda asked: down if (asked.body or {}).get("repositories") == [".github"] else owner(asked)
    with pytest.raises(Unavailable):
        as_app.reader("acme/shop", 5).config()
