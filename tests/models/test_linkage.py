import numpy as np
import pytest
from scipy.spatial.distance import squareform

from models.linkage import average_linkage, cosine_distances

APART = squareform(np.array([[0, 0.1, 0.5, 1], [0.1, 0, 0.1, 1], [0.5, 0.1, 0, 0.4], [1, 1, 0.4, 0]]))


def test_clusters_are_joined_by_their_mean_distance() -> None:
    found = average_linkage([1, 2, 3, 4], APART, 0.4)
    assert found[1] == found[2] == found[3]  # .1, then the mean of .1 and .5
    assert found[4] != found[1]  # one near, two far
    assert len(set(average_linkage([1, 2, 3, 4], APART, 0.0).values())) == 4


def test_one_issue_is_a_cluster_and_none_is_none() -> None:
    assert average_linkage([3], np.zeros(0), 0.7) == {3: "1"}
    assert average_linkage([], np.zeros(0), 0.7) == {}


def test_cosines_become_distances() -> None:
    vectors = np.array([[1, 0], [0.6, 0.8], [-1, 0]], dtype=np.float32)
    assert cosine_distances(vectors).tolist() == pytest.approx([0.4, 2.0, 1.6])
