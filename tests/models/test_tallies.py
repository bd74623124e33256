"""Counting: who states what, how many came when, and the bars of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tallies import BARS, HOUR, growth, round_spans, sparkline, stated
from tests.fakes.stored import NOON, at


def test_reports_are_counted_in_equal_spans_from_the_first_to_now() -> None:
    moments = [NOON, at(30), NOON + timedelta(hours=5), NOON + timedelta(hours=9, minutes=59)]
    assert growth(moments, NOON + timedelta(hours=10), 5) == (2, 0, 1, 0, 1)
    assert growth([], NOON) == ()


def test_a_single_report_is_in_the_first_span() -> None:
    assert growth([NOON], NOON, 4) == (1, 0, 0, 0)


def test_a_report_from_a_clock_that_is_ahead_is_in_the_last_span() -> None:
    assert growth([NOON, NOON + timedelta(days=2)], NOON + timedelta(days=1), 2) == (1, 1)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40), st.integers(0, 10**6))
def test_no_report_is_lost(minutes: list[int], now: int) -> None:
    assert sum(growth([at(one) for one in minutes], at(now))) == len(minutes)


@pytest.mark.parametrize(
    ("lasting", "span", "spans"),
    [
        (timedelta(minutes=20), HOUR, 1),
        (timedelta(hours=59), HOUR, 60),
        (timedelta(hours=60), 2 * HOUR, 31),
        (timedelta(days=14), 6 * HOUR, 57),
        (timedelta(days=59), 24 * HOUR, 60),
        (timedelta(days=300), 7 * 24 * HOUR, 44),
        (timedelta(days=3000), 56 * 24 * HOUR, 54),
    ],
)
def test_spans_are_whole_hours_days_or_weeks(lasting: timedelta, span: timedelta, spans: int) -> None:
    assert round_spans(NOON, NOON + lasting, 60)[1:] == (span, spans)


@given(st.integers(-(10**7), 10**7), st.integers(0, 10**7), st.integers(2, 60))
def test_round_spans_hold_both_moments_and_are_none_too_many(first: int, lasting: int, most: int) -> None:
    since, span, spans = round_spans(at(first), at(first + lasting), most)
    assert since <= at(first) < since + span
    assert since + (spans - 1) * span <= at(first + lasting) < since + spans * span
    assert 1 <= spans <= most
    assert (since.minute, since.second, since.microsecond) == (0, 0, 0)


def test_a_bar_is_as_high_as_its_share_of_the_highest() -> None:
    assert sparkline([0, 1, 4, 8]) == f"·{BARS[0]}{BARS[3]}{BARS[7]}"
    assert sparkline([0, 0]) == "··"
    assert sparkline([]) == ""
    assert sparkline([1000, 1]) == f"{BARS[7]}{BARS[0]}"


def test_reports_from_before_the_beginning_count_nowhere() -> None:
    assert growth([NOON, at(120), at(240)], at(240), 2, since=at(60)) == (1, 1)


def test_values_are_counted_the_most_frequent_first_and_equals_in_order() -> None:
    facts = [{"os": {"macos", "linux"}}, {"os": {"linux"}}, {"plan": {"pro"}, "os": {"aix"}}]
    assert {name: list(counts.items()) for name, counts in stated(facts).items()} == {
        "os": [("linux", 2), ("aix", 1), ("macos", 1)],
        "plan": [("pro", 1)],
    }
