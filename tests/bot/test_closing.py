"""Closing is earned, lost by itself, waits, and never happens where a person did or said anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from bot import vetoes
from bot.closing import (
    DOUBT,
    LEAST_JUDGED,
    PRECISION,
    WAIT,
    WINDOW,
    Candidacy,
    Right,
    first_day,
    held_back,
    lower_bound,
    standing,
)

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
READY = Candidacy(earned=True, is_duplicate=True, promised=first_day(NOON), spoken_at=NOON)
THEN = NOON + timedelta(days=8)

judgements = st.lists(st.booleans(), max_size=400) | st.lists(
    st.integers(0, 60).map(lambda drawn: drawn > 0), min_size=100, max_size=400
)


# --- earned, and lost


@given(st.integers(1, 800).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bound_is_that_of_clopper_and_pearson(counts: tuple[int, int]) -> None:
    right, judged = counts
    expected = beta.ppf(DOUBT, right, judged - right + 1) if right else 0.0
    assert lower_bound(right, judged) == pytest.approx(expected, abs=1e-9)


def test_a_hundred_right_ones_earn_it_and_ninety_nine_do_not() -> None:
    assert standing([True] * 100).earned
    assert standing([True] * 100).bound > PRECISION
    assert not standing([True] * 99).earned
    assert not standing([False, *[True] * 99]).earned
    assert not standing([]).earned


@given(judgements)
def test_it_is_earned_only_by_enough_decisions_with_the_bound_over_the_precision(told: list[bool]) -> None:
    found = standing(told)
    assert found.judged <= len(told)
    if found.earned:
        assert found.judged >= LEAST_JUDGED
        assert found.bound > PRECISION
        assert sum(told[-WINDOW:]) >= PRECISION * WINDOW


@given(judgements, st.integers(4, 20))
def test_enough_wrong_ones_among_the_newest_take_it_away(told: list[bool], wrong: int) -> None:
    assert not standing([*told, *[False] * wrong]).earned


@given(st.integers(150, 1500), st.integers(0, 99))
def test_what_was_lost_waits_for_as_many_decisions_again(before: int, after: int) -> None:
    told = [*[True] * before, *[False] * 4]
    assert standing(told).times_lost == 1
    assert not standing([*told, *[True] * (after - 3 if after > 3 else 0)]).earned
    assert standing([*told, *[True] * 400]).earned


def test_one_wrong_one_among_many_right_ones_does_not_take_it_away() -> None:
    assert standing([*[True] * 400, False]).earned
    assert not standing([*[True] * 100, False]).earned


def test_the_standing_says_its_figures() -> None:
    assert standing([True] * 200).sentence() == (
        "earned: 200 of 200 judged decisions were right, at least 98.5\u00a0% for certain"
    )
    assert standing([True] * 12).sentence() == (
        "not earned, the bot only comments: 12 of 12 judged decisions were right, at least 77.9\u00a0% for certain"
        " (needs 100 and more than 97\u00a0%)"
    )
    assert " since it was lost (" in standing([*[True] * 100, *[False] * 5]).sentence()


# --- when an issue may be closed


def test_a_promise_kept_by_everybodys_silence_may_be_followed() -> None:
    assert held_back(READY, THEN) == ()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"earned": False}, vetoes.CLOSE_NOT_EARNED),
        ({"is_duplicate": False}, vetoes.CLOSE_NO_DUPLICATE),
        ({"promised": None}, vetoes.CLOSE_NOT_PROMISED),
        ({"spoken_at": THEN - WAIT + timedelta(seconds=1)}, vetoes.CLOSE_WAITS),
        ({"promised": "2026-03-13"}, vetoes.CLOSE_WAITS),
        ({"person_spoke": True}, vetoes.CLOSE_PERSON_SPOKE),
        ({"acted_at": THEN - timedelta(days=6)}, vetoes.CLOSE_PERSON_ACTED),
        ({"objected": True}, vetoes.CLOSE_OBJECTION),
        ({"reopened": True}, vetoes.REOPENED_BY_PERSON),
    ],
)
def test_inv_17_to_20_each_reason_not_to_close_has_its_name(changes: dict[str, Any], name: str) -> None:
    assert held_back(replace(READY, **changes), THEN) == (name,)
    assert name in vetoes.VETOES


def test_what_a_person_did_before_the_seven_days_forbids_nothing() -> None:
    assert held_back(replace(READY, acted_at=THEN - WAIT), THEN) == ()


@given(st.integers(0, 5 * 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes)), st.integers(0, 480))
def test_nothing_is_closed_before_the_day_that_the_comment_names_nor_before_seven_days(
    spoken_at: datetime, hours: int
) -> None:
    now = spoken_at + timedelta(hours=hours)
    named = Candidacy(earned=True, is_duplicate=True, promised=first_day(spoken_at), spoken_at=spoken_at)
    if not held_back(named, now):
        assert now - spoken_at >= WAIT
        assert now.date().isoformat() >= first_day(spoken_at)
    assert held_back(named, spoken_at + timedelta(days=8, hours=1)) == ()


def test_nothing_judged_is_said_without_figures() -> None:
    told = "not earned, the bot only comments: no decision was judged yet (needs 100 and more than 97\u00a0%)"
    assert Right(earned=False).sentence() == told
