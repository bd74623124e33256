"""What the bot says, to the letter; and that nothing anybody wrote can speak, link or break out through it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.canonical_comment import CanonicalView, folded, render_canonical, unfolded
from bot.comment import (
    ClusterView,
    CommentView,
    Status,
    WaveView,
    cleaned,
    neutral,
    render,
    status_in,
    status_markdown,
    withdrawn,
)
from bot.github.marker import MARKER, with_marker
from bot.vetoes import OLDER_THAN_FIX
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from models.issue import Issue

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
GFM = MarkdownIt("gfm-like", {"html": True})  # with tables, strikethrough and automatic links
GFM.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # looser than GitHub; `_assert_no_automatic_links` is not
GFM.linkify.add("//", None)  # nor of //example.org
ZERO_WIDTH_SPACE = "\u200b"


def issue(number: int, **changes: Any) -> Issue:
    return Issue(number, "Title", "Body", **({"created_at": NOON, "updated_at": NOON} | changes))


def agree(text: str, weight: float = 1.0) -> Evidence:
    return Evidence("fact", Agreement.AGREE, text, weight)


def differ(text: str, weight: float = -1.0) -> Evidence:
    return Evidence("fact", Agreement.DIFFER, text, weight)


def duplicate(*links: Candidate, **changes: Any) -> Decision:
    values: dict[str, Any] = {"canonical": links[0].number if links else 5, "links": links}
    return Decision(9, Verdict.DUPLICATE, 0.9, **(values | changes))


def view(*issues: Issue, cluster: ClusterView | None = None) -> CommentView:
    return CommentView({one.number: one for one in issues}, cluster)


# --- to the letter


def test_a_duplicate_of_a_known_cluster_reads_like_this() -> None:
    links = (
        Candidate(45013, 0.97, evidence=(agree("same status code: `400`", 2.0), agree("similar title"))),
        Candidate(45252, 0.9, evidence=(agree("same error message", 3.0), agree("same plan: `max 5x`"))),
        Candidate(45203, 0.6, evidence=(agree("same error message"), differ("status code: `400` here, `403` there"))),
    )
    cluster = ClusterView("Extra usage 400 despite balance", 62, 14, ("2.0.76", "2.1.96"), ("macOS", "Linux"))
    closed = issue(45203, state="closed", state_reason="not_planned")
    body = render(duplicate(*links, cluster="extra"), view(issue(45013), issue(45252), closed, cluster=cluster))
    assert body == (
        "**This looks like a report we already know: _Extra usage 400 despite balance_**"
        " (#45013, 62 reports, 14 in the last day)\n"
        "\n"
        "| | |\n"
        "|---|---|\n"
        "| #45013 | canonical · open · same status code: `400` · similar title |\n"
        "| #45252 | open · same error message · same plan: `max 5x` |\n"
        "| #45203 | closed as not planned · same error message · **differs**: status code: `400` here, `403` there |\n"
        "\n"
        "Known so far: affects 2.0.76–2.1.96 on macOS, Linux.\n"
        "\n" + footer_of(body)
    )


def footer_of(body: str | None) -> str:
    """The last paragraph; its wording is held by tests of its own."""
    assert body is not None
    return body.rpartition("\n\n")[2]


def test_a_duplicate_without_a_known_cluster_names_its_canonical() -> None:
    body = render(duplicate(Candidate(5, 0.9)), view(issue(5)))
    assert body is not None
    assert body.startswith(
        "**This looks like the same problem as #5**\n\n| | |\n|---|---|\n"
        "| #5 | canonical · open · similar as a whole |\n"
    )


def test_a_possible_regression_says_that_it_is_not_counted_as_a_duplicate() -> None:
    decision = Decision(9, Verdict.REGRESSION, 0.9, canonical=5, links=(Candidate(5, 0.9),))
    body = render(decision, view(issue(5, state="closed", state_reason="completed")))
    assert body is not None
    assert body.startswith("**This looks like #5, which was closed as completed**")
    assert "not counted as a duplicate" in body
    assert "canonical" not in body
    assert "| #5 | closed as completed · similar as a whole |" in body


def test_related_reports_are_offered_without_a_claim() -> None:
    decision = Decision(9, Verdict.RELATED, 0.5, links=(Candidate(5, 0.5), Candidate(6, 0.4)))
    body = render(decision, view(issue(5), issue(6, locked=True)))
    assert body is not None
    assert body.startswith("**These reports look related**")
    assert "| #6 | open, locked · similar as a whole |" in body
    assert "duplicate" not in body
    assert "canonical" not in body


def test_a_topic_without_links_is_named_alone() -> None:
    decision = Decision(9, Verdict.RELATED, 0.9, cluster="promo")
    body = render(decision, view(cluster=ClusterView("Promo credit not shown", 1)))
    assert body is not None
    assert body.startswith("**This may belong to a topic we already know: _Promo credit not shown_** (1 report)\n\n")
    assert "|" not in body


@pytest.mark.parametrize("verdict", [Verdict.NEW, Verdict.SECURITY, Verdict.IGNORED])
def test_inv_44_what_has_nothing_to_say_to_its_reader_has_no_comment(verdict: Verdict) -> None:
    assert render(Decision(9, verdict, cluster="c"), view(cluster=ClusterView("Known"))) is None


def test_a_row_names_two_reasons_for_and_two_against_at_most() -> None:
    reasons = tuple(agree(f"for {n}") for n in range(5)) + tuple(differ(f"against {n}") for n in range(5))
    body = render(duplicate(Candidate(5, 0.9, evidence=reasons)), view(issue(5)))
    assert body is not None
    assert len(re.findall(r"for \d", body)) == 2
    assert len(re.findall(r"\*\*differs\*\*: against \d", body)) == 2


def test_one_version_is_no_range_and_platforms_alone_stand_too() -> None:
    known = ClusterView("Known", versions=("1.2", "1.2"))
    assert "Known so far: affects 1.2." in str(render(duplicate(cluster="c"), view(cluster=known)))
    known = ClusterView("Known", platforms=("macOS",))
    assert "Known so far: on macOS." in str(render(duplicate(cluster="c"), view(cluster=known)))


def test_an_issue_that_is_not_known_any_more_still_has_its_row() -> None:
    assert "| #5 | canonical · similar as a whole |" in str(render(duplicate(Candidate(5, 0.9)), view()))


def test_the_withdrawal_says_no_more_than_that() -> None:
    assert "not counted as a duplicate" in withdrawn()
    assert "#" not in withdrawn()


# --- INV 40: nothing that anybody wrote can speak through the comment

HOSTILE = [
    "@octocat please look",
    "ping @acme/team",
    "mail me@example.com",
    "see #1 and acme/shop#2 and GH-3 gh-4",
    "https://evil.example/x http://evil.example ftp://evil.example www.evil.example WWW.EVIL.EXAMPLE",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<https://evil.example>",
    "<img src=x onerror=alert(1)>",
    "</sub></td></table><script>alert(1)</script>",
    "<!-- triage:comment -->",
    "--> <!-- x",
    "a | b | c",
    "a \\| b",
    "trailing backslash \\",
    "`code` and ``more``",
    "**bold** _it_ ~~gone~~",
    "line\nbreak\r\n\r\n# heading\n- list\n> quote\n```\nfence",
    "&lt;b&gt; &#64;octocat &commat;octocat &#35;1",
    "\u202eevil\u202c \u200bzero\u200b \x00nul\x1bescape \u2066x\u2069 \ufeff",
    "$x^2$ $$y$$",
    "***",
    "_",
    "__",
    "[x]: https://evil.example",
    "| | |\n|---|---|\n| x | y |",
    "a_b_c *d*e",
    "user@",
    "#",
    "1. one",
    "    indented",
    "\\@octocat \\#1",
    "fixes #1, closes acme/shop#2, resolves https://github.com/acme/shop/issues/3",
    "\u202e#1 sexif\u202c",
]
FRAGMENTS = st.sampled_from(
    [
        *("@octocat", "@", "#1", "#", "GH-2", "https://e.io", "http:", "//", "www.", "e.io", "<!--", "-->", "<b>", "<"),
        *(
            ">",
            "&amp;",
            "&",
            ";",
            "|",
            "\\",
            "`",
            "``",
            "*",
            "**",
            "_",
            "__",
            "~~",
            "[",
            "](",
            ")",
            "!",
            "$",
            "\n",
            "\r",
        ),
        *(
            "\u2028",
            "\x00",
            "\u200b",
            "\u202e",
            "\u2066",
            "- ",
            "# ",
            "> ",
            "1. ",
            " ",
            "a",
            "B",
            "é",
            "triage:comment",
        ),
    ]
)
NASTY = st.lists(FRAGMENTS, min_size=1, max_size=12).map("".join)


def rendered(body: str | None) -> list[Token]:
    assert body is not None
    return GFM.parse(with_marker(body))


def inline(tokens: list[Token]) -> list[Token]:
    return [child for token in tokens for child in token.children or ()]


def visible(token: Token) -> str:
    """The text that a reader sees, code left out: only there does GitHub look for mentions and links."""
    return "".join(child.content if child.type == "text" else " " for child in token.children or ())


def assert_harmless(body: str | None, *, rows: int, ours: frozenset[str], lines: bool = False) -> None:
    tokens = rendered(body)
    kinds = {token.type for token in tokens} | {token.type for token in inline(tokens)}
    allowed = {"blockquote", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "strong", "em"}
    expected = {f"{name}_{end}" for name in allowed for end in ("open", "close")}
    assert kinds <= expected | {
        "inline",
        "text",
        "code_inline",
        "html_inline",
        "html_block",
        *(["softbreak"] if lines else []),
    }
    assert [token.content for token in tokens if token.type == "html_block"] == [MARKER]
    assert {token.content for token in inline(tokens) if token.type == "html_inline"} <= {"<sub>", "</sub>"}
    assert sum(token.type == "tr_open" for token in tokens) == (rows + 1 if rows else 0)
    assert sum(token.type == "td_open" for token in tokens) == 2 * rows
    for token in tokens:
        if token.type == "inline":
            _assert_no_automatic_links(visible(token), ours)
    assert str(body).count(MARKER) == 0


def _assert_no_automatic_links(text: str, ours: frozenset[str]) -> None:
    assert not re.search(r"@[A-Za-z0-9]", text)
    assert not re.search(r"(?i)(https?|ftp)://|www\.", text)
    assert not re.search(r"(?i)\bgh-\d", text)
    assert set(re.findall(r"#\d+", text)) <= ours
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff]", text)


@pytest.mark.parametrize("title", HOSTILE)
def test_inv_40_no_cluster_title_can_do_anything(title: str) -> None:
    cluster = ClusterView(title, 3, 1)
    body = render(duplicate(Candidate(5, 0.9), cluster="c"), view(issue(5), cluster=cluster))
    assert_harmless(body, rows=1, ours=frozenset({"#5"}))
    body = render(Decision(9, Verdict.RELATED, cluster="c"), view(cluster=cluster))
    assert_harmless(body, rows=0, ours=frozenset())


@pytest.mark.parametrize(
    "text", [*HOSTILE, "`", "``", "a `` b", "`a` `b", "` `", "`@octocat`", "x `<!-- y -->` z", "`a|b`"]
)
def test_inv_40_no_evidence_can_do_anything(text: str) -> None:
    link = Candidate(5, 0.9, evidence=(agree(text), agree(f"same status code: `{text}`"), differ(text)))
    assert_harmless(render(duplicate(link), view(issue(5))), rows=1, ours=frozenset({"#5"}))


@pytest.mark.parametrize("text", ["a | b", "`a|b`", "`a | b` and `|`", "\\|", "`\\|`", "| x |"])
def test_a_bar_in_the_evidence_does_not_cut_its_row_off(text: str) -> None:
    link = Candidate(5, 0.9, evidence=(agree(text, 2.0), agree("the end")))
    tokens = rendered(render(duplicate(link), view(issue(5))))
    cells = [token.content for token in tokens if token.type == "inline" and "canonical" in token.content]
    assert [cell.endswith("the end") for cell in cells] == [True]


@pytest.mark.parametrize("text", HOSTILE)
def test_inv_40_no_version_or_platform_can_do_anything(text: str) -> None:
    cluster = ClusterView("Known", versions=(text, text + "x"), platforms=(text,))
    assert_harmless(render(duplicate(cluster="c"), view(cluster=cluster)), rows=0, ours=frozenset({"#5"}))


@given(NASTY)
@example("`")
def test_inv_40_whatever_the_title_is_it_is_only_text(title: str) -> None:
    cluster = ClusterView(title)
    body = render(duplicate(Candidate(5, 0.9), cluster="c"), view(issue(5), cluster=cluster))
    assert_harmless(body, rows=1, ours=frozenset({"#5"}))


@given(NASTY, NASTY)
@example("http:``//", "@``octocat")
@example("GH``-1", "www`` ``.")
def test_inv_40_whatever_the_evidence_is_it_is_only_text(one: str, two: str) -> None:
    link = Candidate(5, 0.9, evidence=(agree(one), differ(two)))
    body = render(duplicate(link, Candidate(6, 0.5, evidence=(agree(two),))), view(issue(5), issue(6)))
    assert_harmless(body, rows=2, ours=frozenset({"#5", "#6"}))


@given(NASTY | st.text(max_size=40))
def test_a_neutral_text_reads_as_it_was_written(text: str) -> None:
    """Inside a sentence, as the comment uses it."""
    tokens = GFM.parseInline(f"x {neutral(text)} x")
    children = tokens[0].children or []
    assert {child.type for child in children} <= {"text"}
    shown = "".join(child.content for child in children).replace(ZERO_WIDTH_SPACE, "")
    assert shown.split() == ["x", *neutral_words(text), "x"]


def neutral_words(text: str) -> list[str]:
    """The words of a text whose invisible characters are blanks."""
    invisible = "[\x00-\x20\x7f-\xa0\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
    return re.sub(f"{invisible}|[\U000e0000-\U000e007f]", " ", text).split()


@given(st.sampled_from(HOSTILE) | NASTY)
def test_a_title_stands_in_the_headline_as_it_was_written(title: str) -> None:
    words = neutral_words(title)
    if not words:
        return
    tokens = rendered(render(Decision(9, Verdict.RELATED, cluster="c"), view(cluster=ClusterView(title))))
    headline = next(token for token in tokens if token.type == "inline")
    shown = "".join(child.content for child in headline.children or ()).replace(ZERO_WIDTH_SPACE, "")
    assert shown.split() == ["This", "may", "belong", "to", "a", "topic", "we", "already", "know:", *words]


@given(st.lists(st.builds(Candidate, st.integers(1, 8), st.floats(0, 1)), max_size=5), st.sampled_from(Verdict))
def test_only_numbers_of_the_decision_are_ever_named(links: list[Candidate], verdict: Verdict) -> None:
    decision = Decision(9, verdict, canonical=7, links=tuple(links))
    body = render(decision, view(issue(5))) or ""
    assert {int(found) for found in re.findall(r"#(\d+)", body)} <= {7, *(link.number for link in links)}


# --- during a wave

WAVE = ClusterView("Extra usage", 62, 14, ("2.0.76", "2.1.96"), ("macOS",), WaveView(14, 6))


def test_during_a_wave_the_comment_is_one_pointer_and_how_to_object() -> None:
    links = (Candidate(5, 0.97, evidence=(agree("same status code: `400`"),)), Candidate(7, 0.9))
    decision = duplicate(*links, cluster="extra")
    body = render(decision, view(issue(5), issue(7), cluster=WAVE))
    assert body == (
        "**This looks like a report we already know: _Extra usage_** (#5, 14 reports in the last 6 hours)\n\n"
        + footer_of(render(decision, view(issue(5), cluster=ClusterView("Extra usage"))))
    )


def test_one_report_in_one_hour_is_said_in_the_singular() -> None:
    body = render(duplicate(cluster="extra"), view(cluster=ClusterView("Extra usage", wave=WaveView(1, 1))))
    assert "(#5, 1 report in the last hour)" in (body or "")


def test_inv_10_during_a_wave_a_contradiction_is_still_named() -> None:
    link = Candidate(5, 0.9, evidence=(Evidence("status_code", Agreement.DIFFER, "status code: `400` here", -2.0),))
    related = Decision(9, Verdict.RELATED, 0.9, cluster="extra", links=(link,))
    assert "**differs**: status code: `400` here" in (render(related, view(issue(5), cluster=WAVE)) or "")
    same = Decision(9, Verdict.RELATED, 0.9, cluster="extra", links=(Candidate(5, 0.9),))
    assert "| #5 |" not in (render(same, view(issue(5), cluster=WAVE)) or "")


def test_inv_15_during_a_wave_a_regression_keeps_its_own_words() -> None:
    body = render(Decision(9, Verdict.REGRESSION, 0.9, 5, "extra", links=(Candidate(5, 0.9),)), view(cluster=WAVE))
    assert "closed as completed" in (body or "")
    assert "| #5 |" in (body or "")


# --- what became of the canonical, what maintainers tell, and what is closed


FIXED = issue(5, state="closed", state_reason="completed", milestone="v2.1.0")


def test_inv_06_a_settled_report_reads_like_this() -> None:
    decision = Decision(9, Verdict.RELATED, 0.9, canonical=5, links=(Candidate(5, 0.9),), settled=True)
    body = render(decision, replace(view(FIXED), version="2.0.4"))
    assert body == (
        "**This looks like the problem of #5, which has been closed as completed since**\n\n"
        "#5 was fixed in 2.1.0; this report names 2.0.4.\n\n"
        "| | |\n|---|---|\n"
        "| #5 | closed as completed · similar as a whole |\n\n"
        "Not the same? React 👎 or reply `/triage different` and say what differs."
    )
    without = render(decision, view(replace(FIXED, milestone=None)))
    assert without is not None
    assert without.startswith(
        "**This looks like the problem of #5, which has been closed as completed since**.\n\n| | |"
    )


def test_inv_15_a_regression_names_the_version_of_the_fix_and_its_own() -> None:
    decision = Decision(9, Verdict.REGRESSION, 0.9, canonical=5)
    body = render(decision, replace(view(FIXED), version="2.2.0"))
    assert body is not None
    assert "#5 was fixed in 2.1.0; this report names 2.2.0." in body
    marked = render(decision, view(issue(5, labels=("fixed in 2.1.0",))))
    assert marked is not None
    assert marked.startswith("**This looks like #5, which is marked as fixed** – ")


def test_inv_15_an_older_version_is_told_which_one_has_the_fix() -> None:
    decision = Decision(9, Verdict.RELATED, 0.9, canonical=5, vetoes=(OLDER_THAN_FIX,))
    body = render(decision, replace(view(FIXED), version="2.0.4"))
    assert body is not None
    assert body.startswith("**These reports look related**\n\n#5 was fixed in 2.1.0; this report names 2.0.4.")


def test_what_maintainers_tell_stands_below_the_headline_also_during_a_wave() -> None:
    status = Status("Run `shop --retry`", date(2026, 3, 4))
    line = "> **From the maintainers, 4 March 2026:** Run `shop --retry`"
    assert (render(duplicate(Candidate(5, 0.9)), replace(view(), status=status)) or "").split("\n\n")[1] == line
    wave = ClusterView("Extra usage", 9, wave=WaveView(5, 2))
    during = render(duplicate(Candidate(5, 0.9), cluster="extra"), replace(view(cluster=wave), status=status))
    assert (during or "").split("\n\n")[1] == line


def test_joined_emoji_stay_whole_and_joiners_elsewhere_are_gone() -> None:
    coder = "\U0001f469\u200d\U0001f4bb"
    assert cleaned(f"A {coder}\r\nis on\tit, @\u200docto\u200dcat") == f"A {coder}\nis on it, @ octo cat"
    assert status_markdown(Status(coder, date(2026, 3, 4))).endswith(f" {coder}")


def test_what_maintainers_tell_keeps_its_lines_and_begins_no_list_heading_or_table() -> None:
    text = "Known since noon.\r\n\r\n- try `a - b`\n2. wait\n===\n--- | ---\n> no\n\t# no"
    status = Status(cleaned(text), date(2026, 3, 4))
    body = render(duplicate(Candidate(5, 0.9)), replace(view(issue(5)), status=status)) or ""
    lines = body.split("\n\n")[1].split("\n")
    assert lines[0] == "> **From the maintainers, 4 March 2026:** Known since noon."
    assert lines[1:4] == ["> \\- try `a - b`", "> 2\\. wait", "> \\==="]
    assert len(lines) == 7
    assert status_in(body) == status_markdown(status) == "\n".join(lines)
    kinds = {token.type for token in rendered(body)}
    assert kinds.isdisjoint({"bullet_list_open", "ordered_list_open", "heading_open", "hr"})


def test_a_status_of_too_many_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="13 lines, and 12 are the most"):
        cleaned("a\n" * 13)


def test_inv_22_the_promise_to_close_names_its_day_and_how_to_stop_it() -> None:
    body = render(duplicate(Candidate(5, 0.9), closes_on="2026-03-12"), view())
    assert body is not None
    assert body.split("\n\n")[-2] == (
        "If nobody answers or objects, this is closed as a duplicate of #5 on 12 March 2026 (UTC) or later."
        " A reply or a 👎 keeps it open; `/triage different` does too, and later opens it again."
    )


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.DUPLICATE])
def test_inv_25_no_other_verdict_promises_to_close(verdict: Verdict) -> None:
    decision = Decision(9, verdict, 0.9, canonical=5, links=(Candidate(5, 0.9),), closes_on="2026-03-12")
    assert "is closed as a duplicate" not in (render(decision, view(issue(5))) or "")


@given(text=st.sampled_from(HOSTILE) | NASTY)
def test_inv_40_nothing_that_a_maintainer_tells_can_do_anything(text: str) -> None:
    try:
        status = Status(cleaned(text), date(2026, 3, 4))
    except ValueError:  # nothing is left of it
        return
    body = render(duplicate(Candidate(5, 0.9)), replace(view(issue(5)), status=status))
    assert_harmless(body, rows=1, ours=frozenset({"#5"}), lines=True)
    assert status_in(body or "") == status_markdown(status)
    assert sum(token.type == "blockquote_open" for token in rendered(body)) == 1


# --- what a canonical issue's comment says of its reports

REPORTS = CanonicalView(
    reports=62,
    first_seen=date(2026, 3, 4),
    last_seen=date(2026, 11, 21),
    last_week=14,
    week_before=3,
    facts=(("status_code", (("400", 58), ("429", 4))), ("plan", (("max", 20),))),
    versions=(("2.0.76", 9), ("2.1.96", 3)),
    version_range=("2.0.76", "2.1.96"),
    platforms=(("macOS", 30), ("Linux", 20)),
    newest=(45252, 45203),
)


def test_the_reports_of_a_canonical_issue_read_like_this() -> None:
    assert render_canonical(REPORTS) == (
        "**62 reports point to this issue** – the first of 4 March 2026, the last of 21 November 2026;"
        " 14 in the last seven days, 3 in the seven before.\n\n"
        "| | |\n|---|---|\n"
        "| status | `400` (58) · `429` (4) |\n"
        "| plan | `max` (20) |\n"
        "| versions | 2.0.76–2.1.96 · most often `2.0.76` (9) · `2.1.96` (3) |\n"
        "| platforms | macOS (30), Linux (20) |\n"
        "| newest reports | #45252, #45203 |\n\n"
        "<sub>Counted automatically and brought up to date hourly at most. Who deletes this comment is heeded: "
        "it does not come back.</sub>"
    )


def test_one_report_without_facts_is_said_in_the_singular() -> None:
    body = render_canonical(replace(REPORTS, reports=1, facts=(), version_range=None, platforms=(), newest=(7,)))
    assert body.startswith("**1 report points to this issue**")
    assert "| newest reports | #7 |" in body
    assert "versions" not in body


@given(NASTY | st.sampled_from(HOSTILE), NASTY)
def test_inv_40_no_value_of_a_fact_can_do_anything(one: str, other: str) -> None:
    hostile = replace(
        REPORTS, facts=((one, ((other, 2), (one, 1))),), version_range=(one, other), platforms=((one, 1), (other, 1))
    )
    body = render_canonical(hostile)
    rows = body.count("\n| ") - 1
    assert rows == 4
    assert_harmless(body, rows=rows, ours=frozenset({"#45252", "#45203"}))


@given(st.none() | st.sampled_from(["said", "a\n\nb"]), st.none() | st.sampled_from(["block", "x\n\ny"]))
def test_inv_23_both_parts_are_one_comment_and_come_apart_again(said: str | None, block: str | None) -> None:
    assert unfolded(folded(said, block)) == (said, block)
