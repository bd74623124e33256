"""Comments as deliveries: a command is enqueued by its comment's id, everything else is left alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.storage.records import DeliveryRecord
from webhooks.delivery import Ignored, read

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HEADERS = {"x-github-delivery": "one", "x-github-event": "issue_comment"}


def payload(body: Any, **issue: Any) -> bytes:
    return json.dumps(
        {
            "action": "created",
            "issue": {"number": 7, **issue},
            "comment": {"id": 99, "body": body},
            "repository": {"id": 5, "full_name": "acme/shop"},
            "installation": {"id": 3},
            "sender": {"login": "jane", "type": "User"},
        }
    ).encode()


def test_inv_41_a_command_is_kept_as_its_comments_id_without_its_words() -> None:
    record = read(HEADERS, payload("/triage different, mine is another plan"), NOW)
    assert isinstance(record, DeliveryRecord)
    assert record.workflow == "learn_feedback"
    assert record.details["comment"] == 99
    assert "another plan" not in str(record)


@pytest.mark.parametrize("body", ["thanks!", "", None, 12, "> /triage different"])
def test_a_comment_that_is_no_command_starts_nothing(body: Any) -> None:
    assert isinstance(read(HEADERS, payload(body), NOW), Ignored)


def test_inv_07_a_command_on_a_pull_request_starts_nothing() -> None:
    assert isinstance(read(HEADERS, payload("/triage rerun", pull_request={"url": "x"}), NOW), Ignored)


def comment_payload(action: str, body: str, author: str, sender: str = "jane") -> bytes:
    kinds = {login: "Bot" if login.endswith("[bot]") else "User" for login in (author, sender)}
    return json.dumps(
        {
            "action": action,
            "issue": {"number": 7},
            "comment": {"id": 99, "body": body, "user": {"login": author, "type": kinds[author]}},
            "repository": {"id": 5, "full_name": "acme/shop"},
            "installation": {"id": 3},
            "sender": {"login": sender, "type": kinds[sender]},
        }
    ).encode()


@pytest.mark.parametrize("action", ["created", "edited"])
def test_inv_20_a_bots_comment_starts_nothing(action: str) -> None:
    assert isinstance(read(HEADERS, comment_payload(action, "/triage rerun", "other[bot]"), NOW), Ignored)


def test_an_edited_comment_with_a_command_is_enqueued() -> None:
    found = read(HEADERS, comment_payload("edited", "Oh\n\n/triage rerun", "jane"), NOW)
    assert isinstance(found, DeliveryRecord)
    assert found.workflow == "learn_feedback"


@pytest.mark.parametrize(
    ("body", "author", "sender", "heard"),
    [
        ("It is\n\n<!-- triage:comment -->", "triage[bot]", "jane", True),
        ("It is\n\n<!-- triage:comment -->", "triage[bot]", "triage[bot]", False),
        ("It is\n\n<!-- triage:comment -->", "jane", "jane", False),
        ("/triage rerun", "jane", "jane", False),
        ("It is", "triage[bot]", "jane", False),
    ],
)
def test_only_the_bots_own_comment_deleted_by_a_person_is_heard(
    body: str, author: str, sender: str, heard: bool
) -> None:
    found = read(HEADERS, comment_payload("deleted", body, author, sender), NOW)
    assert isinstance(found, DeliveryRecord) == heard
    assert not heard or found.details["comment_by"] == author


@pytest.mark.parametrize(("sender", "heard"), [("jane", True), ("triage[bot]", False)])
def test_a_removed_label_is_named_and_a_bots_own_doing_is_not_heard(sender: str, heard: bool) -> None:
    kind = "Bot" if sender.endswith("[bot]") else "User"
    about = {
        "action": "unlabeled",
        "issue": {"number": 7},
        "label": {"name": "possible-duplicate"},
        "repository": {"id": 5, "full_name": "acme/shop"},
        "sender": {"login": sender, "type": kind},
    }
    found = read(HEADERS | {"x-github-event": "issues"}, json.dumps(about).encode(), NOW)
    assert isinstance(found, DeliveryRecord) == heard
    assert not heard or found.details["label"] == "possible-duplicate"
