"""The picture keeps what is alike together, is the same each time, and lies still from night to night."""

from __future__ import annotations

import numpy as np
import pytest

from models.layout import layout


def blobs(count: int, kinds: int = 6, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around a few centres, and which centre each has."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(kinds, 24))
    kind = draw.integers(0, kinds, count)
    made = centres[kind] + 0.35 * draw.normal(size=(count, 24))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32), kind


def nearest(places: np.ndarray) -> np.ndarray:
    apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.argmin(axis=1)


def radius(places: np.ndarray) -> float:
    return float(np.sqrt((places**2).sum(axis=1).mean()))


def test_what_is_alike_lies_together() -> None:
    vectors, kind = blobs(240)
    places = layout(vectors)
    assert np.isfinite(places).all()
    assert (kind[nearest(places)] == kind).mean() > 0.97
    assert np.abs(places.mean(axis=0)).max() < 1e-3 * radius(places)


def test_the_same_issues_give_the_same_picture() -> None:
    vectors, _ = blobs(90)
    assert np.array_equal(layout(vectors), layout(vectors))


def test_a_night_with_new_issues_leaves_the_others_where_they_were() -> None:
    vectors, kind = blobs(260)
    before = layout(vectors[:250])
    given = np.full((260, 2), np.nan, dtype=np.float32)
    given[:250] = before
    after = layout(vectors, given)
    moved = np.linalg.norm(after[:250] - before, axis=1)
    assert np.median(moved) < 0.1 * radius(before)
    assert (kind[nearest(after)][250:] == kind[250:]).mean() > 0.85


def test_a_picture_that_was_turned_is_turned_back() -> None:
    vectors, _ = blobs(120)
    first = layout(vectors)
    turn = np.array([[0, -1], [1, 0]], dtype=np.float32)
    again = layout(vectors, first @ turn)
    assert np.median(np.linalg.norm(again - first @ turn, axis=1)) < 0.15 * radius(first)


def test_where_most_issues_are_new_it_begins_anew() -> None:
    vectors, _ = blobs(60)
    given = np.full((60, 2), np.nan, dtype=np.float32)
    given[:10] = 5.0
    assert np.isfinite(layout(vectors, given)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 17])
def test_few_issues_have_places_of_their_own(count: int) -> None:
    vectors, _ = blobs(max(count, 1))
    places = layout(vectors[:count])
    assert places.shape == (count, 2)
    assert len({tuple(place) for place in places.tolist()}) == count


def test_one_report_sent_many_times_makes_a_heap_of_finite_size() -> None:
    vectors, _ = blobs(40)
    places = layout(np.concatenate([vectors, np.repeat(vectors[:1], 60, axis=0)]))
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == 100


def test_it_ends_where_the_one_who_watches_says_so() -> None:
    def enough(done: int, _rounds: int) -> None:
        if done == 3:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        layout(blobs(30)[0], tick=enough)
