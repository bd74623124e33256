"""When a nightly refit is due: zones, spread, missed nights, failures, and clocks that jump."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.activities.due import PAUSE, TRIES, hour_of, is_due, night_of, turn_of
from bot.repo_config import parse
from bot.settings import Settings
from bot.storage.records import RefitRecord

BERLIN = ZoneInfo("Europe/Berlin")
DEFAULTS = Settings(_env_file=None)  # type: ignore[call-arg]  # pydantic-settings' own argument
NIGHT = datetime(2026, 3, 4, 2, 30, tzinfo=UTC)


def attempt(at: datetime, outcome: str | None = "published", origin: str = "nightly") -> RefitRecord:
    return RefitRecord(1, 7, origin, at, at, outcome)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_repository_says_when() -> None:
    config = parse('refit: {at: "13:30", zone: Europe/Berlin}')
    assert hour_of(DEFAULTS, config, 7) == (time(13, 30), BERLIN)
    assert parse("refit: {at: 13:30}").refit.at == "13:30"  # which YAML reads as a number


def test_the_operator_says_when_for_all_others() -> None:
    one = DEFAULTS.model_copy(update={"refit_at": "23:59", "refit_timezone": "Asia/Tokyo"})
    assert hour_of(one, parse(""), 7) == (time(23, 59), ZoneInfo("Asia/Tokyo"))
    assert hour_of(one, parse("refit: {zone: UTC}"), 7) == (time(23, 59), ZoneInfo("UTC"))


def test_repositories_are_spread_over_the_night_and_keep_their_place() -> None:
    over_midnight = DEFAULTS.model_copy(update={"refit_at": "22:00-02:00"})
    hours = [hour_of(over_midnight, parse(""), number)[0] for number in range(1000, 1400)]
    assert hours == [hour_of(over_midnight, parse(""), number)[0] for number in range(1000, 1400)]
    counts = Counter(hour.hour for hour in hours)
    assert set(counts) == {22, 23, 0, 1}
    assert min(counts.values()) > 80


@pytest.mark.parametrize(
    ("now", "night"),
    [
        ("2026-03-04T02:29:59", "2026-03-03T02:30"),
        ("2026-03-04T02:30:00", "2026-03-04T02:30"),
        ("2026-03-05T02:29:00", "2026-03-04T02:30"),
    ],
)
def test_a_night_begins_at_its_hour(now: str, night: str) -> None:
    assert night_of(at(now), time(2, 30), ZoneInfo("UTC")) == at(night)


def test_the_hour_is_that_of_the_zone_summer_and_winter() -> None:
    assert night_of(at("2026-01-10T12:00"), time(3, 30), BERLIN) == at("2026-01-10T02:30")
    assert night_of(at("2026-07-10T12:00"), time(3, 30), BERLIN) == at("2026-07-10T01:30")


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001 - it is UTC's, given its zone below
    st.times(),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago"]),
)
def test_every_moment_is_in_one_night_of_about_a_day(now: datetime, hour: time, zone: str) -> None:
    here = now.replace(tzinfo=UTC)
    night = night_of(here, hour, ZoneInfo(zone))
    assert timedelta() <= here - night <= timedelta(hours=25)
    assert night_of(night, hour, ZoneInfo(zone)) == night


def test_a_night_is_done_once() -> None:
    now = NIGHT + timedelta(hours=20)
    assert is_due([], NIGHT, now)
    assert is_due([attempt(NIGHT - timedelta(hours=1))], NIGHT, now)
    for outcome in ("published", "refused"):
        assert not is_due([attempt(NIGHT + timedelta(minutes=5), outcome)], NIGHT, now)
    assert not is_due([attempt(NIGHT + timedelta(hours=3), origin="by hand")], NIGHT, now)


def test_going_back_to_an_earlier_generation_is_no_refit() -> None:
    assert is_due([attempt(NIGHT + timedelta(hours=3), origin="rollback")], NIGHT, NIGHT + timedelta(hours=20))


@pytest.mark.parametrize("outcome", ["failed", None])
def test_what_failed_or_died_is_tried_again_after_a_pause_but_not_for_ever(outcome: str | None) -> None:
    first = attempt(NIGHT + timedelta(minutes=1), outcome)
    assert not is_due([first], NIGHT, first.started_at + PAUSE / 2)
    assert is_due([first], NIGHT, first.started_at + PAUSE)
    assert not is_due([first] * TRIES, NIGHT, NIGHT + timedelta(hours=20))


def test_what_people_began_by_hand_and_broke_off_leaves_the_night_its_tries() -> None:
    by_hand = [attempt(NIGHT + timedelta(minutes=minute), None, "by hand") for minute in (30, 20, 10)]
    assert is_due(by_hand, NIGHT, NIGHT + timedelta(hours=2))
    assert not is_due(by_hand, NIGHT, NIGHT + timedelta(minutes=40))


def test_a_clock_that_jumped_ahead_and_came_back_does_not_stop_the_nights() -> None:
    next_year = attempt(NIGHT + timedelta(days=365))
    assert is_due([next_year], NIGHT, NIGHT + timedelta(minutes=1))
    a_little = attempt(NIGHT + timedelta(minutes=5))
    assert not is_due([a_little], NIGHT, NIGHT + timedelta(minutes=1))


def test_where_no_try_could_be_noted_the_pauses_grow_and_a_night_has_few() -> None:
    begins = [turn_of(NIGHT, NIGHT + timedelta(minutes=minute)) for minute in range(25 * 60 + 1)]
    assert sorted(set(begins)) == [1, 2, 3, 4, 5]
    assert [begins.index(turn) // 60 for turn in (1, 2, 3, 4, 5)] == [0, 1, 3, 7, 15]
    assert begins == sorted(begins)
    assert turn_of(NIGHT, NIGHT - timedelta(minutes=1)) == turn_of(NIGHT, NIGHT - 9 * timedelta(days=1)) == 0
