"""The clock that goes fast in busy hours: learned from enough reports, and never backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rhythm import ENOUGH, WEEK, YEAR, Rhythm, in_hours, learn

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
NOW = MONDAY + timedelta(weeks=20)
OFFICE = [MONDAY + timedelta(weeks=week, days=day, hours=9) for week in range(20) for day in range(5)] * 10


def test_without_enough_reports_every_hour_is_alike() -> None:
    few = learn(OFFICE[: ENOUGH - 1], MONDAY, NOW)
    assert few.weights == (1.0,) * WEEK
    moments = in_hours([MONDAY, NOW])
    assert few.positions(moments) == pytest.approx(moments)


def test_a_mornings_hour_counts_more_than_a_nights() -> None:
    found = learn(OFFICE, MONDAY, NOW)
    assert found.weights[9] > 5 * found.weights[3]
    assert found.weights[9] > found.weights[5 * 24 + 9] > 0
    assert sum(found.weights) == pytest.approx(WEEK)


def test_a_week_is_a_week_whatever_its_rhythm() -> None:
    start = in_hours([MONDAY + timedelta(hours=30, minutes=17)])
    rhythm = learn(OFFICE, MONDAY, NOW)
    assert rhythm.positions(start + WEEK) - rhythm.positions(start) == pytest.approx([WEEK])


def test_the_reports_a_year_are_those_of_half_a_year_and_one_more() -> None:
    assert learn([], MONDAY, MONDAY + timedelta(days=1)).per_year == pytest.approx(YEAR / 24)
    old = [MONDAY - timedelta(days=400)] * 50
    half = learn([*old, *OFFICE], MONDAY - timedelta(days=500), NOW).per_year
    assert half == pytest.approx((len(OFFICE) + 1) / (180 * 24) * YEAR)


def test_a_moment_before_the_history_began_is_no_year() -> None:
    assert learn([], NOW, MONDAY).per_year == YEAR


@given(
    st.lists(st.floats(0.01, 50), min_size=WEEK, max_size=WEEK),
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20, unique=True),
)
def test_a_later_moment_has_a_later_place(weights: list[float], hours: list[float]) -> None:
    rhythm = Rhythm(tuple(weight * WEEK / sum(weights) for weight in weights))
    places = rhythm.positions(np.sort(np.array(hours)))
    assert (np.diff(places) >= -1e-6).all()
