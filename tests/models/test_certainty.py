import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.certainty import in_order

judged = st.lists(st.tuples(st.floats(0.001, 0.999), st.integers(-50, 50)), min_size=1, max_size=30)


@given(judged)
def test_probabilities_follow_the_order_and_none_rises(both: list[tuple[float, int]]) -> None:
    probabilities, candidates = np.array(both, dtype=float).T
    found = in_order(probabilities, candidates)
    assert np.all(np.diff(found[np.argsort(-candidates, kind="stable")]) <= 0)
    assert np.all(found <= probabilities)
    first = np.argsort(-candidates, kind="stable")[0]
    assert found[first] >= probabilities[first] * 0.999


def test_what_was_only_asked_for_holds_nobody_down() -> None:
    found = in_order(np.array([0.2, 0.9, 0.8]), np.array([5.0, 4.0, 3.0]), np.array([False, True, True]))
    np.testing.assert_allclose(found, [0.2, 0.9, 0.8], rtol=1e-4)


def test_what_nothing_tells_apart_is_equally_probable() -> None:
    found = in_order(np.array([0.8, 0.9, 0.8000001, 0.8]), np.array([4.0, 5.0, 3.999999, 3.0]))
    assert found[1] > found[0] == found[2] > found[3]


def test_nothing_retrieved_is_nothing_to_be_sure_of() -> None:
    assert in_order(np.zeros(0), np.zeros(0)).shape == (0,)
