"""A fact's value is shown where it is one of few, the maintainers' own word, or what three people state."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.activities.live_canonical import canonical_view
from bot.canonical_comment import render_canonical
from bot.comment import CommentView, render
from bot.repo_config import parse
from bot.sayable import is_sayable, open_values
from bot.storage.records import StoredIssue
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from models.fact_words import cannot_be_prose, difference, same
from models.issue import Issue
from models.text import normalise

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CONFIG = parse(
    r"""
facts:
  - {name: region, pattern: "(?i)\\bregion: (eu|us)(-(north|south))?"}
  - {name: plan, pattern: "(?i)plan: (.+)"}
clusters:
  - slug: extra
    title: Extra usage 400
    examples: ["API Error: 400 invalid_request_error out of extra usage"]
    requires: {error: quota_exceeded}
"""
)
INSULT = "maintainers_are_liars_failed"


@pytest.mark.parametrize("value", ["400", "-1", "0x80070005", "2.1.9-beta.1", "macos", "max 5x", "opus 4.6", "neovim"])
def test_inv_40_a_value_of_a_fixed_kind_may_always_be_shown(value: str) -> None:
    assert cannot_be_prose(value)


@pytest.mark.parametrize("value", [INSULT, "liarserror", "pro maintainers are liars", "400 liars", "1.2.3-liars"])
def test_inv_40_any_other_value_may_be_somebodys_words(value: str) -> None:
    assert not cannot_be_prose(value)


@pytest.mark.parametrize(
    "value",
    [
        ("error_type", "invalid_request_error"),
        ("error_type", "quota_exceeded"),
        ("region", "eu-north"),
    ],
)
def test_inv_40_what_the_maintainers_wrote_may_be_shown(value: tuple[str, str]) -> None:
    assert is_sayable(value, [], CONFIG)


@pytest.mark.parametrize(
    "value",
    [
        ("error_type", INSULT),
        ("error_type", "request_error"),
        ("plan", "go to evil"),
        ("os", "eu-north"),
        ("region", "b"),
    ],
)
def test_inv_40_other_words_need_three_authors(value: tuple[str, str]) -> None:
    assert not is_sayable(value, ["ann", "bob", "bob"], CONFIG)
    assert not is_sayable(value, ["ann", "bob", "ghost", ""], CONFIG)
    assert is_sayable(value, ["ann", "bob", "cyd"], CONFIG)


def test_inv_40_a_comment_names_the_fact_and_not_a_reporters_value() -> None:
    evidence = (
        Evidence("error_type", Agreement.AGREE, same("error_type", frozenset({INSULT})), 2.0),
        Evidence("plan", Agreement.DIFFER, difference("plan", frozenset({"go to evil"}), frozenset({"max 5x"})), -2.0),
        Evidence(
            "status_code", Agreement.DIFFER, difference("status_code", frozenset({"400"}), frozenset({"401"})), -1
        ),
    )
    decision = Decision(9, Verdict.DUPLICATE, 0.9, canonical=5, links=(Candidate(5, 0.9, evidence=evidence),))
    body = render(decision, CommentView())
    assert body is not None
    row = "canonical · same error type · **differs**: status code: `400` here, `401` there · **differs**: another plan"
    assert row in body
    assert open_values(decision.links) == {("error_type", INSULT), ("plan", "go to evil")}
    told = render(decision, CommentView(sayable=frozenset({("error_type", INSULT)})))
    assert told is not None
    assert f"same error type: `{INSULT}`" in told


def report(number: int, author: str, **facts: str) -> StoredIssue:
    issue = Issue(number, "Title", "Body", created_at=NOON, updated_at=NOON, author=author)
    return StoredIssue(
        issue, normalise("Title", "Body"), "hash", "", {name: frozenset({one}) for name, one in facts.items()}
    )


def test_inv_40_the_canonicals_comment_shows_no_value_that_fewer_than_three_people_state() -> None:
    stated = {"error_type": INSULT, "plan": "go to evil", "os": "evil os", "version": "1.0 evil", "status_code": "400"}
    rows = [report(number, author, **stated) for number, author in enumerate(["ann", "bob", "bob"], 10)]
    body = render_canonical(canonical_view(rows, NOON, CONFIG))
    assert "evil" not in body
    assert INSULT not in body
    assert "| status | `400` (3) |" in body
    third = replace(rows[2], issue=replace(rows[2].issue, author="cyd"))
    assert f"| error | `{INSULT}` (3) |" in render_canonical(canonical_view([*rows[:2], third], NOON, CONFIG))
