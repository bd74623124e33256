import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics import (
    assignment_figures,
    auroc,
    calibration_figures,
    clustering_figures,
    detection_figures,
    reliability,
    retrieval_figures,
    threshold_for,
)


def test_retrieval_counts_ranks_up_to_the_depth() -> None:
    found = retrieval_figures([1, 3, 10, 11, math.inf])
    assert found["recall_at_1"] == 0.2
    assert found["recall_at_5"] == 0.4
    assert found["recall_at_10"] == 0.6
    assert found["mrr"] == pytest.approx((1 + 1 / 3 + 1 / 10 + 1 / 11) / 5)
    assert set(retrieval_figures([]).values()) == {0.0}


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_auroc_is_the_share_of_pairs_in_the_right_order(pairs: list[tuple[int, bool]]) -> None:
    good, bad = [s for s, y in pairs if y], [s for s, y in pairs if not y]
    expected = 0.5
    if good and bad:
        expected = sum((g > b) + (g == b) / 2 for g in good for b in bad) / (len(good) * len(bad))
    assert auroc([s for s, _ in pairs], [y for _, y in pairs]) == pytest.approx(expected)


def test_average_precision_counts_right_hits_over_all_positives() -> None:
    found = detection_figures([0.9, 0.8, 0.7, 0.6], [True, False, True, False], [True, True, True, False])
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 3)


def test_recall_at_precision_needs_ten_flagged() -> None:
    nine = detection_figures([1.0] * 9 + [0.1] * 9, [True] * 9 + [False] * 9, [True] * 18)
    ten = detection_figures([1.0] * 10 + [0.1] * 9, [True] * 10 + [False] * 9, [True] * 19)
    assert nine["recall_at_precision_0.90"] == 0
    assert ten["recall_at_precision_0.90"] == pytest.approx(10 / 19)


def test_equal_scores_are_flagged_together() -> None:
    found = detection_figures([0.5] * 20, [True] * 10 + [False] * 10, [True] * 20)
    assert found["recall_at_precision_0.80"] == 0


def test_honest_probabilities_have_no_calibration_error() -> None:
    assert calibration_figures([0.25] * 4, [True, False, False, False]) == pytest.approx({"brier": 0.1875, "ece": 0.0})
    assert calibration_figures([1.0, 1.0], [False, False])["ece"] == 1
    assert calibration_figures([], []) == {"brier": 0.0, "ece": 0.0}
    assert reliability([0.05, 1.0], [False, True]) == [(0.05, 0.0, 1), (1.0, 1.0, 1)]


def test_the_threshold_is_the_lowest_that_is_precise_enough() -> None:
    scores = [0.9] * 10 + [0.5] * 2 + [0.3] * 8
    right = [True] * 10 + [True, False] + [False] * 8
    assert threshold_for(scores, right, 0.9) == 0.5
    assert threshold_for(scores, right, 0.95) == 0.9
    assert threshold_for(scores, [False] * 20, 0.5) is None


def test_a_perfect_clustering_scores_one_whatever_its_names() -> None:
    gold = {1: "a", 2: "a", 3: "b", 4: "c"}
    assert clustering_figures(gold, {1: "x", 2: "x", 3: "y", 4: "z"}) == pytest.approx(
        dict.fromkeys(("bcubed_precision", "bcubed_recall", "bcubed_f1", "adjusted_rand", "v_measure"), 1.0)
    )


def test_bcubed_by_hand() -> None:
    found = clustering_figures({1: "a", 2: "a", 3: "b"}, {1: "x", 2: "x", 3: "x"})
    assert found["bcubed_precision"] == pytest.approx((2 / 3 + 2 / 3 + 1 / 3) / 3)
    assert found["bcubed_recall"] == 1
    assert found["adjusted_rand"] == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=2, max_size=20))
def test_merging_everything_has_full_recall_and_singletons_full_precision(labels: list[tuple[str, str]]) -> None:
    gold = {at: want for at, (want, _) in enumerate(labels)}
    assert clustering_figures(gold, dict.fromkeys(gold, "all"))["bcubed_recall"] == pytest.approx(1)
    alone = clustering_figures(gold, {at: str(at) for at in gold})
    assert alone["bcubed_precision"] == pytest.approx(1)
    assert all(np.isfinite(value) and value <= 1 + 1e-9 for value in alone.values())


def test_assignments_are_counted_with_their_refusals() -> None:
    found = assignment_figures(["a", "a", "b", None, None], ["a", None, "a", None, "b"])
    assert found["accuracy"] == pytest.approx(2 / 5)
    assert found["macro_f1"] == pytest.approx((0.5 + 0) / 2)
    assert found["refusal_precision"] == 0.5
    assert found["refusal_recall"] == 0.5
