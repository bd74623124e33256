"""Commands in comments: what counts as one, and who may give it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    ELSEWHERE,
    MOST,
    NOT_A_NUMBER,
    SEVERAL,
    UNCLEAR,
    Command,
    allowed,
    duplicate_claim,
    is_for_us,
    mentioned,
    parse,
    past_claim,
)

HOME = "acme/shop"
DIFFERENT, RERUN = Command("different"), Command("rerun")


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ("/triage different", DIFFERENT),
        ("  \n/triage different: mine has a balance", DIFFERENT),
        ("/TRIAGE Different #12 because of the plan", Command("different", 12)),
        ("/triage\tdifferent #7", Command("different", 7)),
        ("/triage different from #7.", Command("different", 7)),
        ("/triage rerun", RERUN),
        ("/triage rerun #7", RERUN),
        ("/triage   rerun   ", RERUN),
        ("/triage duplicate of #7", Command("duplicate", 7)),
        ("/triage duplicate #7, see there", Command("duplicate", 7)),
        ("/Triage DUPLICATE OF  #7", Command("duplicate", 7)),
        ("/triage duplicate of acme/shop#7", Command("duplicate", 7)),
        ("/triage different https://github.com/Acme/Shop/issues/7#issuecomment-1", Command("different", 7)),
        ("/triage duplicate of acme/framework#7", Command("duplicate", problem=ELSEWHERE)),
        ("/triage undo", Command("undo")),
        ("/triage pause for the release", Command("pause")),
        ("/triage resume\r\n", Command("resume")),
        ("Thanks!\n\n/triage rerun", RERUN),
        ("> it is the same as ours\n\n/triage different", DIFFERENT),
        ("```\n/triage rerun\n```\n/triage undo", Command("undo")),
        ("\ufeff/triage\u00a0undo", Command("undo")),
    ],
)
def test_a_command_opens_a_line(body: str, command: Command) -> None:
    assert parse(body, HOME) == (command,)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "different",
        "> /triage different",
        ">/triage undo\n> /triage rerun",
        "see /triage different",
        "/triage",
        "/triagedifferent",
        "/triage differently",
        "/triage re-run",
        "/triage rerun-all",
        "/triage close",
        "/triage accepted",
        "`/triage different`",
        "/triage\ndifferent",
        "```\n/triage different\n```",
        "~~~sh\n/triage pause\n~~~",
        "````\n```\n/triage undo\n```\n````",
        "```\n/triage undo",
        "    /triage undo",
        "Like this:\n\n\t/triage undo",
        "<!-- /triage undo -->",
        "<!--\n/triage undo\n-->",
        "- /triage undo",
    ],
)
def test_anything_else_is_no_command(body: str) -> None:
    assert parse(body, HOME) == ()


@pytest.mark.parametrize(
    "body",
    [
        "/triage different #12345678901",
        "/triage different #0",
        "/triage different #",
        "/triage different #12abc",
        "/triage different from #x",
        "/triage duplicate",
        "/triage duplicate of that one",
        "/triage duplicate of 7",
        "/triage duplicate of #007",
    ],
)
def test_a_number_that_is_none_is_a_mistake_and_not_another_command(body: str) -> None:
    (command,) = parse(body, HOME)
    assert command.problem == NOT_A_NUMBER
    assert command.other is None


def test_several_commands_are_obeyed_in_their_order_and_not_without_end() -> None:
    assert parse("/triage different #5\n/triage different #6\nand\n/triage rerun", HOME) == (
        Command("different", 5),
        Command("different", 6),
        RERUN,
    )
    assert parse("/triage rerun\n" * 1000, HOME) == (RERUN,) * MOST


@given(st.text())
def test_any_text_is_commands_or_none(body: str) -> None:
    assert parse(body, HOME) == () or "triage" in body.lower()


@given(st.text(alphabet=" \t\n>`~#/-0129abcdeiofgrtu", max_size=60))
def test_text_made_of_the_signs_that_matter_is_read_without_trouble(body: str) -> None:
    assert all(one.other is None or 0 < one.other < 10**10 for one in parse(f"/triage different {body}", HOME))
    assert is_for_us(body, HOME) == bool(parse(body, HOME) or duplicate_claim(body, HOME))


@pytest.mark.parametrize(
    "body",
    [
        "Duplicate of #12",
        "duplicate of #12, I think",
        "\n Duplicate  of #12\nBye",
        "Duplicate of acme/shop#12",
        "Duplicate of https://github.com/acme/shop/issues/12",
    ],
)
def test_githubs_own_words_for_a_duplicate_are_heard(body: str) -> None:
    assert duplicate_claim(body, HOME) == 12
    assert is_for_us(body, HOME)


@pytest.mark.parametrize(
    "body",
    [
        "> Duplicate of #12",
        "Not a duplicate of #12",
        "Duplicate of 12",
        "Duplicate of #12345678901",
        "Duplicate of #0",
        "`Duplicate of #12`",
        "See above.\nDuplicate of #12",
        "Duplicate of acme/other#12",
        "Duplicate of https://github.com/acme/other/issues/12",
        "Duplicate of https://github.com/acme/shop/pull/12",
    ],
)
def test_anything_else_says_nothing_of_duplicates(body: str) -> None:
    assert duplicate_claim(body, HOME) is None


def test_inv_42_an_author_may_object_and_only_maintainers_may_do_the_rest() -> None:
    assert allowed(DIFFERENT, is_author=True, permission="none")
    assert not allowed(DIFFERENT, is_author=False, permission="read")
    assert allowed(DIFFERENT, is_author=False, permission="triage")
    for verb in ("rerun", "duplicate", "undo", "pause", "resume"):
        assert not allowed(Command(verb), is_author=True, permission="read")
        assert allowed(Command(verb), is_author=False, permission="write")


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        ("Duplicate of #12", 12),
        ("Closing as duplicate of #12.", 12),
        ("Closing this as it's a duplicate of #12", 12),
        ("This issue is an exact duplicate of: #12", 12),
        ("dup of https://github.com/acme/shop/issues/12", 12),
        ("dup of https://github.com/Acme/Shop/issues/12", 12),
        ("dup of https://github.com/acme/framework/issues/12", None),
        ("Thanks!\n\nThis looks like a duplicate of #12", 12),
        ("This is not a duplicate of #12", None),
        ("Is this a duplicate of #12?", None),
        ("> Duplicate of #12", None),
        ("`Duplicate of #12`", None),
        ("Duplicated the disk of #12", None),
    ],
)
def test_what_people_said_of_duplicates_before_the_bot_came_is_understood(body: str, issue: int | None) -> None:
    assert past_claim(body, HOME) == issue


def test_a_comment_mentions_issues_by_number_and_by_address() -> None:
    named = mentioned("See #3 and https://github.com/acme/shop/issues/4, not a#5 or `#6`", "acme/shop")
    assert named >= {3, 4}
    assert 5 not in mentioned("a#5 and https://github.com/acme/framework/issues/5", "acme/shop")


@pytest.mark.parametrize(
    "body",
    [
        "This is a duplicate of #2",
        "It's a dup of #2, closing. Thanks!",
        "**Duplicate of #2**",
        "Duplicate of **#2**",
        "Duplicate of #2, fixed in #77",
        "Duplicate of #2.",
    ],
)
def test_what_a_maintainer_says_of_duplicates_is_heard_live(body: str) -> None:
    assert duplicate_claim(body, HOME) == 2
    assert is_for_us(body, HOME)


@pytest.mark.parametrize(
    "body",
    [
        "Duplicate of #2\n\nSorry, this is not a duplicate of #2.",
        "Duplicate of #2\nDuplicate of #3",
        "Dup of #2.\n\nThanks!\n\nClosing as a duplicate of #3.",
    ],
)
def test_a_claim_that_another_line_contradicts_is_none(body: str) -> None:
    assert duplicate_claim(body, HOME) is None
    assert past_claim(body, HOME) is None


@pytest.mark.parametrize(
    "body",
    ["Duplicate of #2\n\nClosing as a duplicate of #2.", "Duplicate of #2\n\nNot a duplicate of #3, by the way."],
)
def test_what_several_lines_agree_on_is_heard(body: str) -> None:
    assert duplicate_claim(body, HOME) == past_claim(body, HOME) == 2


@pytest.mark.parametrize(
    "body",
    [
        "Duplicate of #2? No \u2013 it is not.",
        "Duplicate of #2 is what I thought, but no.",
        "Duplicate of #2 (no!)",
        "Duplicate of #2 or #3, not sure yet",
        "Duplicate of #2 and #3",
        "Duplicate of #2.5",
        "Duplicate of #2-3",
        "Dup of #2 ruled out",
        "It's a duplicate of #2? I doubt it",
        "This is a duplicate of #2, isn\u2019t it",
    ],
)
def test_a_claim_that_the_rest_of_its_line_doubts_is_none(body: str) -> None:
    assert duplicate_claim(body, HOME) is None
    assert past_claim(body, HOME) is None


@pytest.mark.parametrize(
    ("rest", "other"),
    [
        ("than #2", 2),
        ("to #2", 2),
        ("as #2", 2),
        ("is not #2", 2),
        ("not the same as #2", 2),
        (", I read through #2 and it crashes earlier", 2),
        ("to the report in https://github.com/acme/shop/issues/2", 2),
        ("- another error: 400", None),
    ],
)
def test_inv_08_an_objection_is_to_the_issue_that_its_line_names(rest: str, other: int | None) -> None:
    assert parse(f"/triage different {rest}", HOME) == (Command("different", other),)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("different than #2.5", NOT_A_NUMBER),
        ("different, see #2.5", UNCLEAR),
        ("different, the same as #2", UNCLEAR),
        ("different, see acme/framework#2", UNCLEAR),
        ("different from #2 and #3", SEVERAL),
        ("duplicate of #2 and #3", SEVERAL),
    ],
)
def test_inv_08_a_number_that_cannot_be_read_for_sure_separates_no_other_pair(line: str, problem: str) -> None:
    assert [(one.other, one.problem) for one in parse(f"/triage {line}", HOME)] == [(None, problem)]
