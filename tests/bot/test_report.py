"""The issue-graph report: links and facts, and nothing of anybody's prose or markup."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.report import ClusterTold, Helped, Link, ReportView, report
from models.issue import Issue

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ISSUE = Issue(12, "Extra usage <b>400</b> @maria", "A body that nobody quotes.", DAY, DAY, author="ann")
VIEW = ReportView("acme/shop", "https://github.com/acme/shop", ISSUE)


def test_an_issue_that_nothing_is_linked_with_says_so_in_each_section() -> None:
    text = report(VIEW)
    assert text.count("\nnone") == 4
    assert "the bot never decided it" in text
    assert "Not in this report" not in text


def test_titles_call_nobody_and_carry_no_markup_and_bodies_are_not_quoted() -> None:
    text = report(VIEW)
    assert "<b>" not in text
    assert "@maria" not in text
    assert "nobody quotes" not in text


def test_links_say_how_and_what_was_not_read() -> None:
    pull = replace(ISSUE, number=14, title="Fix it", is_pull_request=True, state="closed")
    text = report(replace(VIEW, links=(Link(7, ("names it",)), Link(14, ("named in a comment",), pull))))
    assert "[#7](https://github.com/acme/shop/issues/7) – not read – names it" in text
    assert "Fix it (pull request, closed) – named in a comment" in text


def test_the_cluster_and_what_helped_are_links() -> None:
    cluster = ClusterTold("extra", "Extra usage", 3, tuple(range(1, 40)))
    helped = Helped(3, DAY, "kim", comment=77)
    text = report(replace(VIEW, cluster=cluster, helped=(helped,)))
    assert "39 reports" in text
    assert "and 18 more" in text
    assert "closed as completed on 2026-03-01 by kim; [the comment before that]" in text
    assert "issues/3#issuecomment-77" in text


def test_what_github_could_not_be_asked_for_is_named() -> None:
    assert "- comments and timeline: GitHub does not answer" in report(
        replace(VIEW, incomplete=("comments and timeline: GitHub does not answer",))
    )
