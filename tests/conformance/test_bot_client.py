"""What the bot asks of GitHub, and what the double answers it, fit GitHub's published description."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot.errors import Gone, Permanent
from bot.github.client import GitHubClient, open_github
from bot.settings import Settings
from tests.conformance.known import unexpected
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.openapi import Description
from tests.fakes.recorded import Recorded

pytestmark = pytest.mark.npm

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def client(github: Recorded) -> Iterator[GitHubClient]:
    settings = Settings(
        _env_file=None, app_id=1, private_key=SecretStr(PRIVATE_KEY), private_key_path=None, github_api_url=github.url
    )
    opened = open_github(settings)
    yield opened
    opened.close()


def _read(client: GitHubClient, installation: int) -> None:
    reader = client.reader("acme/app", installation)
    assert reader.repository().full_name == "acme/app"
    assert reader.issue(3).is_pull_request
    assert [issue.number for page in reader.issues() for issue in page] == [6, 5, 4, 3, 2, 1]
    assert sum(len(page) for page in reader.issues(since=LONG_AGO)) == 6
    assert sum(len(page.rows) for page in reader.past_issues("open", at_once=2)) > 0
    assert [page.following for page in reader.past_comments()] == [None]
    assert reader.timeline(1) is not None
    config = reader.config()
    assert config is not None
    assert config.text == "version: 1\n"
    assert reader.config(config.etag) is None
    assert reader.permission("tim") == "triage"


def _write(client: GitHubClient, installation: int) -> None:
    writer, reader = client.writer("acme/app", installation), client.reader("acme/app", installation)
    comment = writer.create_comment(1, "hello")
    writer.edit_comment(comment, "hello again")
    assert not writer.label_exists("wave")
    writer.create_label("wave", "abcdef", "A wave")
    writer.create_label("wave", "abcdef", "A wave")
    writer.add_label(1, "wave")
    writer.remove_label(1, "bug")
    writer.remove_label(1, "bug")
    assert reader.issue(1).labels == ("wave",)
    writer.close_issue(1, "duplicate")
    assert reader.issue(1).state_reason == "duplicate"
    writer.reopen_issue(1)
    (written,) = reader.comments(1)
    assert (written.id, written.body, written.by_this_app) == (comment, "hello again", True)


def test_the_bots_requests_and_their_answers_fit_githubs_description(
    github: Recorded, client: GitHubClient, openapi: Description
) -> None:
    assert client.app_slug() == "triage"
    assert client.installation_of("acme/app") == github.installation_id
    assert len(client.installation_repositories(github.installation_id)) == 2
    assert client.failed_deliveries(since=LONG_AGO) == []
    _read(client, github.installation_id)
    _write(client, github.installation_id)
    exchanges = github.recorder.exchanges
    problems = [problem for exchange in exchanges for problem in openapi.problems(exchange)]
    assert len(exchanges) > 15
    assert not unexpected(problems), "\n".join(unexpected(problems))


def test_a_deleted_issue_is_gone_and_an_archived_repository_is_permanent(
    github: Recorded, client: GitHubClient
) -> None:
    github.http.delete("/_double/repositories/acme/app/issues/6?deliver=false")
    with pytest.raises(Gone):
        client.reader("acme/app", github.installation_id).issue(6)
    github.http.patch("/_double/repositories/acme/app", json={"archived": True, "deliver": False})
    with pytest.raises(Permanent):
        client.writer("acme/app", github.installation_id).create_comment(1, "x")


def test_a_reader_asks_for_no_permission_to_write(github: Recorded, client: GitHubClient) -> None:
    client.reader("acme/app", github.installation_id).issue(1)
    held = [token["permissions"] for token in github.http.get("/_double/tokens").json()]
    assert held
    assert "write" not in {level for permissions in held for level in permissions.values()}
