"""A repository's own calibration: adopted only where it does better on what it has not seen."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recalibration import LEAST, LEAST_OF_EACH, Judged, Recalibration, cut_for, fit, from_data, recalibrate

SHIPPED, PRECISION = 0.9, 0.93


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def drawn(count: int, truth: Callable[[float], float], seed: int, low: float = 0.0, high: float = 4.0) -> list[Judged]:
    """Decisions whose shipped log-odds are `low` to `high` and which are right as often as `truth` says."""
    random = np.random.default_rng(seed)
    logits = random.uniform(low, high, count)
    return [Judged(float(z), bool(random.random() < truth(z)), at) for at, z in enumerate(logits)]


def recalibrated(judged: list[Judged]) -> Recalibration:
    return recalibrate(judged, SHIPPED, PRECISION)


def true_loss(found: Recalibration, truth: Callable[[float], float]) -> float:
    """The expected log loss over the same log-odds."""
    at = np.linspace(0, 4, 200)
    said = np.array([sigmoid(found.slope * z + found.intercept) for z in at])
    wanted = np.array([truth(z) for z in at])
    return float(-(wanted * np.log(said) + (1 - wanted) * np.log(1 - said)).mean())


AS_SHIPPED = Recalibration(1.0, 0.0, SHIPPED, 0, 0)


def test_too_few_judged_decisions_change_nothing() -> None:
    for judged in ([], drawn(LEAST - 1, lambda _: 0.5, 1)):
        found = recalibrated(judged)
        assert (found.slope, found.intercept, found.duplicate) == (1, 0, SHIPPED)
        assert not found.adopted
        assert found.is_shipped(SHIPPED)
        assert f"{LEAST} are needed" in found.sentence()


@pytest.mark.parametrize("right", [0, LEAST_OF_EACH - 1, 60 - LEAST_OF_EACH + 1, 60])
def test_one_kind_of_verdict_alone_changes_nothing(right: int) -> None:
    judged = [Judged(1 + at / 20, at < right, at) for at in range(60)]
    assert recalibrated(judged).is_shipped(SHIPPED)


@pytest.mark.parametrize("seed", range(5))
def test_an_overconfident_score_is_corrected(seed: int) -> None:
    def truth(z: float) -> float:
        return sigmoid(z - 1.5)

    found = recalibrated(drawn(120, truth, seed))
    assert found.adopted
    assert found.loss_after < found.loss_before
    assert true_loss(found, truth) < true_loss(AS_SHIPPED, truth)
    assert "its own (120 judged decisions" in found.sentence()


@pytest.mark.parametrize("seed", range(5))
def test_a_timid_score_is_corrected_too_once_there_is_enough_to_go_by(seed: int) -> None:
    found = recalibrated(drawn(300, lambda z: sigmoid(z + 1.5), seed))
    assert found.adopted
    assert found.slope * 1.5 + found.intercept > 2


def test_a_score_that_is_right_as_shipped_is_seldom_touched_and_never_much() -> None:
    adopted = 0
    for seed in range(40):
        found = recalibrated(drawn(60, sigmoid, seed))
        adopted += found.adopted
        assert true_loss(found, sigmoid) - true_loss(AS_SHIPPED, sigmoid) < 0.05
        assert found.duplicate < 0.97
    assert adopted <= 8


def test_never_seen_scores_keep_the_shipped_curve_more_than_seen_ones() -> None:
    judged = drawn(120, lambda z: sigmoid(z - 1.5), 3, low=1.0)
    slope, intercept = fit(np.array([one.logit for one in judged]), np.array([float(one.right) for one in judged]))

    def moved(z: float) -> float:
        return abs(sigmoid(slope * z + intercept) - sigmoid(z))

    assert moved(2.0) > 0.15
    assert moved(-3.0) < 0.06


@pytest.mark.parametrize("seed", range(5))
def test_a_score_that_tells_nothing_here_is_silenced(seed: int) -> None:
    judged = drawn(200, lambda z: sigmoid(-z), seed)
    found = recalibrated(judged)
    assert found.adopted
    flagged = [one for one in judged if sigmoid(found.slope * one.logit + found.intercept) >= found.duplicate]
    assert flagged == []


def test_wrong_decisions_that_all_score_alike_lower_that_score() -> None:
    found = recalibrated([Judged(6.9 + at / 1000, at % 4 == 0, at) for at in range(60)])
    assert found.adopted
    assert sigmoid(found.slope * 6.9 + found.intercept) < 0.7


def test_decisions_about_one_problem_are_one_observation() -> None:
    judged = [Judged(one.logit, one.right, 7) for one in drawn(120, lambda z: sigmoid(z - 2), 5)]
    found = recalibrated(judged)
    assert not found.adopted
    assert "one problem" in found.reason
    assert found.duplicate > SHIPPED


def test_the_cut_rises_until_the_precision_above_it_is_kept() -> None:
    said = np.array([0.91] * 6 + [0.97] * 90)
    good = np.array([0.0] * 6 + [1.0] * 90)
    assert cut_for(said, np.ones(96), SHIPPED, PRECISION) == SHIPPED
    assert cut_for(said, good, SHIPPED, PRECISION) == SHIPPED  # ninety right ones outweigh six
    assert cut_for(said[:16], good[:16], SHIPPED, PRECISION) == 0.97
    assert cut_for(said[:6], good[:6], SHIPPED, PRECISION) > 0.91
    assert cut_for(np.array([0.2, 0.5]), np.zeros(2), SHIPPED, PRECISION) == SHIPPED  # nobody saw those


judged_lists = st.lists(
    st.builds(Judged, st.floats(-14, 14), st.booleans(), st.integers(0, 40)), min_size=LEAST, max_size=90
)


@given(judged_lists)
@settings(max_examples=80, deadline=None)
def test_whatever_was_judged_the_result_is_sound(judged: list[Judged]) -> None:
    found = recalibrated(judged)
    held = under(judged, judged)
    assert held.duplicate >= found.duplicate
    assert held.lowered <= 0
    assert from_data(json.loads(json.dumps(held.to_data()))) == held
    assert recalibrated(judged[::-1]).adopted == found.adopted
    assert SHIPPED <= found.duplicate <= 1
    assert 0.3 < found.slope < 3.1
    assert all(map(math.isfinite, (found.slope, found.intercept, found.loss_before, found.loss_after)))
    if found.adopted:
        assert found.loss_after < found.loss_before
    else:
        assert (found.slope, found.intercept) == (1, 0)
    assert from_data(json.loads(json.dumps(found.to_data()))) == found
    assert found.sentence()


@given(judged_lists)
@settings(max_examples=40, deadline=None)
def test_an_objection_more_never_raises_the_score_that_it_is_about(judged: list[Judged]) -> None:
    logits, right = np.array([one.logit for one in judged]), np.array([float(one.right) for one in judged])
    at = max(judged, key=lambda one: one.logit).logit
    before = fit(logits, right)
    after = fit(np.append(logits, at), np.append(right, 0.0))
    assert after[0] * at + after[1] <= before[0] * at + before[1] + 1e-6


# --- the history


def under(linked: list[Judged], judged: list[Judged] | None = None) -> Recalibration:
    return recalibrate(judged or [], SHIPPED, PRECISION, linked)


@pytest.mark.parametrize("seed", range(5))
def test_a_history_that_the_score_gets_wrong_lowers_the_curve(seed: int) -> None:
    def truth(z: float) -> float:
        return sigmoid(z - 2)

    found = under(drawn(200, truth, seed))
    assert not found.adopted
    assert not found.is_shipped(SHIPPED)
    assert found.slope == 1
    assert found.intercept == found.lowered < -1
    assert true_loss(found, truth) < true_loss(AS_SHIPPED, truth)
    assert "lower than shipped" in found.sentence()
    assert f"of 200 duplicates that people named before it did, {found.found} found first" in found.sentence()


@pytest.mark.parametrize("extra", [0.0, 1.0, 3.0])
def test_a_history_never_raises_the_curve(extra: float) -> None:
    for seed in range(5):
        found = under(drawn(200, lambda z: sigmoid(z + extra), seed))
        assert found.intercept <= 0
        assert found.duplicate >= SHIPPED
        assert found.is_shipped(SHIPPED) or extra == 0


def test_a_short_history_says_nothing() -> None:
    found = under(drawn(LEAST - 1, lambda _: 0.0, 1))
    assert found.linked == 0
    assert found.is_shipped(SHIPPED)


def test_a_history_of_sure_mistakes_raises_the_cut_and_one_mistake_does_not() -> None:
    low = [Judged(-1.0, at % 3 > 0, at) for at in range(60)]
    sure = [Judged(3.0 + at / 10, right=True, group=100 + at) for at in range(10)]  # from .953 on
    assert under([*low, *sure, Judged(3.05, right=False, group=200)]).duplicate == SHIPPED
    mistakes = [Judged(2.5 + at / 100, right=False, group=300 + at) for at in range(6)]  # .924 to .929
    found = under([*low, *sure, *mistakes])
    assert 0.924 < found.duplicate < 0.96
    everywhere = [Judged(2.5 + at / 2, right=False, group=300 + at) for at in range(8)]
    assert under([*low, *everywhere]).duplicate > sigmoid(6.0 + under([*low, *everywhere]).lowered)


def test_the_history_is_held_against_the_curve_of_the_judged_decisions() -> None:
    judged = drawn(300, lambda z: sigmoid(z + 1.5), 1)  # bolder
    alone, both = recalibrated(judged), under(drawn(200, lambda z: sigmoid(z - 2), 2), judged)
    assert alone.adopted
    assert both.adopted
    assert both.slope == alone.slope
    assert both.intercept == pytest.approx(alone.intercept + both.lowered, abs=1e-4)
    assert both.intercept < 0


def test_what_another_version_wrote_is_not_read() -> None:
    data = AS_SHIPPED.to_data()
    assert from_data(data) == AS_SHIPPED
    assert from_data({name: value for name, value in data.items() if name != "slope"}) is None
    assert from_data(data | {"more": 1}) is None
    assert from_data({}) is None
