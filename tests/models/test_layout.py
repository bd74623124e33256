"""The picture keeps what is alike together, is the same each time, and lies still from night to night."""

from __future__ import annotations

import numpy as np
import pytest

from models.hashing_embedder import HashingEmbedder
from models.layout import layout


def blobs(count: int, kinds: int = 6, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around a few centres, and which centre each has."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(kinds, 24))
    kind = draw.integers(0, kinds, count)
    made = centres[kind] + 0.35 * draw.normal(size=(count, 24))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32), kind


def slow_things(count: int) -> np.ndarray:
    """Vectors of texts in five groups; in a group nearly every two are equally near."""
    things = ("login", "export", "printer", "calendar", "search")
    said = [f"The {things[at % 5]} is slow: case {at} of a slow {things[at % 5]}." for at in range(count)]
    return HashingEmbedder().embed(said)


def rounded_otherwise(vectors: np.ndarray, seed: int) -> np.ndarray:
    """As another processor might have computed them."""
    breadth = 1e-6 * np.random.default_rng(seed).normal(size=vectors.shape)
    return (vectors * (1 + breadth)).astype(np.float32)


def beside(before: np.ndarray, new: int) -> np.ndarray:
    """The earlier places, and none for some new issues."""
    return np.concatenate([before, np.full((new, 2), np.nan, dtype=np.float32)])


def moved(after: np.ndarray, before: np.ndarray) -> float:
    """How far half of the issues moved at most, of the earlier picture's radius."""
    return float(np.median(np.linalg.norm(after[: len(before)] - before, axis=1)) / radius(before))


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
    after = layout(vectors, beside(before, 10))
    assert moved(after, before) < 0.1
    assert (kind[nearest(after)][250:] == kind[250:]).mean() > 0.85


@pytest.mark.parametrize("seed", range(10))
def test_a_night_leaves_near_identical_issues_where_they_were_however_their_vectors_are_rounded(seed: int) -> None:
    vectors = slow_things(66)
    before = layout(rounded_otherwise(vectors[:65], seed))
    assert moved(layout(rounded_otherwise(vectors, 100 + seed), beside(before, 1)), before) < 0.2


def test_a_night_goes_on_from_the_picture_that_was_there_and_not_from_one_of_its_own() -> None:
    vectors, kind = blobs(252)
    before = layout(vectors[:250])
    one, other = (before[kind[:250] == which].mean(axis=0) for which in (1, 2))
    before[kind[:250] == 1] += other - one  # two kinds change places, as no turning of a picture begun anew has it
    before[kind[:250] == 2] += one - other
    assert moved(layout(vectors, beside(before, 2)), before) < 0.1


@pytest.mark.parametrize("count", [10, 14, 20, 30, 45])
def test_what_is_alike_lies_together_also_in_a_short_history(count: int) -> None:
    shares = []
    for seed in range(4):
        vectors, kind = blobs(count, kinds=count // 5, seed=seed)
        shares.append((kind[nearest(layout(vectors))] == kind).mean())
    assert np.mean(shares) > 0.9


def test_a_picture_that_was_turned_is_turned_back() -> None:
    vectors, _ = blobs(120)
    first = layout(vectors)
    turn = np.array([[0, -1], [1, 0]], dtype=np.float32)
    again = layout(vectors, first @ turn)
    assert moved(again, first @ turn) < 0.15


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
