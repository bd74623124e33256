"""Precision and recall of a demo: small cases counted by hand."""

from __future__ import annotations

import json

import pytest

from bot.demo.figures import Measure, Truth, counts, measures, times, truth_of
from bot.demo.issues import read
from bot.demo.track import Row
from bot.repo_config import RepoConfig, parse

CONFIG = parse(
    """
clusters:
  - {slug: alpha, title: Alpha, label: "known: alpha"}
  - {slug: other-name, title: Beta, label: "known: beta", canonical: 2}
  - {slug: unlabelled, title: Gamma}
"""
)
FILE = read(
    json.dumps({"number": n, "title": "t", "created_at": "2026-05-01", "gold_cluster": cluster}).encode()
    for n, cluster in enumerate(["alpha", "beta", None, "alpha", "beta", "fresh", "fresh", None], start=1)
)
DELIVERED = FILE.issues[3:]  # 4 alpha, 5 beta, 6 fresh, 7 fresh, 8 alone


def truth() -> Truth:
    found = truth_of(FILE, DELIVERED, CONFIG)
    assert found is not None
    return found


def row(number: int, verdict: str = "new", canonical: int | None = None, **more: object) -> Row:
    return Row(number, "", "done", verdict=verdict, canonical=canonical, **more)  # type: ignore[arg-type]


def test_recall_is_over_deliveries_with_an_earlier_member_in_history_or_deliveries():
    assert truth().queries == {4, 5, 7}


def test_a_cluster_s_group_is_found_by_its_slug_or_its_canonical_issue():
    assert truth().clusters == {"alpha": 1, "other-name": 2}


def test_duplicates_are_right_where_the_canonical_is_in_the_group():
    rows = [row(4, "duplicate", 1), row(5, "duplicate", 1), row(6), row(7, "duplicate", 6), row(8)]
    assert measures(rows, truth(), CONFIG)["duplicate"] == Measure(right=2, said=3, all=3)
    assert [truth().mark(one) for one in rows] == ["right", "wrong", "", "right", ""]


def test_a_link_that_is_right_counts_for_naming_but_not_for_duplicates():
    rows = [row(4, "related", 3, links=(3, 1)), row(5), row(6, "related", 3, links=(3,)), row(7), row(8)]
    found = measures(rows, truth(), CONFIG)
    assert found["duplicate"] == Measure(right=0, said=0, all=3)
    assert found["naming"] == Measure(right=1, said=2, all=3)
    assert [truth().mark(one) for one in rows] == ["found", "missed", "", "missed", ""]


def test_cluster_labels_are_counted_apart_from_other_labels():
    rows = [
        row(4, "related", labels=("possible-duplicate", "known: alpha")),
        row(5, labels=("known: alpha",)),
        row(6, labels=("possible-duplicate",)),
        row(8, labels=("known: beta",)),
    ]
    assert measures(rows, truth(), CONFIG)["cluster"] == Measure(right=1, said=3, all=2)


def test_without_clusters_there_is_no_figure_for_their_labels():
    found = truth_of(FILE, DELIVERED, RepoConfig())
    assert found is not None
    assert "cluster" not in measures([row(4)], found, RepoConfig())


def test_a_file_without_truth_has_none():
    assert truth_of(read([b'{"number": 1, "title": "t", "created_at": "2026-05-01"}']), [], CONFIG) is None


def test_nothing_said_and_nothing_to_find_have_no_figure():
    assert Measure(0, 0, 0).precision is None
    assert Measure(0, 0, 0).recall is None
    assert Measure(1, 2, 4).precision == pytest.approx(0.5)
    assert Measure(1, 2, 4).recall == pytest.approx(0.25)


def test_verdicts_are_counted_and_deliveries_without_one_too():
    rows = [row(1), row(2, "duplicate", 1), row(3), Row(4, "", "late", failures=("late",))]
    assert counts(rows) == {"new": 2, "duplicate": 1, "none": 1}


def test_times_are_the_median_and_the_longest_of_those_known():
    assert times([row(1, milliseconds=10.0), row(2, milliseconds=30.0), row(3)]) == (20.0, 30.0)
    assert times([row(1)]) is None
