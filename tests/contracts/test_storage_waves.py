"""The storage contract on waves, over both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord, WaveRecord
from models.cluster import Cluster, Generation, Wave
from tests.fakes.stored import NOON, REPOSITORY, at, decision, effect, stored_issue

WAVE = Wave(at(0), at(30), 9, 0.25, 6, at(30), 1.5e-7)


def wave(cluster: str = "c1", began: datetime = WAVE.began_at, **changes: Any) -> WaveRecord:
    return WaveRecord(None, REPOSITORY, cluster, replace(WAVE, began_at=began, **changes), 12)


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def test_a_wave_comes_back_as_it_was_kept(storage: Storage) -> None:
    made = storage.start_wave(wave())
    assert made is not None
    assert storage.wave(made) == replace(wave(), id=made)
    assert storage.wave(made + 1) is None


def test_inv_31_a_wave_is_noticed_once_however_often_it_is_tried(storage: Storage) -> None:
    assert storage.start_wave(wave()) is not None
    assert storage.start_wave(wave()) is None
    assert storage.start_wave(wave(began=at(5))) is None, "one is on"
    assert len(storage.waves(REPOSITORY)) == 1


def test_after_its_end_another_one_may_begin_but_never_the_same(storage: Storage) -> None:
    first = storage.start_wave(wave())
    storage.save_wave(replace(wave(ended_at=at(60)), id=first))
    assert storage.start_wave(wave()) is None
    assert storage.start_wave(wave(began=at(90))) is not None


def test_waves_are_listed_by_repository_cluster_and_whether_they_are_on_newest_first(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(2, "acme/two"))
    storage.start_wave(wave("a", at(1), ended_at=at(40)))
    storage.start_wave(wave("b", at(2)))
    storage.start_wave(wave("a", at(3)))
    storage.start_wave(replace(wave("a", at(4)), repository_id=2))
    assert [one.wave.began_at for one in storage.waves()] == [at(4), at(3), at(2), at(1)]
    assert [one.cluster_id for one in storage.waves(REPOSITORY)] == ["a", "b", "a"]
    assert [one.wave.began_at for one in storage.waves(REPOSITORY, cluster_id="a")] == [at(3), at(1)]
    assert [one.wave.began_at for one in storage.waves(REPOSITORY, cluster_id="a", on=True)] == [at(3)]
    assert len(storage.waves(limit=2)) == 2


def test_what_the_webhook_was_told_outlives_a_later_save(storage: Storage) -> None:
    made = storage.start_wave(wave())
    assert made is not None
    storage.wave_told(made, ended=False, at=at(31))
    storage.save_wave(replace(wave(reports=20), id=made, last_number=30))
    storage.wave_told(made, ended=True, at=at(99))
    found = storage.wave(made)
    assert found is not None
    assert (found.told_began_at, found.told_ended_at, found.wave.reports, found.last_number) == (at(31), at(99), 20, 30)


def test_waves_and_failed_looks_are_counted(storage: Storage) -> None:
    assert storage.wave_counts() == {"on": 0, "alarmed": 0, "failed": 0}
    storage.start_wave(wave("a"))
    storage.start_wave(wave("b", ended_at=at(40)))
    storage.start_wave(replace(wave("c", ended_at=at(40)), alarmed=False))
    storage.finish_task(storage.start_task("look_for_waves", "acme/shop"), "ValueError")
    storage.finish_task(storage.start_task("look_for_waves", "acme/shop"))
    assert storage.wave_counts() == {"on": 1, "alarmed": 2, "failed": 1}


def test_the_reports_of_clusters_are_those_of_the_generation_in_force(storage: Storage) -> None:
    storage.save_issues(REPOSITORY, [stored_issue(number, created_at=at(-number)) for number in range(1, 6)])
    assert storage.cluster_reports(REPOSITORY) == {}
    storage.publish(REPOSITORY, Generation(1, NOON, (Cluster("a", "A", members=(1, 2)),)))
    storage.publish(
        REPOSITORY, Generation(2, NOON, (Cluster("a", "A", members=(1, 3)), Cluster("b", "B", members=(5,))))
    )
    assert storage.cluster_reports(REPOSITORY) == {"a": [(at(-3), 3), (at(-1), 1)], "b": [(at(-5), 5)]}
    assert storage.cluster_reports(REPOSITORY, "b") == {"b": [(at(-5), 5)]}
    assert storage.cluster_reports(2) == {}
    assert storage.cluster_of(REPOSITORY, 3) == "a"
    assert storage.cluster_of(REPOSITORY, 2) is None


def test_the_comments_of_a_cluster_are_those_that_were_or_will_be_written(storage: Storage) -> None:
    storage.publish(
        REPOSITORY, Generation(1, NOON, (Cluster("a", "A", members=(1, 2, 3)), Cluster("b", "B", members=(4,))))
    )
    states = {1: "planned", 2: "done", 3: "skipped", 4: "done"}
    for number, state in states.items():
        comment = effect(number, state=state, planned_at=at(number))
        storage.save_decision(decision(number), [comment, effect(number, kind="add-label", planned_at=at(number))])
    assert storage.cluster_comments_since(REPOSITORY, "a", NOON) == 2
    assert storage.cluster_comments_since(REPOSITORY, "a", at(1.5)) == 1
    assert storage.cluster_comments_since(REPOSITORY, "b", NOON) == 1
    assert storage.cluster_comments_since(REPOSITORY, "c", NOON) == 0
    edited = replace(decision(1), delivery_id="an edit", decided_at=at(9))
    storage.save_decision(edited, [effect(1, state="done", planned_at=at(9))])
    assert storage.cluster_comments_since(REPOSITORY, "a", NOON) == 2, "an edit is no other comment"
    assert storage.cluster_comments_since(REPOSITORY, "a", at(1.5)) == 1


def test_inv_45_forgetting_a_repository_forgets_its_waves(storage: Storage) -> None:
    storage.start_wave(wave())
    assert storage.forget_repository(REPOSITORY)["waves"] == 1
    assert storage.waves() == []
