import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.metrics import (
    assignment_figures,
    calibration_figures,
    clustering_figures,
    detection_figures,
    precision_recall,
    retrieval_figures,
)
from models.resampling import (
    assignment_samples,
    bcubed_samples,
    calibration_samples,
    counts,
    detection_samples,
    intervals,
    joined,
    retrieval_samples,
    samples,
)

issue = st.tuples(
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),  # score, often tied
    st.booleans(),
    st.booleans(),
    st.sampled_from([1.0, 2.0, 5.0, 7.0, np.inf]),
    st.integers(0, 3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(issue, min_size=1, max_size=40))
def test_counted_resamples_are_the_figures_of_the_drawn_issues(
    issues: list[tuple[float, bool, bool, float, int]],
) -> None:
    scores, right, positive, ranks, times = map(np.array, zip(*issues, strict=True))
    if not times.sum():
        times[0] = 1
    drawn = np.repeat(np.arange(len(times)), times)
    expected = {
        **retrieval_figures(ranks[drawn]),
        **detection_figures(scores[drawn], right[drawn], positive[drawn]),
        **calibration_figures(scores[drawn], right[drawn]),
    }
    row = times[None, :].astype(np.float64)
    parts = [
        retrieval_samples(ranks),
        detection_samples(scores, right, positive),
        calibration_samples(scores, right),
    ]
    for part in parts:
        for name, values in part(row).items():
            assert values.shape == (1,)
            assert values[0] == pytest.approx(expected.pop(name)), name
    assert expected == {}


names = st.sampled_from(["a", "b", "c", None])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(names, names, st.integers(0, 3)), min_size=1, max_size=30))
def test_counted_assignments_are_those_of_the_drawn_issues(issues: list[tuple[str | None, str | None, int]]) -> None:
    times = [count for _, _, count in issues] if any(count for _, _, count in issues) else [1] * len(issues)
    gold = [want for (want, _, _), count in zip(issues, times, strict=True) for _ in range(count)]
    assigned = [got for (_, got, _), count in zip(issues, times, strict=True) for _ in range(count)]
    found = assignment_samples([want for want, _, _ in issues], [got for _, got, _ in issues])
    for name, value in assignment_figures(gold, assigned).items():
        assert found(np.array([times], dtype=np.float64))[name][0] == pytest.approx(value), name


def test_bcubed_of_every_issue_once_is_the_figure_itself() -> None:
    gold = {1: "a", 2: "a", 3: "b", 4: "b", 5: "c"}
    found = {1: "x", 2: "x", 3: "x", 4: "y", 5: "z"}
    figures = clustering_figures(gold, found)
    once = bcubed_samples(gold, found)(np.ones((1, 5)))
    assert {name: values[0] for name, values in once.items()} == pytest.approx({name: figures[name] for name in once})


def test_every_resample_draws_as_many_as_there_are_and_the_same_ones_again() -> None:
    first, again = (np.vstack(list(counts(7, resamples=50))) for _ in range(2))
    assert first.shape == (50, 7)
    assert np.all(first.sum(axis=1) == 7)
    assert np.array_equal(first, again)


def test_an_interval_of_a_share_is_about_as_wide_as_theory_says() -> None:
    ranks = [1.0] * 60 + [20.0] * 40
    low, high = intervals(joined(100, [retrieval_samples(ranks)]))["recall_at_1"]
    assert low == pytest.approx(0.6 - 1.96 * 0.049, abs=0.02)
    assert high == pytest.approx(0.6 + 1.96 * 0.049, abs=0.02)


def test_nothing_to_draw_from_has_no_interval() -> None:
    assert intervals(samples(0, retrieval_samples([]))) == {}


def test_a_curve_begins_with_ten_flagged() -> None:
    points = precision_recall(np.linspace(1, 0, 12), [True] * 11 + [False], [True] * 11 + [False])
    assert points == [
        (pytest.approx(10 / 11), 1.0, pytest.approx(2 / 11)),
        (1.0, 1.0, pytest.approx(1 / 11)),
        (1.0, pytest.approx(11 / 12), 0.0),
    ]
