"""GitHub's JSON becomes our words, its texts bounded, cleaned and redacted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.github import mapping
from bot.github.mapping import LONGEST_TEXT, Malformed, clean
from models.redact import redact

ISSUE = {
    "number": 7,
    "title": "It fails",
    "body": "Badly",
    "created_at": "2026-01-05T12:00:00Z",
    "updated_at": "2026-01-05T14:00:00+01:00",
    "state": "closed",
    "state_reason": "completed",
    "closed_at": "2026-01-06T00:00:00Z",
    "locked": True,
    "labels": [{"name": "bug"}, "old form"],
    "user": {"login": "reporter", "type": "User"},
}
COMMENT = {
    "id": 3,
    "body": "Me too",
    "user": {"login": "robot[bot]", "type": "Bot"},
    "created_at": "2026-01-05T12:00:00Z",
    "updated_at": "2026-01-05T12:00:00Z",
}
MAIL = "jane.roe@example.org"


def test_an_issue_is_read_whole():
    found = mapping.issue(ISSUE, 7)
    assert (found.number, found.title, found.body) == (7, "It fails", "Badly")
    assert found.updated_at == datetime(2026, 1, 5, 13, tzinfo=UTC)
    assert (found.state, found.state_reason, found.locked) == ("closed", "completed", True)
    assert found.closed_at == datetime(2026, 1, 6, tzinfo=UTC)
    assert found.labels == ("bug", "old form")
    assert (found.author, found.author_is_bot, found.is_pull_request) == ("reporter", False, False)


def test_a_pull_request_is_marked_as_one():
    assert mapping.issue({**ISSUE, "pull_request": {"url": "x"}}).is_pull_request


def test_a_null_body_is_empty():
    assert mapping.issue({**ISSUE, "body": None}).body == ""
    assert mapping.issue({key: value for key, value in ISSUE.items() if key != "body"}).body == ""


def test_a_deleted_account_leaves_no_author():
    found = mapping.issue({**ISSUE, "user": None})
    assert (found.author, found.author_is_bot) == ("", False)


@pytest.mark.parametrize("user", [{"login": "renovate", "type": "Bot"}, {"login": "renovate[bot]"}])
def test_a_bot_is_known_by_its_type_or_its_login(user: dict[str, str]):
    assert mapping.issue({**ISSUE, "user": user}).author_is_bot


def test_inv_41_title_body_labels_and_comments_are_redacted():
    found = mapping.issue({**ISSUE, "title": f"Mail {MAIL}", "body": f"Write to {MAIL}", "labels": [f"of {MAIL}"]})
    comment = mapping.comment({**COMMENT, "body": f"or {MAIL}"}, by_this_app=False)
    assert all(MAIL not in text for text in (found.title, found.body, *found.labels, comment.body))


@pytest.mark.parametrize(
    "change",
    [
        {"number": None},
        {"number": "7"},
        {"number": True},
        {"number": 8},
        {"title": None},
        {"body": 5},
        {"created_at": "yesterday"},
        {"created_at": "0001-01-01T00:00:00+23:59"},
        {"updated_at": None},
        {"state": "merged"},
        {"labels": "bug"},
        {"labels": [{"id": 1}]},
        {"user": {"type": "User"}},
        {"user": "reporter"},
        {"closed_at": 12},
    ],
)
def test_a_missing_or_wrong_field_is_malformed(change: dict[str, Any]):
    with pytest.raises(Malformed):
        mapping.issue({**ISSUE, **change}, 7)


@pytest.mark.parametrize("data", [None, [], "page", 3])
def test_what_is_no_object_is_malformed(data: Any):
    for read in (mapping.issue, mapping.repository, mapping.delivery):
        with pytest.raises(Malformed):
            read(data)
    with pytest.raises(Malformed):
        mapping.comment(data, by_this_app=False)


def test_nul_and_lone_surrogates_are_taken_out():
    assert clean("a\0b\ud800c") == "ab?c"


def test_a_secret_that_nul_characters_break_up_is_redacted():
    assert "jane" not in clean("\0".join(MAIL))


def test_inv_37_a_huge_body_is_cut_before_anything_else_sees_it():
    assert len(clean("word " * LONGEST_TEXT)) <= LONGEST_TEXT
    assert len(clean("x" * (LONGEST_TEXT + 1))) <= LONGEST_TEXT


def test_the_cut_never_halves_a_secret():
    text = "a " * (LONGEST_TEXT // 2 - 4) + MAIL
    assert len(text) > LONGEST_TEXT
    assert "jane" not in clean(text)


@given(st.text())
def test_clean_text_can_be_stored_and_is_redacted(text: str):
    found = clean(text)
    found.encode()
    assert "\0" not in found
    assert redact(found) == found
