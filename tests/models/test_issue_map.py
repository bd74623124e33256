"""What is written of a map is read again, and its colours are few."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.issue_map import NO_CLUSTER, OTHER, UNSTATED, VALUES, Channel, IssueMap, channel, clusters_of, from_bytes


@given(st.integers(0, 40), st.integers(0, 3))
def test_a_map_is_read_as_it_was_written(count: int, channels: int) -> None:
    draw = np.random.default_rng(count)
    made = IssueMap(
        np.arange(1, count + 1, dtype=np.uint32),
        draw.normal(size=(count, 2)).astype(np.float32),
        ("c1", "extra"),
        draw.integers(0, 2, count).astype(np.uint16),
        tuple(Channel(f"f{at}", ("a", "b"), draw.integers(0, 2, count).astype(np.uint8)) for at in range(channels)),
    )
    read = from_bytes(made.header(), made.to_bytes())
    assert read.header() == made.header()
    for one, other in ((made.numbers, read.numbers), (made.places, read.places), (made.cluster, read.cluster)):
        assert np.array_equal(one, other)
    assert all(np.array_equal(one.codes, other.codes) for one, other in zip(made.channels, read.channels, strict=True))


def test_bytes_of_another_map_are_refused() -> None:
    with pytest.raises(ValueError, match="are not a map of 3 issues"):
        from_bytes({"issues": 3, "clusters": [], "channels": []}, b"\0" * 14)


def test_a_colouring_has_the_frequent_values_and_one_for_the_rest() -> None:
    stated = [frozenset({f"v{at}"}) for at in range(20) for _ in range(20 - at)] + [frozenset()]
    made = channel("version", stated)
    assert made is not None
    assert made.values == (*(f"v{at}" for at in range(VALUES)), OTHER)
    assert made.codes[0] == 0
    assert made.codes[-2] == VALUES
    assert made.codes[-1] == UNSTATED


def test_of_several_values_the_frequent_one_gives_the_colour() -> None:
    made = channel("os", [frozenset({"linux", "macos"}), frozenset({"macos"}), frozenset({"macos"})])
    assert made is not None
    assert made.codes.tolist() == [0, 0, 0]


def test_what_nobody_states_colours_nothing() -> None:
    assert channel("plan", [frozenset(), frozenset()]) is None


def test_clusters_come_the_largest_first_and_only_where_they_have_issues() -> None:
    ids, cluster = clusters_of([1, 2, 3, 9], {"small": [1], "gone": [77], "large": [2, 3]})
    assert ids == ("large", "small")
    assert cluster.tolist() == [1, 0, 0, NO_CLUSTER]
