"""Looking for waves: once for each, quietly for the past, and never in a decision's way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.activities.judge import judge
from bot.activities.waves import News, follow_waves, learn_waves, look, wave_view
from bot.comment import WaveView
from bot.errors import StorageError
from bot.services import Services
from bot.storage.records import RepositoryRecord, WaveRecord
from bot.vetoes import WAVE_BUDGET
from models.cluster import Cluster, Generation, Wave
from tests.fakes.small_world import CONFIG, LABEL, NAME, World

CLUSTER = "extra"
REPORTS = 6


@pytest.fixture
def old(known: World) -> World:
    """The repository has a past of half a year, in which there was nothing of the kind."""
    known.github.add_issue(NAME, "The first report of all", "Long ago.", created_at=known.clock() - timedelta(days=200))
    known.learn()
    return known


def burst(world: World, count: int = REPORTS) -> list[News]:
    """Reports of the known cluster, each decided and looked at."""
    news = []
    for _ in range(count):
        world.triage(world.report())
        news += look(world.services, world.repository, CLUSTER)
    return news


def sudden(world: World, count: int = REPORTS) -> list[News]:
    """The same as members that are there all at once: quicker, and without comments."""
    joined(world, *[world.clock()] * count)
    return look(world.services, world.repository, CLUSTER)


def waves(world: World) -> list[WaveRecord]:
    return list(world.storage.waves(world.repository.id))


def joined(world: World, *at: datetime, cluster: str = CLUSTER) -> list[int]:
    """Members that the history brought, reported at these moments."""
    numbers = [world.report(created_at=moment) for moment in at]
    world.learn()
    for number in numbers:
        world.storage.join_cluster(world.repository.id, cluster, number)
    return numbers


def members_of(world: World, cluster: str = CLUSTER) -> list[int]:
    found = world.storage.cluster_reports(world.repository.id, cluster)
    return [number for _, number in found.get(cluster, ())]


Look = Callable[[Services, RepositoryRecord], list[News]]


def look_there(services: Services, repository: RepositoryRecord) -> list[News]:
    """As after a decision, at the cluster where the reports are now."""
    return look(services, repository, "c77")


def test_a_burst_makes_one_alarm(old: World) -> None:
    with capture_logs() as logs:
        news = burst(old)
    (row,) = waves(old)
    assert news == [News(row.id or 0, ended=False)]
    assert [one["event"] for one in logs].count("wave.noticed") == 1
    assert (row.cluster_id, row.alarmed, row.wave.ended_at) == (CLUSTER, True, None)
    assert row.wave.reports >= REPORTS
    assert row.last_number == max(old.fake.issues)
    assert old.storage.wave_counts() == {"on": 1, "alarmed": 1, "failed": 0}


def test_a_few_reports_make_none(old: World) -> None:
    assert burst(old, 3) == []
    assert waves(old) == []


def test_inv_31_looking_again_changes_nothing(old: World) -> None:
    sudden(old)
    before = waves(old)
    assert look(old.services, old.repository, CLUSTER) == []
    assert waves(old) == before


def test_a_cluster_that_nobody_is_in_has_no_wave(old: World) -> None:
    assert look(old.services, old.repository, "unknown") == []


def test_the_end_is_noticed_and_told_once(old: World) -> None:
    sudden(old)
    (row,) = waves(old)
    assert follow_waves(old.services, old.repository) == [News(row.id or 0, ended=False)], "nobody was told yet"
    old.storage.wave_told(row.id or 0, ended=False, at=old.clock())
    assert follow_waves(old.services, old.repository) == []
    old.clock.forward(hours=30)
    with capture_logs() as logs:
        assert follow_waves(old.services, old.repository) == [News(row.id or 0, ended=True)]
    assert [one["event"] for one in logs] == ["wave.ended"]
    (ended,) = waves(old)
    assert ended.wave.ended_at is not None
    assert abs(ended.wave.ended_at - row.wave.last_arrival_at - timedelta(hours=24)) < timedelta(seconds=1)
    old.storage.wave_told(row.id or 0, ended=True, at=old.clock())
    assert follow_waves(old.services, old.repository) == []


def test_what_ended_long_ago_is_no_news(old: World) -> None:
    sudden(old)
    old.clock.forward(days=9)
    assert follow_waves(old.services, old.repository) == []


def test_a_later_burst_is_another_wave(old: World) -> None:
    sudden(old)
    old.clock.forward(days=20)
    follow_waves(old.services, old.repository)
    news = sudden(old)
    assert len(news) == 1
    assert [one.wave.ended_at is None for one in waves(old)] == [True, False]


def test_a_report_long_after_the_last_one_ends_the_wave_and_begins_none(old: World) -> None:
    sudden(old)
    (row,) = waves(old)
    old.clock.forward(days=3)
    assert burst(old, 1) == [News(row.id or 0, ended=True)]
    assert len(waves(old)) == 1


def test_a_wave_of_the_past_is_kept_but_is_nobodys_alarm(old: World) -> None:
    began = old.clock() - timedelta(days=60)
    joined(old, *(began + timedelta(hours=hour) for hour in range(9)))
    with capture_logs() as logs:
        assert learn_waves(old.services, old.repository) == []
    (row,) = waves(old)
    assert (row.alarmed, row.wave.began_at, row.wave.reports) == (False, began, 9)
    assert "wave.noticed" not in [one["event"] for one in logs]
    assert learn_waves(old.services, old.repository) == []
    assert waves(old) == [row]
    assert follow_waves(old.services, old.repository) == []


def test_a_wave_that_was_on_while_the_bot_was_away_is_not_told_as_new(old: World) -> None:
    joined(old, *(old.clock() - timedelta(days=3, hours=hour / 10) for hour in range(9)))
    old.storage.leave_cluster(old.repository.id, 5)  # reported today, long after the others: it would end the wave
    assert look(old.services, old.repository, CLUSTER) == []
    (row,) = waves(old)
    assert not row.alarmed


def test_a_wave_that_an_import_finds_on_is_told(old: World) -> None:
    joined(old, *(old.clock() - timedelta(hours=hour / 4) for hour in range(9)))
    (news,) = learn_waves(old.services, old.repository)
    assert not news.ended
    assert old.storage.waves(old.repository.id, on=True)


def test_a_wave_follows_its_reports_into_the_cluster_that_has_them_after_a_refit(old: World) -> None:
    sudden(old)
    (row,) = waves(old)
    members = tuple(sorted(number for _, number in old.storage.cluster_reports(old.repository.id)[CLUSTER]))
    old.storage.publish(old.repository.id, Generation(99, old.clock(), (Cluster("c5", "Another id", members=members),)))
    follow_waves(old.services, old.repository)
    (moved,) = waves(old)
    assert (moved.cluster_id, moved.wave, moved.id) == ("c5", row.wave, row.id)


def moved(world: World, numbers: Sequence[int], to: str = "c77") -> None:
    """A person, or a refit, puts the reports into another cluster, which never had a wave."""
    there = world.storage.current_generation(world.repository.id)
    assert there is not None
    members = tuple(sorted(numbers))
    world.storage.amend(world.repository.id, [Cluster(to, "Uploads", None, None, members[0], members)])


def told(world: World, reports: int) -> WaveRecord:
    """A wave of so many reports of which people were told."""
    sudden(world, reports)
    (row,) = waves(world)
    world.storage.wave_told(row.id or 0, ended=False, at=world.clock())
    return row


@pytest.mark.parametrize("looked", [look_there, learn_waves, follow_waves])
@pytest.mark.parametrize("left", [0, 2])
def test_a_wave_whose_reports_go_to_another_cluster_goes_with_them_and_is_no_second_alarm(
    old: World, looked: Look, left: int
) -> None:
    """Also where the cluster that they leave lives on with a few."""
    row = told(old, 9)
    moved(old, members_of(old)[-9 + left :])
    with capture_logs() as logs:
        assert looked(old.services, old.repository) == []
    (now,) = waves(old)
    assert (now.id, now.cluster_id, now.wave.ended_at) == (row.id, "c77", None)
    assert "wave.noticed" not in [one["event"] for one in logs]


@pytest.mark.parametrize("looked", [look_there, learn_waves, follow_waves])
@pytest.mark.parametrize("last", ["elsewhere", "nowhere", "deleted"])
def test_a_wave_goes_where_most_of_its_reports_go_though_the_last_one_is_not_there(
    old: World, looked: Look, last: str
) -> None:
    """A person pinned it to a third cluster, told it apart, or it was deleted on GitHub, before the others moved."""
    row = told(old, 12)
    reports = members_of(old)[-12:]
    if last == "elsewhere":
        moved(old, reports[-1:], "c78")
    elif last == "nowhere":
        old.storage.leave_cluster(old.repository.id, reports[-1])
    else:
        old.storage.delete_issue(old.repository.id, reports[-1])
    moved(old, reports[:-1])
    assert looked(old.services, old.repository) == []
    (now,) = waves(old)
    assert (now.id, now.cluster_id, now.wave.ended_at) == (row.id, "c77", None)


@pytest.mark.parametrize("looked", [look_there, learn_waves, follow_waves])
def test_a_few_reports_that_go_to_another_cluster_take_no_wave_along(old: World, looked: Look) -> None:
    sudden(old, 9)
    moved(old, members_of(old)[-3:])
    looked(old.services, old.repository)
    (now,) = waves(old)
    assert (now.cluster_id, now.wave.ended_at) == (CLUSTER, None)


def test_a_wave_whose_cluster_is_gone_is_over(old: World) -> None:
    sudden(old)
    old.storage.publish(old.repository.id, Generation(99, old.clock()))
    follow_waves(old.services, old.repository)
    assert waves(old)[0].wave.ended_at == waves(old)[0].wave.last_arrival_at


# --- nothing here fails a decision


def test_inv_35_a_look_that_fails_is_logged_and_counted(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "what a person wrote"

    def broken(*_: Any) -> None:
        raise ValueError(secret)

    monkeypatch.setattr("bot.activities.waves.notice", broken)
    with capture_logs() as logs:
        assert burst(old, 1) == []
    (line,) = [one for one in logs if one["event"] == "wave.look_failed"]
    assert line["reason"].startswith("ValueError at ")
    assert secret not in str(logs)
    assert old.storage.wave_counts()["failed"] == 1


def test_inv_35_a_look_that_cannot_even_be_counted_is_logged(old: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise StorageError("the disk is full")

    repository = old.repository
    monkeypatch.setattr(type(old.storage), "waves", broken)
    monkeypatch.setattr(type(old.storage), "start_task", broken)
    with capture_logs() as logs:
        assert follow_waves(old.services, repository) == []
    assert [one["event"] for one in logs] == ["wave.look_failed", "wave.look_not_counted"]


# --- what it makes of the comment


def test_during_a_wave_the_comment_is_short_and_says_how_many(old: World) -> None:
    burst(old)
    number = old.report()
    old.triage(number)
    (comment,) = old.comments(number)
    assert "| #5 |" not in comment
    assert "in the last hour)" in comment


def test_inv_23_neither_the_beginning_nor_the_end_of_a_wave_rewrites_a_comment(old: World) -> None:
    before, during = old.report(), 0
    old.triage(before)
    burst(old)
    during = old.report()
    old.triage(during)
    said = [old.comments(before), old.comments(during)]
    written = len(old.github.writes)
    old.triage(before)
    old.clock.forward(days=2)
    follow_waves(old.services, old.repository)
    old.triage(during)
    assert [old.comments(before), old.comments(during)] == said
    assert len(old.github.writes) == written


def test_inv_30_a_waves_budget_is_spent_by_its_comments_and_comes_back_with_the_hour(old: World) -> None:
    burst(old)
    old.fake.config = CONFIG + b"limits: {wave_comments_per_hour: 3}\n"
    old.clock.forward(minutes=70)
    numbers = [old.report() for _ in range(5)]
    decisions = [old.triage(number) for number in numbers]
    assert [bool(old.comments(number)) for number in numbers] == [True, True, True, False, False]
    assert [LABEL in old.issue(number).labels for number in numbers] == [True, True, True, False, False]
    assert [WAVE_BUDGET in one.body["vetoes"] for one in decisions] == [False, False, False, True, True]
    assert {one.verdict for one in decisions} == {"duplicate"}
    members = [number for _, number in old.storage.cluster_reports(old.repository.id, CLUSTER)[CLUSTER]]
    assert set(numbers) <= set(members)
    old.clock.forward(minutes=70)
    old.triage(numbers[4])
    assert old.comments(numbers[4])


def test_another_clusters_wave_leaves_the_comment_as_it_is(old: World) -> None:
    moment = old.clock()
    wave = Wave(moment, moment, 9, 0.1, 9, moment, 1e-9)
    old.storage.start_wave(WaveRecord(None, old.repository.id, "other", wave, 1))
    number = old.report()
    old.triage(number)
    assert "| #5 |" in old.comments(number)[0]
    assert judge(old.services, old.repository, number, old.config).case.history.waves == {}


def test_a_wave_is_told_by_as_many_hours_as_it_lasts_a_day_at_most(old: World) -> None:
    now = old.clock()
    reported = [now - timedelta(hours=hour) for hour in range(50)]
    row = WaveRecord(1, 1, CLUSTER, Wave(now, now, 9, 0.1, 9, now, 1e-9), 1)
    for hours, said in ((0, WaveView(2, 1)), (0.5, WaveView(2, 1)), (5, WaveView(6, 5)), (40, WaveView(25, 24))):
        began = replace(row, wave=replace(row.wave, began_at=now - timedelta(hours=hours)))
        assert wave_view(began, reported, now) == said
    assert wave_view(row, reported, now - timedelta(hours=1)) is None
    assert wave_view(None, reported, now) is None
