"""What a comment of the bot says is read out of its text, whoever changed the text since."""

from __future__ import annotations

import pytest

from bot.canonical_comment import BEGIN
from bot.comment import nobody, withdrawn
from bot.config_comment import is_wrong, mended, wrong
from bot.read_back import read_back
from bot.repo_config import RepoConfig, parse
from models.decision import Verdict

CONFIG = parse("clusters:\n  - {slug: extra, title: 'A *bold* title (#3)'}\n")
DUPLICATE = "**This looks like the same problem as #5**\n\n| | |\n|---|---|\n| #5 | canonical · open |\n| #7 | open |"


def test_the_verdict_its_target_and_its_links_are_read() -> None:
    back = read_back(DUPLICATE, 12, RepoConfig())
    assert (back.decision.verdict, back.decision.canonical) == (Verdict.DUPLICATE, 5)
    assert [link.number for link in back.decision.links] == [5, 7]
    assert (back.said, back.block, back.is_notice) == (DUPLICATE, None, False)


def test_a_known_cluster_is_found_by_its_title_whatever_stands_in_it() -> None:
    title = "A \\*bold\\* title (\\#\u200b3)"
    back = read_back(f"**This looks like a report we already know: _{title}_** (#5, 9 reports)", 12, CONFIG)
    assert (back.decision.verdict, back.decision.canonical) == (Verdict.DUPLICATE, 5)
    assert back.decision.cluster in {"extra", None}


@pytest.mark.parametrize("number", [12, 13, 99999999999])
def test_inv_02_nothing_points_at_the_issue_itself_or_a_later_one(number: int) -> None:
    back = read_back(f"**This looks like the same problem as #{number}**", 12, CONFIG)
    assert (back.decision.verdict, back.decision.canonical) == (Verdict.RELATED, None)


@pytest.mark.parametrize("text", ["This was a duplicate, said the first version of the bot.", "See #5.", "…"])
def test_inv_17_words_of_an_older_version_still_claim_something(text: str) -> None:
    assert read_back(text, 12, CONFIG).decision.verdict is Verdict.RELATED


@pytest.mark.parametrize("text", [withdrawn(), nobody(), f"{BEGIN}\n\n**3 reports point to this issue**"])
def test_what_was_taken_back_or_tells_only_of_others_claims_nothing(text: str) -> None:
    assert read_back(text, 12, CONFIG).decision.verdict is Verdict.NEW


def test_both_parts_of_a_comment_are_told_apart() -> None:
    back = read_back(f"{DUPLICATE}\n\n{BEGIN}\n\n**3 reports point to this issue**", 12, CONFIG)
    assert (back.said, back.block) == (DUPLICATE, "**3 reports point to this issue**")


@pytest.mark.parametrize("text", [wrong(["line 3: no"], "repository"), mended("owner")])
def test_what_tells_of_the_configuration_is_no_claim(text: str) -> None:
    back = read_back(text, 12, CONFIG)
    assert (back.is_notice, back.decision.verdict) == (True, Verdict.IGNORED)
    assert is_wrong(text) is (text != mended("owner"))


@pytest.mark.parametrize("day", ["4 March 2026", "32 March 2026", "4 Marzo 2026"])
def test_a_promise_is_read_where_it_names_a_day(day: str) -> None:
    back = read_back(f"{DUPLICATE}\n\nIf not, this is closed as a duplicate of #5 on {day} (UTC) or later.", 12, CONFIG)
    assert back.decision.closes_on == ("2026-03-04" if day == "4 March 2026" else None)
