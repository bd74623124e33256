from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decision import Agreement
from models.facts import DISCRIMINATING, FACT_NAMES, FactPattern, compare, compile_pattern, extract, value_weights
from models.text import Text, normalise

NONE: frozenset[str] = frozenset()


def facts(body: str, title: str = "Lamp") -> dict[str, frozenset[str]]:
    return extract(normalise(title, body))


@pytest.mark.parametrize(
    ("name", "body", "values"),
    [
        ("status_code", "It answers HTTP 429 all day", {"429"}),
        ("status_code", "I get a 403 Forbidden there", {"403"}),
        ("status_code", "status code: 502", {"502"}),
        ("status_code", "API Error: 400 is all I see", {"400"}),
        ("status_code", 'Error: 402 {"error":{"type":"billing_error","message":"No credits are left here"}}', {"402"}),
        ("status_code", "It costs $400, see #404, in 500 ms, 429 lamps, v4.0.4", set()),
        ("error_type", "it fails with rate_limit_error now", {"rate_limit_error"}),
        ("error_type", "```\nError: ENOENT: no such file\n```", {"enoent"}),
        ("error_type", "error[E0277]: the trait is missing", {"e0277"}),
        ("exit_code", "the process exited with code 137", {"137"}),
        ("exit_code", "exit status: 2", {"2"}),
        ("exit_code", "Process finished with exit code 0", set()),
        ("exception", "```\njava.lang.NullPointerException: lamp\n```", {"nullpointerexception"}),
        ("exception", "raises LampError in the end", {"lamperror"}),
        ("version", "### Version\n\nv2.1.96 (stable)", {"2.1.96"}),
        ("version", "- App Version: 1.2.3-beta.4\n", {"1.2.3-beta.4"}),
        ("version", "since version 3.4.5 it flickers", {"3.4.5"}),
        ("version", "It worked fine in 3.4.4 and 3.4.5, in 3.5.0 it does not", {"3.5.0"}),
        ("version", "It does not work in 3.5.0", {"3.5.0"}),
        ("version", "It stopped working with version 3.5.0", {"3.5.0"}),
        ("version", "I am working on version 3.5.0", {"3.5.0"}),
        ("version", "- Reproducible in: 4.3.stable\n- Not reproducible in: 4.2.2.stable", set()),
        (
            "version",
            "### Tested versions\n\n- Reproducible in: 4.3.stable\n- Not reproducible in: 4.2.2.stable",
            {"4.3"},
        ),
        ("version", "### Lamp Version\n\n30.0.9\n\n### Last Known Working Lamp version\n\n29.4.2", {"30.0.9"}),
        ("version", "### Lamp version\n\n1.30.2\n\n### Container runtime and version\n\nbox 1.7.2", {"1.30.2"}),
        ("version", "### Version\n\n#14~22.04.1-Ubuntu SMP", set()),
        ("version", "### lamp version\n\n```\nClient: Lamp Engine\n Version:    26.1.3\n```", {"26.1.3"}),
        (
            "version",
            "### Lamp version checks\n\n- [x] latest\n\n### Installed Versions\n\n<details>\n\npython  : 3.12.1\n"
            "OS : Linux\nVersion : #14~22.04.1-Ubuntu SMP\nlamp    : 2.2.3\nbulb    : 1.26.4\n\n</details>",
            {"2.2.3"},
        ),
        ("os", "### Platform\n\nwindows_amd64", {"windows"}),
        ("os", "### Platform\n\nlinux_arm64", {"linux"}),
        ("os", "### Platform\n\ndarwin_arm64", {"macos"}),
        ("version", "address 127.0.0.1, 3.5 hours, $4.20", set()),
        ("os", "### Operating System\n\nmacOS 15.1", {"macos"}),
        ("os", "- Platform: darwin", {"macos"}),
        ("os", "- OS: Ubuntu 24.04 on WSL2", {"wsl"}),
        ("os", "happens on Windows 11 and Debian", {"windows", "linux"}),
        ("terminal", "### Terminal/Shell\n\niTerm2", {"iterm2"}),
        ("terminal", "- Terminal: Apple_Terminal", {"terminal.app"}),
        ("terminal", "in the VS Code terminal", {"vscode"}),
        ("plan", "I am on the Max 5x plan", {"max 5x"}),
        ("plan", "### Plan\n\nPro", {"pro"}),
        ("plan", "with my Team subscription", {"team"}),
        ("plan", "the pro and con of a free lamp", set()),
        ("model", "### Model\n\nOpus", {"opus"}),
        ("model", "with Sonnet 4.5 it works", {"sonnet 4.5"}),
    ],
)
def test_facts_are_found(name: str, body: str, values: set[str]) -> None:
    assert facts(body).get(name, NONE) == values


def test_facts_of_the_title_count() -> None:
    found = facts("", title="[BUG] API Error: 429 on Max 20x")
    assert found["status_code"] == {"429"}
    assert found["plan"] == {"max 20x"}


def test_stack_frames_are_told_without_numbers_and_runtime() -> None:
    body = '```\nTraceback (most recent call last):\n  File "/opt/a/lamp.py", line 12, in glow\nValueError: dark\n```'
    assert facts(body)["frames"] == {"glow lamp.py"}
    assert facts(body.replace("12", "99").replace("/opt/a", "C:/b"))["frames"] == {"glow lamp.py"}


def test_every_name_is_known_and_has_values() -> None:
    for body in ("", "HTTP 429 on macOS\n\n### Version\n\n1.2.3", "```\nError: lamp is not there\n```"):
        found = facts(body)
        assert set(found) <= set(FACT_NAMES)
        assert all(found.values())
    assert set(FACT_NAMES) >= DISCRIMINATING


def test_one_missing_side_is_unknown() -> None:
    assert compare("status_code", NONE, frozenset({"400"})) is Agreement.UNKNOWN
    assert compare("status_code", NONE, NONE) is Agreement.UNKNOWN


def test_one_common_value_agrees_and_none_differs() -> None:
    assert compare("status_code", frozenset({"400", "429"}), frozenset({"429"})) is Agreement.AGREE
    assert compare("status_code", frozenset({"400"}), frozenset({"429"})) is Agreement.DIFFER


def test_a_general_name_does_not_contradict_a_special_one() -> None:
    assert compare("plan", frozenset({"max"}), frozenset({"max 5x"})) is Agreement.AGREE
    assert compare("plan", frozenset({"max 20x"}), frozenset({"max 5x"})) is Agreement.DIFFER
    assert compare("model", frozenset({"opus 4.6"}), frozenset({"opus"})) is Agreement.AGREE
    assert compare("os", frozenset({"mac"}), frozenset({"mac os"})) is Agreement.DIFFER


values = st.frozensets(st.sampled_from(["max", "max 5x", "pro", "400", "429"]), max_size=3)


@given(st.sampled_from(FACT_NAMES), values, values)
def test_comparing_is_symmetric(name: str, one: frozenset[str], other: frozenset[str]) -> None:
    assert compare(name, one, other) is compare(name, other, one)


def test_rare_values_weigh_more() -> None:
    rarity = value_weights([{"os": frozenset({"linux"})}] * 90 + [{"os": frozenset({"plan9"})}] + [{}] * 9)
    assert 0.0 <= rarity.weight("os", "linux") < 0.1
    assert rarity.weight("os", "plan9") > 0.8
    assert rarity.weight("os", "never seen") >= rarity.weight("os", "plan9")
    assert rarity.weight("os", "never seen") <= 1.0
    assert value_weights([]).weight("os", "linux") >= 0.0


@given(st.integers(1, 5000), st.data())
def test_weights_fall_with_the_count_and_stay_between_nought_and_one(total: int, data: st.DataObject) -> None:
    counts = sorted(data.draw(st.lists(st.integers(0, total), min_size=2, max_size=5)))
    issues = [{"os": frozenset(str(i) for i, c in enumerate(counts) if n < c)} for n in range(total)]
    weights = [value_weights(issues).weight("os", str(i)) for i in range(len(counts))]
    assert all(0.0 <= weight <= 1.0 for weight in weights)
    assert weights == sorted(weights, reverse=True)


def test_a_repositorys_own_pattern_is_read_under_its_heading() -> None:
    pattern = compile_pattern("shade", r"(?i)\b(red|green|dark ?blue)\b", "Lamp shade")
    text = normalise("A green house", "### Lamp Shade\n\nDark Blue\n\n### Other\n\nred wine")
    assert extract(text, [pattern])["shade"] == {"dark blue"}
    assert extract(normalise("A green house", "red wine"), [pattern])["shade"] == {"green", "red"}
    assert "shade" not in extract(normalise("A house", "wine"), [pattern])


def test_an_own_pattern_takes_the_place_of_a_built_in_fact() -> None:
    pattern = compile_pattern("plan", r"(?i)\b(bronze|silver) plan\b", None)
    assert extract(normalise("t", "on the Silver plan with my pro account"), [pattern])["plan"] == {"silver"}
    assert extract(normalise("t", "with my pro account"), [pattern])["plan"] == {"pro"}


def test_the_pattern_of_the_manual_works() -> None:
    pattern = compile_pattern("plan", "(?i)\\b(free|pro|max ?(5x|20x)?|team|enterprise)\\b", "Plan")
    assert extract(normalise("t", "### Plan\n\nMax 5x"), [pattern])["plan"] == {"max 5x"}


@pytest.mark.parametrize(
    "pattern", ["(?<=a)b", "(?=a)", r"(a)\1", "(", "[", "*", "a{2000}{2000}", "(?P<x>a", "", "a*", "x" * 501]
)
def test_patterns_that_cannot_be_used_are_refused_in_a_sentence(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"^the pattern of shade .{20,}"):
        compile_pattern("shade", pattern, None)


@pytest.mark.parametrize(
    "pattern", [r"(a+)+b", r"(a|a)*b", r"(a|aa)+b", r"(.*a){25}b", r"(\w+\s?)*!", r"a.*a.*a.*a.*b"]
)
def test_inv_37_a_pattern_that_would_run_for_ever_elsewhere_ends_here(pattern: str) -> None:
    text = Text("t", prose="a" * 1_000_000)
    assert extract(text, [compile_pattern("shade", pattern, None)]).get("shade", NONE) == NONE


def test_a_pattern_of_the_standard_library_serves_as_well() -> None:
    assert extract(normalise("t", "lamp 7"), [FactPattern("lamp", re.compile(r"lamp (\d)"))])["lamp"] == {"7"}


def test_values_are_bounded() -> None:
    pattern = compile_pattern("word", r"\w+", None)
    assert len(extract(Text("t", prose=" ".join(f"w{i}" for i in range(1000))), [pattern])["word"]) <= 10
    codes = " ".join(f"HTTP {code}" for code in range(400, 500))
    assert len(facts(codes)["status_code"]) <= 12


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_has_facts(body: str, title: str) -> None:
    assert facts(body, title) == facts(body, title)


BAIT = (
    "4",
    "400 ",
    "1.",
    "1.1.1-",
    "max ",
    "claude ",
    "E",
    "_error",
    "a_",
    "exit code ",
    "Error",
    "A.",
    "error(",
    "mac os ",
)


@pytest.mark.parametrize("bait", BAIT)
def test_a_megabyte_of_bait_is_read_to_its_end(bait: str) -> None:
    long = bait * (1_000_000 // len(bait))
    extract(Text(long[:400], prose=long, error=long[:6000], frames=(long[:120],)))
