"""Precision and recall of a replay, and the cut that it recommends: never tuned on what it is told of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.backtesting import LEAST, Replayed, at_cut, lowest_cut, precision, recall, recommended, worst
from models.share import Share

ONE = Replayed(10, named=3, probability=0.9, free=True, said=True, group=3, positive=True, right=True)


def replayed(count: int, probability: float, *, right: bool, start: int = 100) -> list[Replayed]:
    return [
        replace(ONE, number=start + at, probability=probability, right=right, group=start + at if right else 0)
        for at in range(count)
    ]


def test_precision_is_of_what_was_said_and_recall_of_what_could_be() -> None:
    missed = replace(ONE, said=False, right=False, named=None)
    wrong = replace(ONE, right=False, positive=False)
    found = [ONE, ONE, wrong, missed]
    said = [one for one in found if one.said]
    assert precision(said) == Share.of(2, 3)
    assert recall(said, found) == Share.of(2, 3)


def test_what_a_veto_holds_back_is_said_at_no_cut() -> None:
    assert at_cut([replace(ONE, free=False)], 0.0) == []


def test_what_the_policy_asks_for_elsewhere_stands_under_every_cut() -> None:
    elsewhere = [replace(one, least=0.95) for one in replayed(60, 0.9, right=False, start=300)]
    known = replayed(60, 0.9, right=True)
    assert at_cut([*known, *elsewhere], 0.5) == known
    assert lowest_cut([*known, *elsewhere]) == pytest.approx(0.9), "those under the floor spoil no lower cut"
    surer = [replace(one, probability=0.96) for one in elsewhere]
    assert at_cut([*known, *surer], 0.5) == [*known, *surer]
    assert at_cut(surer, 0.97) == []


def test_a_cut_is_not_taken_in_the_middle_of_equals() -> None:
    mixed = replayed(60, 0.9, right=True) + replayed(60, 0.8, right=False, start=300)
    cut = lowest_cut(mixed)
    assert cut == pytest.approx(0.9)
    assert len(at_cut(mixed, 0.9)) == 60


def test_too_few_give_no_cut() -> None:
    assert lowest_cut(replayed(LEAST - 1, 0.99, right=True)) is None


def test_a_cut_is_recommended_with_how_cuts_did_on_what_they_were_not_chosen_on() -> None:
    found = recommended(replayed(300, 0.95, right=True) + replayed(300, 0.6, right=False, start=600))
    assert found is not None
    assert found.cut == pytest.approx(0.95)
    assert found.precision == Share.of(300, 300)


def test_where_right_and_wrong_look_alike_no_cut_is_recommended() -> None:
    assert recommended(replayed(200, 0.9, right=True) + replayed(200, 0.9, right=False, start=500)) is None


def test_the_worst_are_the_surest_of_the_wrong() -> None:
    wrong = replayed(12, 0.7, right=False) + replayed(1, 0.99, right=False, start=900)
    assert [one.number for one in worst([ONE, *wrong])][:2] == [900, 100]
    assert len(worst(wrong)) == 10
    assert worst([replace(wrong[0], said=False)]) == []
