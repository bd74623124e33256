"""What the bot says, to the letter; and that nothing anybody wrote can speak, link or break out through it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.comment import ClusterView, CommentView, WaveView, neutral, render, withdrawn
from bot.github.marker import MARKER, with_marker
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from models.issue import Issue

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
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


def assert_harmless(body: str | None, *, rows: int, ours: frozenset[str]) -> None:
    tokens = rendered(body)
    kinds = {token.type for token in tokens} | {token.type for token in inline(tokens)}
    allowed = {"paragraph", "table", "thead", "tbody", "tr", "th", "td", "strong", "em"}
    expected = {f"{name}_{end}" for name in allowed for end in ("open", "close")}
    assert kinds <= expected | {"inline", "text", "code_inline", "html_inline", "html_block"}
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
