"""A repository's template is learned from its history; a wave of reports never passes for one."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.boilerplate import HISTORY_LEAST, SHARE, keys_of, learn
from models.facts import compile_pattern
from models.issue import Issue
from models.markdown import line_key
from models.text import normalise

START = datetime(2026, 1, 1, tzinfo=UTC)
SYLLABLES = ("ba", "do", "fi", "gu", "ka", "lo", "mi", "nu", "ra", "so", "ti", "vu")
WAVE_TITLE = "Extra credit exhausted though the balance is there"
SENTENCE = "The promised banner never shows up on my usage page at all"


def issue(number: int, title: str, body: str, *, days: float | None = None, **fields: object) -> Issue:
    at = START + timedelta(days=number / 3 if days is None else days)
    fields = {"author": f"reporter-{number}"} | fields
    return Issue(number, title, body, created_at=at, updated_at=at, **fields)  # type: ignore[arg-type] # by name


def own(number: int) -> tuple[str, str]:
    """A title and a sentence that no other issue has."""
    pick = random.Random(number)
    thing, other = ("".join(pick.choices(SYLLABLES, k=3)) for _ in range(2))
    return f"The {thing} is beside the {other}", f"Since lately{number} my {thing} is odd when thing{number} is near."


def templated(number: int) -> Issue:
    title, sentence = own(number)
    body = f"### Lamp report\n\n- [x] My house has lamps\n\nTell the wattage of all lamps\n\n{sentence}"
    return issue(number, title, body)


def plain(number: int) -> Issue:
    return issue(number, *own(number))


def wave(numbers: Iterable[int], text: str = SENTENCE, title: str = WAVE_TITLE, heading: str = "") -> list[Issue]:
    """Reports that quote one another, each with a line of its own."""
    return [issue(n, f"{title} {n}", f"{heading}{text}\nMy machine is called box{n}.") for n in numbers]


def in_order(issues: Iterable[Issue]) -> list[Issue]:
    return sorted(issues, key=lambda one: one.number)


TEMPLATE = {"lamp report", "my house has lamps", "tell the wattage of all lamps"}


@pytest.mark.parametrize("count", [50, 60, 249, 250, 251, 700])
def test_the_lines_of_a_template_are_learned_and_taken_out_of_a_text(count: int) -> None:
    issues = [templated(number) for number in range(1, count + 1)]
    learned = learn(issues)
    assert learned == TEMPLATE
    assert normalise("t", issues[3].body, learned).prose == own(4)[1]


def test_a_template_that_some_use_is_learned_too() -> None:
    issues = [templated(n) if n % 4 == 0 else plain(n) for n in range(1, 401)]
    assert learn(issues) == TEMPLATE


def test_a_small_history_teaches_nothing() -> None:
    assert learn([templated(n) for n in range(1, HISTORY_LEAST)]) == frozenset()
    assert learn([]) == frozenset()


def test_titles_that_are_all_alike_hide_no_template() -> None:
    issues = [issue(n, f"Problem {n} with the export", templated(n).body) for n in range(1, 101)]
    assert learn(issues) == TEMPLATE


def test_a_template_of_old_is_learned_where_it_was_in_use_and_a_new_one_as_soon() -> None:
    old = [templated(n) for n in range(1, 301)]
    new = [issue(n, own(n)[0], f"## Kettle form\n{own(n)[1]}") for n in range(301, 3001)]
    assert learn(old + new) == TEMPLATE | {"kettle form"}


def test_what_bots_write_teaches_nothing() -> None:
    assert learn([issue(n, *own(n), author_is_bot=True) for n in range(1, 100)]) == frozenset()
    written = [issue(n, own(n)[0], f"## Weekly report\n{own(n)[1]}", author_is_bot=True) for n in range(1, 300)]
    assert learn(written) == frozenset()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.6, 1.0])
@pytest.mark.parametrize("heading", ["", "### What happened\n", "### Lamp report\n"])
def test_a_wave_of_reports_alike_is_no_template(share: float, heading: str) -> None:
    """Spread over the whole history, so that only its subject betrays it."""
    picked = set(random.Random(7).sample(range(1, 401), int(share * 400)))
    rest = [templated(n) for n in range(1, 401) if n not in picked]
    learned = learn(in_order(rest + wave(picked, heading=heading)))
    assert line_key(SENTENCE) not in learned
    assert learned <= TEMPLATE | {"what happened"}


def test_a_wave_is_no_template_whatever_its_titles_say_while_it_is_short() -> None:
    numbers = range(200, 250)
    sudden = [issue(n, own(n)[0], f"## Banner trouble\n{SENTENCE}\nMy machine is called box{n}.") for n in numbers]
    learned = learn(in_order([*(plain(n) for n in range(1, 200)), *sudden, *(plain(n) for n in range(250, 400))]))
    assert learned == frozenset()


def test_the_same_text_again_and_again_counts_once() -> None:
    copies = [issue(n, own(n)[0], f"## Banner trouble\n{SENTENCE}\nseen {n} times") for n in range(2, 400, 5)]
    rest = [plain(n) for n in range(1, 400) if n % 5 != 2]
    assert learn(in_order(rest + copies)) == frozenset()


def test_what_one_author_always_writes_is_no_template() -> None:
    serial = [issue(n, own(n)[0], f"## Seen by the night shift\n{own(n)[1]}", author="one") for n in range(1, 300, 4)]
    rest = [plain(n) for n in range(1, 300) if n % 4 != 1]
    assert learn(in_order(rest + serial)) == frozenset()


def test_a_history_without_known_authors_can_still_teach() -> None:
    issues = [issue(n, templated(n).title, templated(n).body, author="") for n in range(1, 101)]
    assert learn(issues) == TEMPLATE


@pytest.mark.parametrize(
    "line",
    [
        "Error: lamp not found",
        "**Error: lamp not found**",
        "## API Error: 400 the lamp is not found",
        "- [ ] fatal: the lamp is not found",
        "You've hit your limit of lamps",
        "Same as #12",
        "- [x] This is not a duplicate of #12",
        'API Error: 400 {"type":"error","error":{"type":"invalid_request_error","message":"lamp"}}',
        "```\nthe same output\n```",
        "> as another one said",
    ],
)
def test_errors_code_quotations_and_issue_numbers_are_never_learned(line: str) -> None:
    issues = [issue(n, own(n)[0], f"{line}\n\n{own(n)[1]}") for n in range(1, 101)]
    assert learn(issues) == frozenset()


@pytest.mark.parametrize("line", ["macOS", "- [x] Windows", "Max 5x", "HTTP 429"])
def test_an_answer_that_states_a_fact_is_never_learned(line: str) -> None:
    issues = [issue(n, own(n)[0], f"## Lamp platform\n{line}\n\n## Words\n{own(n)[1]}") for n in range(1, 101)]
    assert learn(issues) == {"lamp platform", "words"}


def test_an_answer_to_a_fact_of_the_repository_is_never_learned() -> None:
    issues = [issue(n, own(n)[0], f"## Lamp tier\ngolden lamp\n\n## Words\n{own(n)[1]}") for n in range(1, 101)]
    assert "golden lamp" in learn(issues)
    tier = compile_pattern("tier", "(golden|silver) lamp", None)
    assert "golden lamp" not in learn(issues, patterns=[tier])


def test_what_a_maintainer_wrote_of_a_known_cluster_is_spared() -> None:
    issues = [templated(n) for n in range(1, 101)]
    spared = keys_of("Tell the **wattage** of all lamps\nand more")
    assert learn(issues, spared=spared) == TEMPLATE - {"tell the wattage of all lamps"}


def test_a_line_near_the_limit_stays_as_it_was() -> None:
    """Between the share that makes a template and the share that keeps one, the last word holds."""
    few = {n for n in range(1, 401) if n % 33 == 0}
    assert 0.02 < len(few) / 400 < SHARE
    issues = [templated(n) if n in few else plain(n) for n in range(1, 401)]
    assert learn(issues) == frozenset()
    assert {"lamp report", "my house has lamps"} <= learn(issues, known=frozenset(TEMPLATE))
    assert learn([plain(n) for n in range(1, 401)], known=frozenset(TEMPLATE)) == frozenset()


def test_what_was_learned_of_a_wave_is_unlearned() -> None:
    picked = set(range(1, 401, 5))
    issues = in_order([*(plain(n) for n in range(1, 401) if n not in picked), *wave(picked)])
    assert learn(issues, known=frozenset({line_key(SENTENCE)})) == frozenset()


bodies = st.lists(
    st.sampled_from(["## Lamp report", "- [x] yes", "one sentence of many", "Error: no", "", "```", "> quoted", "é🙂"])
    | st.text(max_size=20),
    max_size=6,
).map("\n".join)


@given(st.lists(st.tuples(st.text(max_size=12), bodies), min_size=50, max_size=70), st.booleans())
@settings(max_examples=40, deadline=None)
def test_whatever_is_learned_recurs_and_is_no_error(texts: list[tuple[str, str]], crowd: bool) -> None:
    issues = [issue(n, *text, author=f"a{n % 40}" if crowd else "") for n, text in enumerate(texts, 1)]
    learned = learn(issues)
    assert learn(issues) == learned
    for key in learned:
        holders = [one for one in issues if key in keys_of(one.body.replace("- [x] ", "").replace("#", ""))]
        assert len(holders) >= 5
        assert not key.startswith("error")


@given(st.sets(st.integers(1, 300), min_size=12, max_size=150), st.sampled_from(SYLLABLES))
@settings(max_examples=25, deadline=None)
def test_no_wave_hides_itself_wherever_it_strikes(numbers: set[int], word: str) -> None:
    text = f"My credit {word} since the update came"
    reports = wave(numbers, text, f"credit {word}")
    learned = learn(in_order([*(templated(n) for n in range(1, 301) if n not in numbers), *reports]))
    assert line_key(text) not in learned
    assert text in normalise(reports[0].title, reports[0].body, learned).prose


@pytest.mark.parametrize("bait", ["# ", "- [ ] ", "<!--", "a b ", "```\n", '{"error":', "\u202e"])
def test_a_megabyte_of_bait_is_read_to_its_end(bait: str) -> None:
    huge = issue(1, "t", bait * (1_000_000 // len(bait)))
    assert learn([huge, *(templated(n) for n in range(2, 60))]) == TEMPLATE
