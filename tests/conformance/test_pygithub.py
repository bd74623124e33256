"""What PyGithub asks, and what the double answers it, fit GitHub's published description."""

from __future__ import annotations

from datetime import UTC, datetime

import github as pygithub
import pytest

from tests.conformance.known import unexpected
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.openapi import Description
from tests.fakes.recorded import Recorded

pytestmark = pytest.mark.npm


def _client(github: Recorded) -> pygithub.Github:
    auth = pygithub.Auth.AppAuth(1, PRIVATE_KEY)
    integration = pygithub.GithubIntegration(auth=auth, base_url=github.url, seconds_between_requests=0)
    assert integration.get_app().slug == "triage"
    found = integration.get_repo_installation("acme", "app")
    assert [installation.id for installation in integration.get_installations()] == [found.id]
    permissions = {"issues": "write", "metadata": "read", "single_file": "read"}
    token = integration.get_access_token(found.id, permissions=permissions).token
    integration.close()
    return pygithub.Github(
        auth=pygithub.Auth.Token(token), base_url=github.url, seconds_between_requests=0, seconds_between_writes=0
    )


def _use(client: pygithub.Github) -> None:
    repo = client.get_repo("acme/app")
    assert repo.get_contents(".github/triage.yml").decoded_content == b"version: 1\n"
    since = datetime(2020, 1, 1, tzinfo=UTC)
    assert len(list(repo.get_issues(state="all", sort="updated", direction="asc", since=since))) == 6
    issue = repo.get_issue(1)
    comment = issue.create_comment("hello")
    comment.edit("hello again")
    comment.create_reaction("-1")
    assert [c.body for c in issue.get_comments()] == ["hello again"]
    repo.create_label("wave", "abcdef", "A wave")
    issue.add_to_labels("wave", "billing")
    issue.remove_from_labels("bug")
    assert sorted(label.name for label in repo.get_issue(1).labels) == ["billing", "wave"]
    issue.edit(state="closed", state_reason="not_planned")
    issue.lock("resolved")
    issue.unlock()
    assert [event.event for event in issue.get_events()][-3:] == ["closed", "locked", "unlocked"]
    assert "cross-referenced" in [event.event for event in issue.get_timeline()]
    assert repo.get_collaborator_permission("mia") == "write"
    assert [found.number for found in client.search_issues("repo:acme/app is:issue again")] == [2]
    comment.delete()


def test_pygithubs_requests_and_their_answers_fit_githubs_description(github: Recorded, openapi: Description) -> None:
    with _client(github) as client:
        _use(client)
    problems = [problem for exchange in github.recorder.exchanges for problem in openapi.problems(exchange)]
    assert len(github.recorder.exchanges) > 20
    assert not unexpected(problems), "\n".join(unexpected(problems))
