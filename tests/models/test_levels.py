import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.levels import DEEPEST, LOWEST, TYPICAL, backgrounds, chances, chances_of_one, depth, log_odds


def odds(probability: float) -> float:
    return float(log_odds(np.array([probability]))[0])


def all_pairs(issues: int, probability: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    left, right = np.triu_indices(issues, k=1)
    return left, right, np.full(len(left), probability, dtype=np.float32)


def test_against_the_typical_background_a_chance_is_nearly_the_probability() -> None:
    for probability in (0.1, 0.2, 0.3, 0.4, 0.5):
        assert chances(np.array([probability]), TYPICAL, TYPICAL)[0] == pytest.approx(probability, abs=0.11)


def test_the_same_probability_means_more_where_everything_else_is_less_alike() -> None:
    quiet, loud = chances(np.array([0.25]), -2.8, -2.8)[0], chances(np.array([0.25]), -0.4, -0.4)[0]
    assert quiet > 0.4
    assert loud < 0.25
    assert chances(np.array([0.25]), -2.8, -0.4)[0] == pytest.approx(chances(np.array([0.25]), -1.6, -1.6)[0])


def test_a_denied_pair_has_no_chance_and_sure_ones_have_nearly_all() -> None:
    assert chances(np.array([0.0, 1.0]), LOWEST, LOWEST).tolist() == [0.0, pytest.approx(1.0, abs=1e-4)]


def test_a_wave_of_nearly_identical_reports_is_not_its_own_background() -> None:
    own = backgrounds(*all_pairs(300, 0.95), 300)
    assert chances(np.array([0.95]), own[0], own[1])[0] > 0.7


def test_the_background_is_the_twentieth_neighbour_and_a_nearer_one_in_a_short_history() -> None:
    assert [depth(issues) for issues in (2, 45, 150, 200, 100_000)] == [3, 4, 15, DEEPEST, DEEPEST]
    left, right = np.zeros(40, dtype=np.intp), np.arange(1, 41)
    falling = np.linspace(0.9, 0.1, 40).astype(np.float32)
    assert backgrounds(left, right, falling, 400)[0] == pytest.approx(odds(falling[19]))
    assert backgrounds(left, right, falling, 41)[0] == pytest.approx(odds(falling[3]))


def test_with_too_few_pairs_or_none_the_background_is_the_typical_one() -> None:
    nothing = np.zeros(0, dtype=np.intp)
    assert backgrounds(nothing, nothing, np.zeros(0, dtype=np.float32), 0).shape == (0,)
    assert backgrounds(nothing, nothing, np.zeros(0, dtype=np.float32), 3).tolist() == [TYPICAL] * 3
    assert backgrounds(*all_pairs(3, 0.9), 3).tolist() == [TYPICAL] * 3
    assert backgrounds(*all_pairs(30, 0.0), 30).tolist() == [LOWEST] * 30
    assert chances_of_one({}, 0) == {}


def test_by_day_an_issue_is_judged_as_by_night_where_its_candidates_have_its_background() -> None:
    left, right, probabilities = all_pairs(30, 0.4)
    by_night = chances(probabilities, *(backgrounds(left, right, probabilities, 30)[side] for side in (left, right)))
    by_day = chances_of_one(dict.fromkeys(range(29), 0.4), 30)
    assert list(by_day.values()) == pytest.approx(by_night[:29].tolist())


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 10**6))
def test_chances_keep_the_order_of_an_issues_candidates(probabilities: list[float], issues: int) -> None:
    found = chances_of_one(dict(enumerate(probabilities)), issues)
    ranked = sorted(found, key=lambda one: probabilities[one])
    assert [found[one] for one in ranked] == sorted(found.values())
    assert all(0 <= one <= 1 for one in found.values())
