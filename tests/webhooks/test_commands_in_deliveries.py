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
