"""Which of the bot's comments are asked about: each within the hour, fresh ones more often, never too many."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.activities.reactions import FRESH, MOST, MOST_OLD, Ears
from bot.storage.records import OwnComment

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = timedelta(minutes=10)


def comment(number: int, age: timedelta) -> OwnComment:
    return OwnComment(number, 1000 + number, NOW - age)


@given(st.lists(st.integers(0, 13 * 24 * 60), max_size=20))
def test_each_comment_is_asked_about_within_the_hour_and_a_fresh_one_at_each_run(ages: list[int]) -> None:
    comments = [comment(number, timedelta(minutes=age)) for number, age in enumerate(ages)]
    ears, last = Ears(), {one.id: NOW for one in comments}
    for run in range(14):
        now = NOW + run * RUN
        for one in ears.due(comments, now):
            ears.heard(one, now, None)
            last[one.id] = now
        for one in comments:
            allowed = timedelta() if now - one.at < FRESH else timedelta(minutes=50)
            assert now - last[one.id] <= allowed


def test_a_run_asks_no_more_than_it_may_and_those_who_waited_longest_first() -> None:
    comments = [comment(number, timedelta(minutes=number)) for number in range(MOST + 50)]
    ears = Ears()
    first = ears.due(comments, NOW)
    assert len(first) == MOST
    assert first[0].number == 0  # the newest
    for one in first:
        ears.heard(one, NOW, '"tag"')
    second = ears.due(comments, NOW + RUN)
    assert {one.number for one in second[:50]} == set(range(MOST, MOST + 50))
    assert ears.etag(first[0]) == '"tag"'


def test_inv_17_an_old_comment_is_asked_about_daily_for_ever_however_many_newer_ones_there_are() -> None:
    recent = [comment(number, timedelta(days=2, minutes=number)) for number in range(3 * MOST)]
    old = [comment(5000 + number, timedelta(days=20 + number)) for number in range(2 * MOST_OLD)]
    ears, asked = Ears(), Counter[int]()
    for run in range(6 * 24 * 2):  # two days
        now = NOW + run * RUN
        due = ears.due([*recent, *old], now)
        assert len(due) <= MOST
        for one in due:
            ears.heard(one, now, None)
            asked[one.number] += 1
    assert {asked[one.number] for one in old} <= {2, 3}
    assert min(asked[one.number] for one in recent) >= 2 * 24 * 0.9


def test_inv_17_old_comments_alone_may_use_a_whole_run() -> None:
    old = [comment(number, timedelta(days=400)) for number in range(MOST + 1)]
    assert len(Ears().due(old, NOW)) == MOST


def test_what_was_not_asked_about_for_long_is_forgotten() -> None:
    ears, one = Ears(), comment(1, timedelta())
    ears.heard(one, NOW, '"tag"')
    ears.forget(NOW)
    assert ears.etag(one) == '"tag"'
    ears.forget(NOW + RUN)
    assert ears.etag(one) is None
