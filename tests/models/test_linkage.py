import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import squareform

from models.linkage import average_linkage, cosine_distances, distances


def test_pairs_that_nobody_judged_are_far_apart() -> None:
    square = squareform(distances([5, 7, 9], [(9, 5, 0.75), (7, 99, 1.0)]))
    assert square.tolist() == [[0, 1, 0.25], [1, 0, 1], [0.25, 1, 0]]


@given(st.integers(2, 9), st.data())
def test_every_pair_has_its_own_place(size: int, data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    square = squareform(distances(range(size), [(one, other, 1.0)]))
    assert np.argwhere(square == 0).tolist() == sorted([*([at, at] for at in range(size)), [one, other], [other, one]])


def test_clusters_are_joined_by_their_mean_distance() -> None:
    near = [(1, 2, 0.9), (2, 3, 0.9), (1, 3, 0.5), (3, 4, 0.6)]
    found = average_linkage([1, 2, 3, 4], distances([1, 2, 3, 4], near), 0.4)
    assert found[1] == found[2] == found[3]  # .1, then the mean of .1 and .5
    assert found[4] != found[1]  # one near, two far
    assert len(set(average_linkage([1, 2, 3, 4], distances([1, 2, 3, 4], near), 0.0).values())) == 4


def test_one_issue_is_a_cluster_and_none_is_none() -> None:
    assert average_linkage([3], distances([3], []), 0.7) == {3: "1"}
    assert average_linkage([], distances([], []), 0.7) == {}


def test_cosines_become_distances() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], dtype=np.float32)
    assert cosine_distances(vectors).tolist() == pytest.approx([0.4, 2.0, 1.6])
