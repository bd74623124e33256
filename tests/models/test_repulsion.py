"""The forces between points, beside the sum over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.repulsion import Repulsion


def by_pairs(points: np.ndarray) -> tuple[np.ndarray, float]:
    apart = points[:, None, :] - points[None, :, :]
    near = 1 / (1 + (apart**2).sum(axis=2))
    return (apart * near[:, :, None] ** 2).sum(axis=1), float(near.sum() - len(points))


@given(st.integers(0, 2**31), st.sampled_from([1e-4, 1.0, 30.0]))
def test_it_is_nearly_the_sum_over_all_pairs(seed: int, spread: float) -> None:
    points = (np.random.default_rng(seed).normal(size=(300, 2)) * spread).astype(np.float32)
    force, total = Repulsion().forces(points)
    exact, exact_total = by_pairs(points.astype(np.float64))
    assert total == pytest.approx(exact_total, rel=0.1, abs=3.0)
    assert np.linalg.norm(force - exact) <= 0.2 * np.linalg.norm(exact) + 1e-3


def test_points_at_one_place_do_not_push_each_other() -> None:
    force, total = Repulsion().forces(np.full((50, 2), 3.0, dtype=np.float32))
    assert np.allclose(force, 0, atol=1e-3)
    assert total == pytest.approx(50 * 49, rel=1e-3)


def test_what_is_kept_between_calls_changes_nothing() -> None:
    draw = np.random.default_rng(5)
    used = Repulsion()
    for spread in (0.01, 1, 3, 9, 27, 50, 80, 100, 140, 200):
        points = (draw.normal(size=(80, 2)) * spread).astype(np.float32)
        again, fresh = used.forces(points), Repulsion().forces(points)
        assert np.array_equal(again[0], fresh[0])
        assert again[1] == fresh[1]
