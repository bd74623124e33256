"""Commands in comments: what counts as one, and who may give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import Command, allowed, parse


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/triage different", Command("different")),
        ("  \n/triage different: mine has a balance", Command("different")),
        ("/TRIAGE Different #12 because of the plan", Command("different", 12)),
        ("/triage\tdifferent #7", Command("different", 7)),
        ("/triage rerun", Command("rerun")),
        ("/triage rerun #7", Command("rerun")),
    ],
)
def test_a_command_opens_the_comment(body: str, command: Command) -> None:
    assert parse(body) == command


@pytest.mark.parametrize(
    "body",
    [
        "",
        "different",
        "> /triage different",
        "see /triage different",
        "/triage",
        "/triagedifferent",
        "/triage differently",
        "/triage close",
        "`/triage different`",
        "/triage\ndifferent",
    ],
)
def test_anything_else_is_no_command(body: str) -> None:
    assert parse(body) is None


@given(st.text())
def test_any_text_is_a_command_or_none(body: str) -> None:
    assert parse(body) is None or body.lstrip().lower().startswith("/triage")


def test_inv_42_an_author_may_object_and_only_maintainers_may_do_the_rest() -> None:
    objection, rerun = Command("different"), Command("rerun")
    assert allowed(objection, is_author=True, permission="none")
    assert not allowed(objection, is_author=False, permission="read")
    assert allowed(objection, is_author=False, permission="triage")
    assert not allowed(rerun, is_author=True, permission="read")
    assert allowed(rerun, is_author=False, permission="write")
