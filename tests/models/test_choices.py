import numpy as np
import pytest
from scipy.optimize import check_grad  # type: ignore[import-untyped] # it ships no types

from models.choices import Choices, conditional

NEAR = np.array([[0.9], [0.1], [0.2], [0.8], [0.3]])


def choices(*right: int) -> Choices:
    """One of two alternatives and one of three."""
    return Choices(NEAR, np.isin(np.arange(5), right), np.array([0, 2]))


def test_none_is_an_alternative_only_in_sets_where_some_choice_has_nothing_right() -> None:
    found = choices(0).or_none([1, 1])
    assert found.matrix.tolist() == [[0.9, 0], [0.1, 0], [0, 1], [0.2, 0], [0.8, 0], [0.3, 0]]
    assert found.right.tolist() == [True, False, True, False, False, False]
    assert found.starts.tolist() == [0, 2]


def test_a_right_alternative_leaves_none_wrong_in_the_same_set() -> None:
    found = choices(0).or_none([2])
    assert found.right.tolist() == [False, True, False, True, False, False, False]
    assert found.starts.tolist() == [0, 3]


def test_where_every_choice_has_a_right_alternative_nothing_is_added() -> None:
    found = choices(0, 3).or_none([1, 1])
    assert found.matrix.tolist() == NEAR.tolist()
    assert found.starts.tolist() == [0, 2]


@pytest.mark.parametrize("weights", [[0.0, 0.0], [3.0, -1.0], [-2.0, 2.0]])
def test_the_gradient_is_that_of_the_loss(weights: list[float]) -> None:
    loss = conditional(choices(0).or_none([2]), np.array([1.0, 0.5]), np.array([2.0, 0.0]))
    error = check_grad(lambda w: loss(w)[0], lambda w: loss(w)[1], np.array(weights))
    assert error < 1e-5
