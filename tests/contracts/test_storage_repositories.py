"""The storage contract on repositories, over both engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, MetaData, create_engine, make_url, select

from bot.errors import NotFound
from bot.storage.dashboard_records import ActRecord, SessionRecord
from bot.storage.look_records import BacktestRecord, MapRecord
from bot.storage.protocol import Storage
from bot.storage.records import (
    ConfigRecord,
    ImportRecord,
    LearnedRecord,
    MissedRecord,
    RateRecord,
    RepositoryRecord,
    WaveRecord,
)
from models.cluster import Cluster, Generation, Wave
from models.curation import Edit
from tests.fakes.stored import NOON, REPOSITORY, decision, delivery, effect, stored_issue, stored_vectors, word

SHOP = RepositoryRecord(REPOSITORY, "Acme/Shop", 9, "active", None, NOON, NOON, 12)


def test_a_repository_comes_back_as_it_was_saved(storage: Storage) -> None:
    storage.save_repository(SHOP)
    assert storage.repository_by_id(REPOSITORY) == SHOP
    assert storage.repository("acme/SHOP") == SHOP
    assert storage.repository("acme/other") is None
    assert storage.repository_by_id(1) is None


def test_a_rename_keeps_the_id_and_everything_under_it(storage: Storage) -> None:
    storage.save_repository(SHOP)
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    storage.save_repository(replace(SHOP, full_name="acme/store"))
    assert storage.repository("acme/shop") is None
    assert storage.repository("acme/store") is not None
    assert storage.issue_count(REPOSITORY) == 1


def test_a_name_that_moves_is_lost_by_who_held_it(storage: Storage) -> None:
    storage.save_repository(SHOP)
    storage.save_issues(REPOSITORY, [stored_issue(1)])
    storage.save_repository(RepositoryRecord(2, "ACME/shop"))
    assert storage.repository("acme/shop") == RepositoryRecord(2, "ACME/shop")
    loser = storage.repository_by_id(REPOSITORY)
    assert loser == replace(SHOP, full_name="")
    assert storage.repository("") is None
    assert storage.repositories() == [RepositoryRecord(2, "ACME/shop")]
    assert storage.issue_count(REPOSITORY) == 1
    storage.save_repository(replace(SHOP, full_name="acme/store"))
    assert [r.full_name for r in storage.repositories()] == ["ACME/shop", "acme/store"]


def test_two_repositories_can_swap_their_names(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(1, "a/one"))
    storage.save_repository(RepositoryRecord(2, "a/two"))
    storage.save_repository(RepositoryRecord(1, "a/two"))
    storage.save_repository(RepositoryRecord(2, "a/one"))
    assert storage.repository("a/one") == RepositoryRecord(2, "a/one")
    assert storage.repository("a/two") == RepositoryRecord(1, "a/two")


def test_removed_repositories_are_not_listed(storage: Storage) -> None:
    for number, (name, state) in enumerate([("b/b", "active"), ("a/a", "paused"), ("c/c", "removed")], start=1):
        storage.save_repository(RepositoryRecord(number, name, state=state))
    assert [record.full_name for record in storage.repositories()] == ["a/a", "b/b"]


def test_the_configuration_is_empty_until_it_was_read(storage: Storage) -> None:
    storage.save_repository(SHOP)
    assert storage.config(REPOSITORY) == ConfigRecord()
    record = ConfigRecord("etag", NOON, "labels: {}", "line 3: unknown key")
    storage.save_config(REPOSITORY, record)
    storage.save_config(REPOSITORY, replace(record, error=None))
    assert storage.config(REPOSITORY) == replace(record, error=None)


def test_which_issue_tells_of_a_configuration_is_kept_while_the_rest_is_saved(storage: Storage) -> None:
    storage.save_repository(SHOP)
    record = ConfigRecord("etag", NOON, "labels: {}", "line 3: unknown key")
    storage.save_config(REPOSITORY, record)
    storage.set_notice(REPOSITORY, 7)
    storage.save_config(REPOSITORY, replace(record, error=None))
    assert storage.config(REPOSITORY) == replace(record, error=None, notice_number=7)
    storage.set_notice(REPOSITORY, None)
    assert storage.config(REPOSITORY).notice_number is None


def test_nothing_is_kept_about_a_repository_that_is_not_known(storage: Storage) -> None:
    writes = [
        lambda: storage.save_issues(1, [stored_issue(1)]),
        lambda: storage.save_vectors(1, [stored_vectors(1)]),
        lambda: storage.save_config(1, ConfigRecord()),
        lambda: storage.save_learned(1, LearnedRecord(NOON)),
        lambda: storage.save_decision(decision(1, repository_id=1), []),
        lambda: storage.save_feedback(replace(word(1, "objection"), repository_id=1)),
        lambda: storage.publish(1, Generation(1, NOON)),
        lambda: storage.open_batch(1, "all", [1]),
        lambda: storage.set_status(1, "c", "fixed", "ada", NOON),
    ]
    for write in writes:
        with pytest.raises(NotFound):
            write()


def fill(storage: Storage, repository_id: int, name: str) -> None:
    """At least one row about the repository in every table, and its name in deliveries about others too."""
    storage.save_repository(RepositoryRecord(repository_id, name, repository_id))  # an installation of its own
    storage.save_rate_limits([RateRecord(repository_id, 5000, 1, NOON, NOON)])
    storage.save_import(ImportRecord(repository_id, NOON, error=name))
    storage.add_import_candidates(repository_id, [1])
    storage.save_config(repository_id, ConfigRecord(valid_text=name))
    storage.save_learned(repository_id, LearnedRecord(NOON, 2, frozenset({name}), {"of": name}))
    storage.save_issues(repository_id, [stored_issue(1, body=f"secret of {name}"), stored_issue(2)])
    storage.save_vectors(repository_id, [stored_vectors(1)])
    body = {"canonical": 2, "vetoes": ["target-locked"]}
    record = decision(1, 2, repository_id=repository_id, delivery_id="d", body=body)
    storage.save_decision(record, [effect(1, repository_id=repository_id)])
    storage.save_feedback(replace(word(1, "separated", 2), repository_id=repository_id))
    storage.publish(repository_id, Generation(1, NOON, (Cluster("c", "Title", members=(1, 2)),)))
    storage.start_delivery(delivery(f"of {name}", repository=name, repository_id=repository_id))
    storage.start_delivery(delivery(f"by name {name}", repository=name.upper(), repository_id=None))
    entry = {"id": repository_id, "full_name": name}
    details = {"repositories": [entry, {"id": 99, "full_name": "x/y"}], "names": [name, "x/y"], "new": name}
    storage.start_delivery(delivery(f"many of {name[-4:]}", repository=None, repository_id=None, details=details))
    storage.finish_task(storage.start_task("refit", name))
    storage.open_batch(repository_id, "all", [1, 2])
    storage.save_edit(repository_id, Edit("rename", NOON, "octocat", "c", value=name))
    storage.start_refit(repository_id, "nightly", NOON)
    storage.save_missed([MissedRecord(repository_id, 2, 1, NOON, NOON, "not-retrieved")])
    storage.save_act(ActRecord(None, repository_id, NOON, "octocat", "rename", "c", details={"value": name}))
    until = datetime.now(UTC) + timedelta(hours=1)
    storage.open_session(SessionRecord(f"s{repository_id}", "octocat", "github", NOON, until))
    storage.grant(f"s{repository_id}", {repository_id: "read"}, NOON)
    storage.set_status(repository_id, "c", name, "ada", NOON)
    storage.save_map(MapRecord(repository_id, NOON, 1, "m", 1, {"of": name}, b""))
    storage.save_backtest(BacktestRecord(repository_id, NOON, 1, {"of": name}))
    storage.start_wave(WaveRecord(None, repository_id, "c", Wave(NOON, NOON, 9, 0.25, 6, NOON, 1.5e-7), 2))


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = create_engine(make_url(database_url).set(drivername=_driver(database_url)))
    yield opened
    opened.dispose()


def test_inv_45_forgetting_leaves_no_row_and_no_name_in_any_table(storage: Storage, engine: Engine) -> None:
    fill(storage, 777001, "acme/forgotten")
    fill(storage, 777002, "acme/kept")
    before = dump(engine)
    assert all("acme/forgotten" in str(before).lower() and rows for rows in before.values())
    assert {"777001", "777002"} <= set(re.findall("77700[12]", str(before["rate_limits"])))
    deleted = storage.forget_repository(777001)
    after = dump(engine)
    assert set(deleted) == set(after)
    for table, rows in after.items():
        assert len(rows) == len(before[table]) - deleted[table]
        assert not [row for row in rows if "777001" in row or "acme/forgotten" in row.lower()]
        assert [row for row in rows if "777002" in row or "acme/kept" in row], table
    many = storage.delivery("many of tten")
    assert many is not None
    assert many.details == {"repositories": [{"id": 99, "full_name": "x/y"}], "names": ["x/y"]}


def test_forgetting_after_a_rename_takes_the_task_runs_of_the_old_name_too(storage: Storage) -> None:
    storage.save_repository(SHOP)
    storage.start_task("refit", "acme/shop")
    storage.save_repository(replace(SHOP, full_name="acme/store"))
    assert [run.repository for run in storage.task_runs()] == ["acme/store"]
    assert storage.forget_repository(REPOSITORY)["task_runs"] == 1


def test_forgetting_what_is_not_known_deletes_nothing(storage: Storage) -> None:
    assert set(storage.forget_repository(1).values()) == {0}


def _driver(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"


def dump(engine) -> dict[str, list[str]]:
    """Every row of every table that is in the database, as text."""
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: [str(tuple(row)) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in {"triage_version", "sessions"}  # a session names nothing; its grants do
        }


def test_inv_45_what_was_forgotten_comes_back_only_by_a_delivery_from_after_that(storage: Storage) -> None:
    storage.accept([delivery("before")], lambda *_: None)
    assert not storage.update_repository(SHOP)
    assert storage.add_repository(SHOP, "before")
    assert storage.update_repository(replace(SHOP, state="stopped"))
    assert storage.repository_by_id(REPOSITORY) == replace(SHOP, state="stopped")
    storage.forget_repository(REPOSITORY)
    assert not storage.update_repository(SHOP)
    assert not storage.add_repository(SHOP, "before")
    assert not storage.add_repository(SHOP, "")
    assert storage.repository_by_id(REPOSITORY) is None
    storage.accept([delivery("after")], lambda *_: None)
    assert storage.add_repository(SHOP, "after")
    assert storage.repository_by_id(REPOSITORY) == SHOP
