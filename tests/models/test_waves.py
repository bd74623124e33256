"""Waves: noticed early, ended in time, and no more false alarms than promised."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped] # it ships no types

from models.clumps import CLUMPED, ORDINARY, learn_clumps
from models.cluster import Wave
from models.rhythm import Rhythm, learn
from models.waves import FALSE_ALARMS, LEAST, Past, follow, level, notice, replay

START = datetime(2025, 6, 2, tzinfo=UTC)
TODAY = START + timedelta(days=300)
PAST = Past(START, Rhythm(per_year=5000))


def after(*hours: float, since: datetime = TODAY) -> list[datetime]:
    return [since + timedelta(hours=hour) for hour in hours]


def burst(reports: int, hours: float, since: datetime = TODAY) -> list[datetime]:
    return after(*np.linspace(0, hours, reports).tolist(), since=since)


def monthly() -> list[datetime]:
    return [START + timedelta(days=30 * month, hours=7) for month in range(10)]


def noticed(arrivals: Sequence[datetime], past: Past = PAST) -> Wave:
    (found,) = replay(arrivals, past, TODAY + timedelta(hours=20))
    return found


# --- noticing


@pytest.mark.parametrize("history", [[], monthly()], ids=["a fresh group", "a cluster with a past"])
@pytest.mark.parametrize("hours", [0.5, 5, 20])
def test_a_burst_is_noticed_within_its_first_ten_reports(history: list[datetime], hours: float) -> None:
    found = noticed([*history, *burst(14, hours)])
    assert found.began_at == TODAY
    assert burst(14, hours).index(found.noticed_at) < 10
    assert (found.reports, found.ended_at, found.last_arrival_at) == (14, None, burst(14, hours)[-1])
    assert found.probability < level(PAST.rhythm)
    assert found.expected < 0.1


def test_what_always_came_like_this_is_no_wave() -> None:
    daily = [START + timedelta(hours=6 * report) for report in range(1200)]
    assert replay(daily, PAST, TODAY) == ()


def test_a_rare_handful_is_nobodys_alarm() -> None:
    assert notice(burst(LEAST - 1, 0.01), PAST) is None


def test_a_repository_that_began_today_has_nothing_usual_yet() -> None:
    assert notice(burst(30, 3), Past(TODAY - timedelta(hours=2), PAST.rhythm)) is None
    assert notice(burst(30, 3), Past(TODAY + timedelta(days=2), PAST.rhythm)) is None


def test_no_reports_make_no_wave() -> None:
    assert notice([], PAST) is None
    assert replay([], PAST, TODAY) == ()


def test_reports_of_one_moment_count_each() -> None:
    found = notice([TODAY] * 12, PAST)
    assert found is not None
    assert (found.reports, found.peak_per_hour, found.began_at, found.noticed_at) == (12, 12, TODAY, TODAY)


def test_the_busier_the_cluster_the_more_it_takes() -> None:
    quiet, busy = monthly(), [START + timedelta(hours=20 * day) for day in range(350)]
    needed = [burst(40, 20).index(noticed([*history, *burst(40, 20)]).noticed_at) for history in (quiet, busy)]
    assert needed[0] < needed[1]


def test_the_busier_the_repository_the_more_it_takes() -> None:
    busy = Past(START, Rhythm(per_year=500_000))
    assert noticed(burst(40, 20), PAST).noticed_at < noticed(burst(40, 20), busy).noticed_at


def test_a_burst_in_the_hours_that_are_always_busy_is_less_of_one() -> None:
    office = [START + timedelta(days=day, hours=9) for day in range(300)]
    rhythm = learn(office * 10, START, TODAY)
    morning, night = (after(*np.linspace(hour, hour + 0.9, 8)) for hour in (9, 21))
    tails = [notice([*office, *hours], Past(START, rhythm)) for hours in (morning, night)]
    assert tails[0] is None or tails[1] is not None
    assert tails[1] is not None


def test_an_earlier_wave_is_not_taken_for_what_is_usual() -> None:
    before = burst(60, 30, TODAY - timedelta(days=40))
    with_it = Past(START, PAST.rhythm, ((before[0], before[-1] + timedelta(hours=24)),))
    calm = notice(burst(12, 10), PAST)
    knowing = notice([*before, *burst(12, 10)], with_it)
    ignorant = notice([*before, *burst(12, 10)], PAST)
    assert calm is not None
    assert knowing is not None
    assert knowing.probability == pytest.approx(calm.probability, rel=0.05)
    assert ignorant is None or ignorant.probability > knowing.probability


def test_for_reports_without_clumps_it_is_the_exact_test_of_two_rates() -> None:
    even = [TODAY - timedelta(days=day, hours=1) for day in range(5, 175, 5)]
    found = notice([*even, *burst(9, 0.5)], replace(PAST, clumps=(1.0, 1.0, 1.0)))
    assert found is not None
    exposure, others = 180 * 24, 9 - 1
    assert found.probability == pytest.approx(binom.sf(others - 1, len(even) + others, 1 / (exposure + 1)), rel=1e-6)


# --- the promise: how often chance is taken for a wave


def chance(rng: np.random.Generator, rates: Sequence[float], days: int, clump: float) -> list[list[datetime]]:
    """Reports of clusters at constant rates a day; each brings `clump` others on average within hours."""
    clusters = []
    for rate in rates:
        first = rng.uniform(0, 24 * days, rng.poisson(rate * days / (1 + clump)))
        echoes = rng.geometric(1 / (1 + clump), len(first)) - 1
        all_of_them = [
            *first,
            *(one + rng.exponential(6) for one, more in zip(first, echoes, strict=True) for _ in range(more)),
        ]
        clusters.append(after(*all_of_them, since=START))
    return clusters


def taught(clusters: Sequence[Sequence[datetime]], now: datetime) -> Past:
    rhythm = learn(itertools.chain(*clusters), START, now)
    return Past(START, rhythm, clumps=learn_clumps(clusters, rhythm, START, now))


@pytest.mark.parametrize("clump", [0.0, 0.25, 1.0, 1.5])
def test_chance_makes_no_more_alarms_than_promised(clump: float) -> None:
    years, alarms = 0.0, 0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        clusters = chance(rng, (10 ** rng.uniform(-2.5, 0, 80)).tolist(), 730, clump)
        end = START + timedelta(days=730)
        past = taught(clusters, end)
        alarms += sum(len(replay(one, past, end)) for one in clusters)
        years += 2
    assert alarms <= FALSE_ALARMS * years


def test_where_reports_always_come_in_clumps_it_takes_more_of_them() -> None:
    rng = np.random.default_rng(4)
    smooth, rough = (taught(chance(rng, [0.2] * 80, 290, clump), TODAY) for clump in (0.0, 1.0))
    assert smooth.clumps == pytest.approx((CLUMPED,) * 3, abs=0.1)
    assert rough.clumps[0] < rough.clumps[1] < rough.clumps[2]
    assert 2 < rough.clumps[2] < 3.5  # in truth 3: the mean of squares of a geometric size by its mean
    needed = [burst(40, 6).index(noticed(burst(40, 6), past).noticed_at) for past in (smooth, rough)]
    assert needed[0] < needed[1] < 25


def test_waves_of_the_past_teach_little_roughness() -> None:
    rng = np.random.default_rng(5)
    calm = chance(rng, [0.1] * 60, 290, 0.0)
    hit = [[*one, *burst(60, 48, TODAY - timedelta(days=3 * at + 5))] for at, one in enumerate(calm[:4])]
    for was, now in zip(taught(calm, TODAY).clumps, taught([*hit, *calm[4:]], TODAY).clumps, strict=True):
        assert now < 1.6 * was


def test_of_a_repository_without_clusters_or_days_nothing_is_learned() -> None:
    assert taught([], TODAY).clumps == ORDINARY
    assert learn_clumps([burst(9, 1, START)], Rhythm(), START, START + timedelta(minutes=5)) == ORDINARY


def test_among_that_chance_every_real_wave_is_found() -> None:
    rng = np.random.default_rng(7)
    clusters = chance(rng, (10 ** rng.uniform(-2.5, 0, 60)).tolist(), 290, 0.25)
    past = taught(clusters, TODAY)
    hit = [[*one, *burst(25, 12)] for one in clusters]
    found = [replay(one, past, TODAY + timedelta(hours=13)) for one in hit]
    assert all(waves and waves[-1].ended_at is None for waves in found)


# --- the end


def test_a_wave_ends_when_its_last_report_leaves_the_longest_window() -> None:
    (found,) = replay(burst(14, 5), PAST, TODAY + timedelta(days=9))
    assert found.ended_at == TODAY + timedelta(hours=29)
    assert (found.reports, found.peak_per_hour) == (14, 3)


def test_a_wave_goes_on_as_long_as_its_reports_come() -> None:
    wave = noticed([*monthly(), *burst(12, 6)])
    late = [*monthly(), *burst(12, 6), *after(20, 30, 45, 60, 75)]
    assert follow(wave, late, PAST, TODAY + timedelta(hours=80)).ended_at is None
    ended = follow(wave, late, PAST, TODAY + timedelta(hours=200))
    assert ended.ended_at == TODAY + timedelta(hours=75 + 24)
    assert ended.reports == 17


def test_in_a_cluster_that_has_reports_every_day_a_wave_ends_though_they_come() -> None:
    daily = [START + timedelta(hours=12 * half) for half in range(640)]
    arrivals = sorted([*daily, *burst(60, 20)])
    (found,) = replay(arrivals, PAST, daily[-1])
    assert found.ended_at is not None
    assert timedelta(hours=10) < found.ended_at - burst(60, 20)[-1] < timedelta(hours=30)


def test_what_was_to_be_expected_is_counted_over_the_whole_wave() -> None:
    daily = [START + timedelta(hours=12 * half) for half in range(598)]
    found = replay([*daily, *burst(144, 72)], PAST, TODAY + timedelta(hours=73))[-1]
    assert found.reports >= 140
    assert 5 < found.expected < 7, "two a day, in three days"


def test_a_second_wave_after_the_end_of_the_first_is_another_one() -> None:
    first, second = replay([*burst(14, 5), *after(*range(100, 114))], PAST, TODAY + timedelta(days=20))
    assert first.ended_at is not None
    assert second.began_at == TODAY + timedelta(hours=100)


@pytest.mark.parametrize("now", [TODAY - timedelta(days=400), TODAY, TODAY + timedelta(hours=4)])
def test_a_clock_that_goes_back_ends_nothing(now: datetime) -> None:
    wave = noticed(burst(14, 5))
    assert follow(wave, burst(14, 5), PAST, now) == wave


def test_a_clock_that_jumped_ahead_ends_the_wave_when_it_would_have_ended_and_a_report_takes_it_up_again() -> None:
    wave = noticed(burst(14, 5))
    ended = follow(wave, burst(14, 5), PAST, TODAY + timedelta(days=3000))
    assert ended.ended_at == TODAY + timedelta(hours=29)
    again = follow(ended, [*burst(14, 5), *after(9)], PAST, TODAY + timedelta(hours=9))
    assert (again.ended_at, again.reports) == (None, 15)


def test_a_wave_whose_reports_are_gone_is_over() -> None:
    wave = noticed(burst(14, 5))
    assert follow(wave, monthly(), PAST, TODAY).ended_at == wave.last_arrival_at


# --- for any reports at all

HOURS = st.lists(st.integers(-200, 200).map(lambda quarter: quarter / 4), max_size=60)


@given(HOURS, st.integers(-300, 300), st.randoms())
def test_waves_of_any_reports_are_in_order_and_whole(hours: list[float], now: int, random: object) -> None:
    arrivals = [*monthly(), *after(*hours)]
    found = replay(arrivals, PAST, TODAY + timedelta(hours=now))
    random.shuffle(arrivals)  # type: ignore[attr-defined] # hypothesis' own Random
    assert replay(arrivals, PAST, TODAY + timedelta(hours=now)) == found
    for wave in found:
        assert wave.began_at <= wave.noticed_at
        assert wave.began_at <= wave.last_arrival_at <= (wave.ended_at or max(arrivals))
        assert wave.reports >= LEAST
        assert 1 <= wave.peak_per_hour <= wave.reports
        assert wave.ended_at is None or wave.ended_at > wave.noticed_at
    assert all(one.ended_at is not None for one in found[:-1])
    for one, two in itertools.pairwise(found):
        assert one.ended_at is not None
        assert one.ended_at < two.began_at


@given(HOURS, st.floats(0, 100))
def test_when_one_looks_does_not_change_when_a_wave_ended(hours: list[float], step: float) -> None:
    arrivals = [*burst(10, 2), *after(*(abs(hour) for hour in hours))]
    wave = notice(burst(10, 2), PAST)
    assert wave is not None
    later = TODAY + timedelta(hours=500)
    once = follow(wave, arrivals, PAST, later)
    assert follow(follow(wave, arrivals, PAST, TODAY + timedelta(hours=step)), arrivals, PAST, later) == once


@given(st.integers(LEAST, 30), st.floats(0, 20))
def test_one_report_more_never_makes_a_wave_more_ordinary(reports: int, hours: float) -> None:
    fewer, more = (notice(burst(count, hours), PAST) for count in (reports, reports + 3))
    if fewer is not None:
        assert more is not None
        assert more.probability <= fewer.probability
