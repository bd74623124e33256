"""Versions: which is newer, and in which an issue was fixed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.issue import Issue
from models.versions import begin_alike, fixed_in, has_fix, newest, parse, span

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
CLOSED = Issue(3, "Title", "", NOON, NOON, state="closed", state_reason="completed")

numbers = st.lists(st.integers(0, 999), min_size=2, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@pytest.mark.parametrize("text", ["7", "v", "", "latest", "1.", "1.2.x", "1.2.3.4.5", "12345.1", "2.0 beta or so"])
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.2.3", "1.2.4"),
        ("1.9", "1.10"),
        ("1.2", "1.2.1"),
        ("2.0.0-rc1", "2.0.0"),
        ("2.0.0-alpha.2", "2.0.0-beta.1"),
        ("2.0.0-rc.2", "2.0.0-rc.10"),
        ("1.99.9", "2.0.0-dev"),
        ("2025.11", "2026.1"),
    ],
)
def test_versions_have_their_order(older: str, newer: str) -> None:
    assert (has_fix(newer, older), has_fix(older, newer)) == (True, False)


def test_the_version_of_the_fix_has_the_fix_however_it_is_written() -> None:
    assert has_fix("v1.2", "1.2.0") is True
    assert has_fix("1.2.0.0", "V1.2") is True


def test_a_date_is_never_compared_with_another_kind_of_version() -> None:
    assert has_fix("2025.11", "1.2.3") is None
    assert has_fix("1.2.3", "2025.11.3") is None
    assert has_fix("nightly", "1.2.3") is None


@given(numbers, numbers)
def test_of_two_versions_one_has_the_others_fix(one: str, other: str) -> None:
    both = {has_fix(one, other), has_fix(other, one)}
    assert both in ({True, False}, {True}, {None})


@given(st.lists(numbers, min_size=1))
def test_the_newest_has_every_fix_that_it_can_be_compared_with(versions: list[str]) -> None:
    found = newest(versions)
    assert found in versions
    assert not any(has_fix(found, one) is False for one in versions)


def test_of_no_version_none_is_the_newest() -> None:
    assert newest([]) is None
    assert newest(["latest"]) is None


@pytest.mark.parametrize("title", ["1.2.3", "v1.2.3", "Release 1.2.3", "CLI 1.2.3 (March)", "1.2.3 – hotfix"])
def test_a_milestone_with_one_version_tells_it(title: str) -> None:
    assert fixed_in(replace(CLOSED, milestone=title)) == "1.2.3"


@pytest.mark.parametrize("title", ["Backlog", "Sprint 12", "March 2026", "1.2 or 1.3", "v2", "libfoo-1.2.3x", ""])
def test_a_milestone_without_one_version_tells_none(title: str) -> None:
    assert fixed_in(replace(CLOSED, milestone=title)) is None


@pytest.mark.parametrize("changes", [{"state": "open"}, {"state_reason": "not_planned"}, {"state_reason": "duplicate"}])
def test_a_milestone_is_a_plan_until_the_issue_is_closed_as_completed(changes: dict[str, str]) -> None:
    assert fixed_in(replace(CLOSED, milestone="1.2.3", **changes)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "label", ["fixed in 1.2.3", "Fixed-in: v1.2.3", "fixed/1.2.3", "resolved in 1.2.3", "released: 1.2.3"]
)
def test_a_label_tells_it_whatever_the_state(label: str) -> None:
    assert fixed_in(replace(CLOSED, labels=("bug", label), milestone="9.9")) == "1.2.3"
    assert fixed_in(replace(CLOSED, labels=(label,), state="open")) == "1.2.3"


@pytest.mark.parametrize(
    "label", ["1.2.3", "prefixed in 1.2.3", "fixed", "needs 1.2.3", "fixed in main", "fixed in 1.2.3?"]
)
def test_other_labels_tell_none(label: str) -> None:
    assert fixed_in(replace(CLOSED, labels=(label,))) is None


def test_of_several_fixes_the_newest_counts() -> None:
    assert fixed_in(replace(CLOSED, labels=("fixed in 1.2.9", "fixed in v1.10.0"))) == "1.10.0"


def test_the_span_holds_the_versions_of_the_program_that_reports_are_about() -> None:
    assert span([["2.0.76"], ["v2.1.4", "20.11.1"], ["2.1.96", "0.41.0"], ["2.1.10"], [], ["no version"]]) == (
        "2.0.76",
        "2.1.96",
    )
    assert [begin_alike("2.0", one) for one in ("2.9.1", "20.0", "none")] == [True, False, False]
    assert span([["1.2.0"]]) == ("1.2.0", "1.2.0")


def test_where_reports_name_versions_of_many_programs_none_is_the_programs_own() -> None:
    assert span([["0.41.0"], ["3.8.1"]]) is None
    assert span([["2.0.1"], ["2.0.2"], ["3.8.1"]]) is None
    assert span([]) is None


@given(st.lists(st.lists(numbers, max_size=3), max_size=8))
def test_a_span_holds_versions_that_were_named_and_ends_with_the_newest(stated: list[list[str]]) -> None:
    found = span(stated)
    if found is not None:
        assert set(found) <= {one for named in stated for one in named}
        assert has_fix(found[1], found[0])
