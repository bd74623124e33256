"""`.github/triage.yml`: whatever a maintainer writes ends in a configuration or in sentences about it."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from bot.config_phrases import PHRASES, phrase
from bot.errors import ConfigError
from bot.repo_config import MAX_BYTES, MAX_CLUSTERS, MOST_PROBLEMS, RepoConfig, in_force, is_unknown, parse
from models.facts import FACT_ALIASES

CLUSTER = """\
version: 1
clusters:
  - slug: extra-usage
    title: Extra usage refused
    label: "billing: extra"
    canonical: 12
    examples: ["the balance is there and the call is refused"]
    requires: {status: 400}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    return caught.value.problems


def problem(text: str) -> str:
    found = problems(text)
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "~", "{}"])
def test_an_empty_file_is_the_default_configuration(text: str) -> None:
    config = parse(text)
    assert config == RepoConfig()
    assert (config.mode, config.limits.links, config.limits.comments_per_hour) == ("comment", 3, 60)
    assert config.labels.candidate == "possible-duplicate"
    assert config.ignore.authors == ("*[bot]",)


def test_a_full_file_is_read_to_the_letter() -> None:
    config = parse(
        "mode: shadow\nlabels: {candidate: maybe-dup}\nlimits: {links: 5, comments_per_hour: 0}\n"
        "ignore: {labels: [feature], authors: ['dep*']}\n"
        "facts:\n  - {name: plan, pattern: '\\b(pro|max)\\b', heading: Plan}\n" + CLUSTER.removeprefix("version: 1\n")
    )
    assert config.mode == "shadow"
    assert config.labels.candidate == "maybe-dup"
    assert config.limits.comments_per_hour == 0
    assert [pattern.name for pattern in config.fact_patterns()] == ["plan"]
    known = config.known_clusters()[0]
    assert (known.slug, known.canonical, known.requires) == ("extra-usage", 12, {"status_code": "400"})


@pytest.mark.parametrize(("short", "full"), FACT_ALIASES.items())
def test_a_fact_has_one_meaning_under_its_short_name(short: str, full: str) -> None:
    config = parse(f"facts:\n  - {{name: {short}, pattern: 'x+'}}\n" + CLUSTER.replace("status:", f"{short}:")[11:])
    assert [pattern.name for pattern in config.fact_patterns()] == [full]
    assert config.known_clusters()[0].requires == {full: "400"}
    twice = CLUSTER.replace("status: 400", f"{short}: 400, {full}: 500")
    assert problem(twice) == f"line 8: cluster extra-usage requires the fact {full} twice"
    both = f"facts:\n  - {{name: {full}, pattern: 'x+'}}\n  - {{name: {short}, pattern: 'y+'}}\n"
    assert problem(both) == f"line 3: fact name {full} is used more than once"


def test_every_label_that_may_be_set_has_a_colour_and_a_short_description() -> None:
    styles = parse(CLUSTER.replace("Extra usage refused", "x" * 120)).label_styles()
    assert set(styles) == {"possible-duplicate", "duplicate", "possible-regression", "billing: extra"}
    for color, description in styles.values():
        assert len(color) == 6
        assert int(color, 16) >= 0
        assert len(description) <= 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: comment\nmodus: shadow\n", "line 2: modus: unknown key; known here: version, mode,"),
        ("labels:\n  candidate: a\n  colour: b\n", "line 3: labels.colour: unknown key; known here: candidate,"),
        ("limits: {link: 3}\n", "line 1: limits.link: unknown key; known here: links,"),
        (CLUSTER + "    titel: x\n", "line 9: clusters, entry 1, titel: unknown key; known here: slug, title,"),
        ("facts:\n  - name: plan\n    pattern: x\n    headline: y\n", "line 4: facts, entry 1, headline: unknown key"),
    ],
)
def test_an_unknown_key_is_an_error_with_its_line_and_what_is_known_there(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\nb: *x\n", "line 2: aliases (*name) are not allowed here"),
        ("labels:\n\tcandidate: a\n", "line 2: a tab cannot begin this; YAML is indented with spaces"),
        ("mode: comment\n  labels: x\n", "line 2: a key cannot stand here: look at the indentation"),
        ("mode: comment\n---\nmode: shadow\n", "line 2: only one document may be in the file"),
        ("\nmode: 'comment\n\n", "line 2: a quote is opened here and not closed"),
        ("mode: !!python/name:os.system x\n", "line 1: a tag (`!name`) is not allowed here"),
        ("clusters:\n  - slug: a\n   title: b\n", "line 3: this does not fit the indentation above it"),
        ("labels: {candidate: a\nmode: x\n", "line 2: a comma or a closing bracket is missing"),
        ("mode: @x\n", "line 1: this character cannot begin a value; put the text in quotes"),
        ("\nmode: com\0ment\n", "line 2: the character U+0000 may not stand in a file like this"),
        ("mode: comment\n1: x\n", "line 2: the key 1 must be text; put it in quotes"),
        ("? [a, b]\n: c\n", "line 1: a key must be text; put it in quotes"),
        ("mode: off\n", "line 1: mode: must be 'shadow', 'comment' or 'close' (found 'off')"),
        ("limits: {links: yes}\n", "line 1: limits.links: must be a whole number (found 'yes')"),
        ("notice: '7'\n", "line 1: notice: must be a whole number (found \"'7'\")"),
        ("limits: {churn: .nan}\n", "line 1: limits.churn: must be at most 1"),
        ("digest: 1\n", "line 1: digest: must be true or false (found '1')"),
        (
            CLUSTER.replace("Extra usage refused", "x"),
            "line 4: clusters, entry 1, title: must have at least 3 characters",
        ),
    ],
)
def test_a_problem_is_told_in_plain_words_with_its_line_and_what_was_written(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


PLAIN = "write the number in plain digits, or put it in quotes where it is a text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CLUSTER.replace("12", "010"), f"line 6: clusters, entry 1, canonical: '010' would be read as 8: {PLAIN}"),
        (CLUSTER.replace("12", "1:30"), "line 6: clusters, entry 1, canonical: '1:30' would be read as 90: "),
        (CLUSTER.replace("12", "0x1F"), "line 6: clusters, entry 1, canonical: '0x1F' would be read as 31: "),
        (CLUSTER.replace("12", "4_5"), "line 6: clusters, entry 1, canonical: '4_5' would be read as 45: "),
        ("limits:\n  links: 0b11\n", "line 2: limits.links: '0b11' would be read as 3: "),
        ("notice: 017\n", "line 1: notice: '017' would be read as 15: "),
        (CLUSTER.replace("400", "0400"), "line 8: clusters, entry 1, requires.status: '0400' would be read as 256: "),
        (CLUSTER.replace("400", "2.10"), "line 8: clusters, entry 1, requires.status: '2.10' would be read as 2.1: "),
        ("limits: {churn: 0:0.5}\n", "line 1: limits.churn: '0:0.5' would be read as "),
        ("limits: {links: 0x0B}\n", "line 1: limits.links: must be at most 10 (found '0x0B')"),
    ],
)
def test_a_number_that_yaml_reads_as_another_is_refused(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


@pytest.mark.parametrize(
    "text", ["refit: {at: 13:30}", "limits: {links: +3}", "limits: {churn: .20}", "notice: 7 # 010"]
)
def test_a_number_that_is_read_as_it_is_written_is_taken(text: str) -> None:
    parse(text)


@pytest.mark.parametrize(
    "title", ["\u200b\u200b\u200b", "a\u200d\u200d", "\u2800\u3164\u00ad b", "\U0001f3f3\ufe0f\u200d\u200d"]
)
def test_a_title_in_which_fewer_than_three_characters_show_is_refused(title: str) -> None:
    expected = "line 4: cluster extra-usage needs a title of 3 visible characters"
    assert problem(CLUSTER.replace("Extra usage refused", title)) == expected


def test_a_label_that_nobody_can_see_is_refused() -> None:
    assert (
        problem(CLUSTER.replace("billing: extra", "\u200b"))
        == "line 5: cluster extra-usage has a label that nobody can see"
    )
    assert problem('labels:\n  candidate: "\u2060"\n') == "line 2: labels.candidate is a label that nobody can see"


@pytest.mark.parametrize("title", ["\u77ed\u6807\u9898", "caf\u00e9", "a b c", "\u200babc"])
def test_a_short_title_in_any_script_is_taken(title: str) -> None:
    assert parse(CLUSTER.replace("Extra usage refused", title)).clusters[0].title == title


def test_a_limit_of_an_hour_above_that_of_a_day_is_refused() -> None:
    told = "line 1: limits.comments_per_hour is 700, above limits.comments_per_day, which is 600: raise that too"
    assert problem("limits: {comments_per_hour: 700}\n") == told
    assert "line 3: " in problem("limits:\n  comments_per_day: 1\n  comments_per_hour: 600\n")
    parse("limits: {comments_per_hour: 700, comments_per_day: 700}")
    assert parse("limits: {comments_per_day: 1}").limits.comments_per_day == 1  # the hour's default asks for nothing


def test_inv_27_what_an_older_version_took_holds_as_long_as_it_is_understood() -> None:
    assert in_force(CLUSTER.replace("12", "010"), "line 6: …").clusters[0].canonical == 8
    assert in_force("limits: {comments_per_hour: 700}", None).limits.comments_per_hour == 700
    assert not is_unknown(CLUSTER.replace("12", "010"), "line 6: …")
    assert is_unknown("mode: loud", "line 1: …")
    assert in_force("mode: loud", "line 1: …") == RepoConfig(mode="shadow")
    assert not is_unknown(None, None)


@pytest.mark.parametrize(
    ("wrong", "slugs"),
    [
        ("future: 1\n", ["extra-usage"]),
        ("limits: {links: 700, churn: 0.1}\n", ["extra-usage"]),
        ("facts:\n  - {name: plan, pattern: '(?=x)'}\n", ["extra-usage"]),
        ("labels: [no]\nmode: loud\n", ["extra-usage"]),
        ("  - {slug: no, title: x}\n", ["extra-usage"]),
        ("  - {slug: new, title: New one, canonical: many}\n  - 12\n", ["extra-usage", "new"]),
    ],
)
def test_inv_27_of_a_file_that_only_an_older_version_took_all_holds_but_the_wrong_parts_and_the_bot_is_silent(
    wrong: str, slugs: list[str]
) -> None:
    text = CLUSTER + wrong
    assert is_unknown(text, "line 9: …")
    found = in_force(text, "line 9: …")
    assert [one.slug for one in found.clusters] == slugs
    assert found.clusters[0] == parse(CLUSTER).clusters[0]
    assert found.mode == "shadow"
    assert found.limits.churn == (0.1 if "churn" in wrong else parse("").limits.churn)


@pytest.mark.parametrize("text", ["- 1\n", "mode: [", "12", "clusters: 12\n"])
def test_of_a_file_that_nobody_understands_nothing_holds(text: str) -> None:
    assert in_force(text, "line 1: …") == RepoConfig(mode="shadow")


@pytest.mark.parametrize("kind", sorted(PHRASES))
def test_no_phrase_is_left_with_a_blank(kind: str) -> None:
    told = phrase(kind, ["limits", "links"], {"expected": "1", "ge": 1, "le": 2}, "Input should be odd")
    assert "{" not in told
    assert "Input" not in told


def test_problems_come_in_the_order_of_their_lines() -> None:
    with pytest.raises(ConfigError) as found:
        parse(
            "clusters:\n  - slug: A b\n    title: Some\nmode: loud\nfacts:\n  - {name: a, pattern: '('}\nversion: 2\n"
        )
    lines = [one.partition(":")[0] for one in found.value.problems]
    assert lines == ["line 2", "line 4", "line 6", "line 7"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clusters:\n  - {slug: A b, title: Some}\n", "must be lower-case letters, digits and hyphens"),
        ("facts:\n  - {name: Plan, pattern: x}\n", "must be lower-case letters, digits and underscores"),
        ("refit: {at: '25:00'}\n", 'must be a time of day from "00:00" to "23:59"'),
    ],
)
def test_a_value_of_the_wrong_shape_is_told_in_words(text: str, expected: str) -> None:
    assert expected in problem(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: yes\n", "line 1: mode: "),
        ("labels: {candidate: on}\n", "line 1: labels.candidate: "),
        ("\n\nlimits:\n  links: true\n", "line 4: limits.links: "),
        ("limits: {links: 3.0}\n", "line 1: limits.links: "),
        ("limits: {links: '3'}\n", "line 1: limits.links: "),
        ("limits: {links: 0}\n", "line 1: limits.links: "),
        ("limits: {links: 11}\n", "line 1: limits.links: "),
        ("version: true\n", "line 1: version: must be the number 1"),
        ("version: 1.0\n", "line 1: version: must be the number 1"),
        ("version: 2\n", "line 1: version: "),
        ("mode: COMMENT\n", "line 1: mode: "),
        ("ignore: {labels: bug}\n", "line 1: ignore.labels: must be a list"),
        ("labels: [a]\n", "line 1: labels: must hold keys of its own"),
        ("labels: {candidate: ' '}\n", "line 1: labels.candidate: "),
        ("labels: {candidate: " + "x" * 51 + "}\n", "line 1: labels.candidate: "),
        (CLUSTER.replace("extra-usage", "Extra Usage"), "line 3: clusters, entry 1, slug: "),
        ("labels: {candidate: '..'}\n", "line 1: labels.candidate: cannot be the name of a label (found '..')"),
        (CLUSTER.replace("canonical: 12", "canonical: -1"), "line 6: clusters, entry 1, canonical: "),
        (CLUSTER.replace("canonical: 12", f"canonical: {2**53}"), "line 6: clusters, entry 1, canonical: "),
        (CLUSTER.replace("canonical: 12", "canonical: yes"), "line 6: clusters, entry 1, canonical: "),
        (CLUSTER.replace("status: 400", "status: yes"), "line 8: clusters, entry 1, requires.status: "),
        (CLUSTER.replace("Extra usage refused", "'   '"), "line 4: clusters, entry 1, title: "),
        ("clusters:\n  - title: No slug\n", "line 2: clusters, entry 1, slug: "),
        ("5: x\n", "line 1: the key 5 must be text"),
        ("[mode, shadow]\n", "line 1: expected keys like `version: 1`, found a list"),
        ("just words\n", "line 1: expected keys like `version: 1`, found text"),
        ("42\n", "line 1: expected keys like `version: 1`, found a number"),
    ],
)
def test_a_wrong_type_or_value_is_an_error_with_its_line(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mode: shadow\nmode: comment\n", "line 2: the key 'mode' is given twice"),
        ("labels:\n  candidate: a\n  candidate: b\n", "line 3: the key 'candidate' is given twice"),
        (
            CLUSTER + "  - {slug: extra-usage, title: Again}\n",
            "line 9: cluster slug extra-usage is used more than once",
        ),
        (
            CLUSTER + "  - {slug: b, title: Again, canonical: 12}\n",
            "line 9: cluster canonical 12 is used more than once",
        ),
        (
            "facts:\n  - {name: a, pattern: x}\n  - {name: a, pattern: y}\n",
            "line 3: fact name a is used more than once",
        ),
        (CLUSTER.replace("status: 400", "statuss: 400"), "line 8: cluster extra-usage requires the unknown fact"),
        (CLUSTER.replace('"billing: extra"', "Duplicate"), "line 5: cluster extra-usage has the label 'Duplicate'"),
        ("labels: {candidate: Duplicate}\n", "line 1: labels.candidate, labels.confirmed and labels.regression"),
    ],
)
def test_inv_27_what_contradicts_itself_is_an_error_with_its_line(text: str, expected: str) -> None:
    assert problem(text).startswith(expected)


def test_every_problem_is_told_at_once() -> None:
    assert len(problems("mode: loud\nlimits: {links: 99}\ncolour: red\n")) == 3


def test_a_file_full_of_problems_is_told_in_as_many_lines_as_a_person_reads() -> None:
    found = problems("\n".join(f"key{number}: 1" for number in range(3000)))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == f"and {3000 - MOST_PROBLEMS} more"
    assert len(problem("x" * 1000 + ": 1")) < 500


def test_aliases_are_refused_so_that_no_bomb_can_go_off() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert "aliases" in problem(bomb)
    assert "aliases" in problem("*root")


def test_a_file_nested_beyond_reason_is_refused() -> None:
    for text in ("[" * 30_000, "{a: " * 10_000, "- " * 20_000):
        assert problems(text)


def test_a_file_over_its_size_is_refused_before_it_is_parsed() -> None:
    assert problem("# " + "x" * MAX_BYTES) == "the file is larger than 64 KiB"
    assert parse("# " + "x" * (MAX_BYTES - 2)) == RepoConfig()
    assert problem("# " + "é" * (MAX_BYTES // 2)) == "the file is larger than 64 KiB"


def test_more_clusters_than_allowed_are_refused() -> None:
    rows = "".join(f"  - {{slug: c{number}, title: Cluster {number}}}\n" for number in range(MAX_CLUSTERS + 1))
    assert problem("clusters:\n" + rows).startswith("line 1: clusters: ")


@pytest.mark.parametrize("pattern", ["(", "(?=a)", "(a)\\1", "a{1001}", "(?P<x", "x" * 501, "a*", "\\C{900}{900}"])
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    found = problem(yaml.safe_dump({"facts": [{"name": "plan", "pattern": pattern}]}))
    assert "facts, entry 1, pattern" in found


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "([a-zA-Z]+)*!", "(x+x+)+y"])
def test_inv_37_a_pattern_that_backtracks_elsewhere_comes_back_here(pattern: str) -> None:
    text = yaml.safe_dump({"facts": [{"name": "plan", "pattern": pattern}]})
    try:
        compiled = parse(text).fact_patterns()[0]
    except ConfigError:
        return  # it matches the empty text
    for _ in compiled.pattern.finditer("a" * 20_000 + "x" * 20_000):  # a backtracking engine never comes back
        pass


@pytest.mark.parametrize(
    "text",
    [
        "version: 2001-99-99",
        "mode: !!int foo",
        "mode: !!bool foo",
        "mode: !!timestamp foo",
        "version: " + "1" * 5000,
        "version: 0b_",
        "? [a]\n: b",
        "!!map foo",
        "!!set {a}",
        "!!omap [a: 1]",
        "a: !<tag:yaml.org,2002:int> ''",
        "a: !!binary x",
        "!!python/object/apply:os.getcwd []",
        "mode: shadow\n---\nmode: shadow",
        "%YAML 9.9\n---\na: 1",
        "\ttab: x",
        "a: 'unended",
        "\x00",
        "\ud800",
        "a: \ud800",
    ],
)
def test_what_yaml_itself_trips_over_is_an_error_for_a_maintainer(text: str) -> None:
    assert problems(text)


WORDS = st.sampled_from(
    [
        *("version", "mode", "labels", "limits", "ignore", "facts", "clusters", "slug", "title", "requires", "shadow"),
        *("on", "1", "~", "2001-99-99", "!!int", "!!map", "&a", "*a", "<<", "? ", ": ", "- ", "\n", "\n  ", "[", "]"),
        *("{", "}", "'", '"', "|\n", ">\n", ",", "#", "%", "\t", ".inf", "0x", "1e400", "é", "\u2028", "\ufeff"),
    ]
)


@given(st.one_of(st.text(max_size=200), st.text(alphabet=st.characters(), max_size=50)))
@example("a: &x [1]\nb: *x")
def test_any_text_gives_a_configuration_or_a_config_error(text: str) -> None:
    _accepted_or_explained(text)


@given(st.lists(WORDS, max_size=30).map("".join))
def test_any_yaml_like_text_gives_a_configuration_or_a_config_error(text: str) -> None:
    _accepted_or_explained(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just(1) | VALUES,
        "mode": st.sampled_from(["shadow", "comment"]) | VALUES,
        "labels": st.dictionaries(st.sampled_from(["candidate", "confirmed"]), st.text(max_size=60)) | VALUES,
        "facts": st.lists(st.fixed_dictionaries({"name": st.text(max_size=5), "pattern": st.text(max_size=20)}))
        | VALUES,
        "clusters": st.lists(
            st.fixed_dictionaries({"slug": st.text("ab-", max_size=4), "title": VALUES, "requires": VALUES}), max_size=3
        )
        | VALUES,
    },
)


@given(PARTS)
def test_any_values_under_known_keys_give_a_configuration_or_a_config_error(data: dict[str, object]) -> None:
    _accepted_or_explained(yaml.safe_dump(data, allow_unicode=True))


def _accepted_or_explained(text: str) -> None:
    told = ["accepted"]
    try:
        config = parse(text)
        config.known_clusters()
        config.fact_patterns()
        config.label_styles()
    except ConfigError as error:
        told = error.problems
    assert told
    assert all(isinstance(one, str) and one.strip() for one in told)
