"""Which decisions people found right, week by week, and whether the stated probabilities hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.quality import Judgement, by_week, judgements, precision, recall, reliability
from bot.storage.look_records import Naming, Spoken
from bot.storage.records import FeedbackRecord, MissedRecord

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def named(number: int, other: int, day: float = 0, verdict: str = "duplicate", probability: float = 0.8) -> Naming:
    return Naming(number, MONDAY + day * DAY, verdict, other, probability)


def word(number: int, kind: str, other: int | None = None, day: float = 1) -> FeedbackRecord:
    return FeedbackRecord(7, number, kind, MONDAY + day * DAY, "mia", "comment", other)


def judged(*, words=(), closed=None, namings=(), duplicates=None) -> dict[int, bool]:
    spoken = Spoken(words, closed or {}, namings, duplicates or {})
    return {one.number: one.right for one in judgements(spoken)}


def test_what_people_confirm_is_right_and_what_they_part_is_wrong() -> None:
    namings = [named(5, 1), named(6, 1), named(7, 1)]
    words = [word(5, "duplicate", 1), word(6, "separated", 1), word(7, "objection")]
    assert judged(words=words, namings=namings) == {5: True, 6: False, 7: False}


def test_who_parts_a_pair_speaks_of_both_issues() -> None:
    assert judged(words=[word(5, "separated", 9)], namings=[named(9, 5)]) == {9: False}


def test_the_same_root_is_the_same_problem() -> None:
    words = [word(5, "duplicate", 2)]
    assert judged(words=words, namings=[named(5, 1)], duplicates={2: 1}) == {5: True}
    assert judged(words=words, namings=[named(5, 3)], duplicates={2: 1}) == {5: False}


def test_a_closing_as_a_duplicate_confirms_unless_somebody_says_otherwise() -> None:
    closed = {5: MONDAY + DAY, 6: MONDAY + DAY}
    namings = [named(5, 1), named(6, 1)]
    assert judged(closed=closed, namings=namings, words=[word(6, "separated", 1)]) == {5: True, 6: False}


def test_only_what_was_named_before_somebody_spoke_is_judged() -> None:
    assert judged(words=[word(5, "duplicate", 1, day=1)], namings=[named(5, 1, day=2)]) == {}
    assert judged(words=[word(5, "duplicate", 1)], namings=[named(5, 2), named(5, 1, day=0.5)]) == {5: True}
    assert judged(namings=[named(5, 1)]) == {}


def one(
    day: float, *, right: bool, probability: float = 0.8, verdict: str = "duplicate", spoken: float = 0
) -> Judgement:
    at = MONDAY + day * DAY
    return Judgement(5, 1, verdict, probability, at, at + spoken * DAY, right)


def test_precision_goes_by_the_week_of_the_decision_and_recall_by_the_week_of_the_word() -> None:
    made = [one(0, right=True, spoken=7), one(1, right=False), one(8, right=True, verdict="related")]
    missed = [MissedRecord(7, 9, 2, MONDAY + 8 * DAY, MONDAY + 9 * DAY, "not retrieved")]
    first, second = by_week(made, missed, MONDAY + 9 * DAY, 2)
    assert (first.begins, second.begins) == (date(2026, 3, 2), date(2026, 3, 9))
    assert (first.precision.right, first.precision.whole) == (1, 2)
    assert second.precision.part is None
    assert (first.recall.whole, second.recall.right, second.recall.whole) == (0, 2, 3)
    assert (precision(made).right, precision(made).whole) == (1, 2)
    assert (recall(made, missed).right, recall(made, missed).whole) == (2, 3)


def test_reliability_tells_what_was_stated_from_what_was_seen() -> None:
    found = reliability([one(0, right=True, probability=1.0), one(0, right=False, probability=0.9)])
    assert [(round(bin_.stated, 2), bin_.seen.part) for bin_ in found.bins] == [(0.95, 0.5)]
    assert found.brier == pytest.approx(0.405)
    assert found.ece == pytest.approx(0.45)
    assert reliability([]).ece is None
