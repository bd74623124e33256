"""What the bot says of a wrong configuration."""

from __future__ import annotations

import pytest

from bot.config_comment import MOST_SHOWN, mended, wrong
from bot.errors import ConfigError
from bot.repo_config import parse


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as failure:
        parse(text)
    return failure.value.problems


def test_the_comment_names_lines_and_keys() -> None:
    said = wrong(problems("mode: loud\nlimits: {links: 99}\n"), "repository")
    assert said == (
        "**The last change of `.github/triage.yml` is not in force**: it has 2 problems. "
        "What was in force before still is.\n\n"
        "- line 1: mode: must be 'shadow', 'comment' or 'close'\n"
        "- line 2: limits.links: must be at most 10\n\n"
        "<sub>`triage config check` says the same before a push. Edited in place: when that changes, and once the file"
        " is valid again.</sub>"
    )


def test_inv_40_of_an_organisations_file_only_the_lines_are_told() -> None:
    text = "acquisition: 1\nlabels: {candidate: layoffs, confirmed: layoffs}\n"
    said = wrong([*problems(text), "cluster x requires the unknown fact 'margin'"], "owner")
    assert "- line 1 is wrong" in said
    assert "- the file as a whole is wrong" in said
    assert not any(word in said for word in ("acquisition", "layoffs", "margin"))
    assert "acquisition" in wrong(problems(text), "repository")


def test_what_stands_in_the_file_is_not_repeated() -> None:
    said = wrong(problems("mode: hunter2hunter2\n"), "owner")
    assert "hunter2" not in said
    assert "the organisation's `.github/triage.yml`" in said


def test_inv_41_a_secret_that_is_a_key_is_redacted() -> None:
    token = "ghp_" + "a1B2c3D4e5" * 4
    assert token not in wrong(problems(f"{token}: 1\n"), "repository")


def test_inv_40_markup_in_a_key_does_nothing() -> None:
    said = wrong(problems("'@everyone <b>#1</b> [x](http://e.vil)': 1\n"), "repository")
    assert "<b>" not in said
    assert "@everyone" not in said
    assert "\\[x\\](http" in said


def test_many_problems_are_counted() -> None:
    said = wrong([f"line {n}: wrong" for n in range(1, 31)], "repository")
    assert said.count("\n- line ") == MOST_SHOWN
    assert f"- and {30 - MOST_SHOWN} more" in said


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("repository", "`.github/triage.yml` is in force"),
        ("owner", "the organisation's `.github/triage.yml` is in force"),
        ("absent", "the defaults are in force"),
        ("out of reach", "the defaults are in force"),
    ],
)
def test_the_end_is_told_with_what_is_in_force(source: str, words: str) -> None:
    assert words in mended(source)
