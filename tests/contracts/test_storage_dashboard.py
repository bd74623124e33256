"""The storage contract on sessions and acts, over both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import NotFound
from bot.storage.dashboard_records import ActRecord, SessionRecord
from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from tests.fakes.stored import NOON, REPOSITORY

LATER = datetime.now(UTC) + timedelta(hours=1)
SESSION = SessionRecord("hash", "ann", "github", NOON, LATER, "sealed")
ACT = ActRecord(None, REPOSITORY, NOON, "ann", "rename", "c-1", None, {"value": "Größe 🙂"})


@pytest.fixture(autouse=True)
def _known(storage: Storage) -> None:
    storage.save_repository(RepositoryRecord(REPOSITORY, "acme/shop"))


def test_a_session_comes_back_until_it_is_closed(storage: Storage) -> None:
    storage.open_session(SESSION)
    assert storage.session("hash") == SESSION
    storage.close_session("hash")
    storage.close_session("hash")
    assert storage.session("hash") is None


def test_a_session_that_has_expired_is_not_there_and_is_deleted_by_the_next(storage: Storage) -> None:
    storage.open_session(replace(SESSION, expires_at=NOON))
    assert storage.session("hash") is None
    storage.open_session(replace(SESSION, id="another"))
    storage.open_session(SESSION)  # the id is free again
    assert storage.session("hash") == SESSION


def test_grants_are_replaced_and_name_known_repositories_only(storage: Storage) -> None:
    storage.open_session(SESSION)
    storage.grant("hash", {REPOSITORY: "read", 99: "admin"}, NOON)
    assert storage.session("hash") == replace(SESSION, granted_at=NOON, roles={REPOSITORY: "read"})
    storage.grant("hash", {}, LATER)
    assert storage.session("hash") == replace(SESSION, granted_at=LATER)


def test_a_grant_to_a_session_that_was_closed_meanwhile_is_nothing(storage: Storage) -> None:
    storage.grant("nobody", {REPOSITORY: "read"}, NOON)
    assert storage.session("nobody") is None


def test_an_act_is_kept_and_ends_once(storage: Storage) -> None:
    act_id = storage.save_act(ACT)
    assert storage.act(act_id) == replace(ACT, id=act_id)
    storage.finish_act(act_id, "done", "renamed", {"edit": 5})
    storage.finish_act(act_id, "failed", "too late")
    ended = storage.act(act_id)
    assert ended is not None
    assert (ended.state, ended.outcome, ended.details) == ("done", "renamed", {"value": "Größe 🙂", "edit": 5})
    assert ended.finished_at is not None


@pytest.mark.parametrize(("state", "marked"), [("done", True), ("refused", False)])
def test_an_act_that_undoes_another_marks_it_where_it_is_done(storage: Storage, state: str, marked: bool) -> None:
    first = storage.save_act(ACT)
    second = storage.save_act(replace(ACT, kind="undo", undoes=first))
    storage.finish_act(second, state, "as before")
    undone = storage.act(first)
    assert undone is not None
    assert undone.undone_by == (second if marked else None)


def test_acts_are_listed_newest_first_by_what_is_asked(storage: Storage) -> None:
    ids = [storage.save_act(replace(ACT, number=number, actor=f"p{number % 2}")) for number in range(1, 6)]
    assert [one.id for one in storage.acts(REPOSITORY)] == ids[::-1]
    assert [one.number for one in storage.acts(REPOSITORY, actor="p1", limit=2)] == [5, 3]
    assert [one.number for one in storage.acts(REPOSITORY, before=ids[2])] == [2, 1]
    assert [one.id for one in storage.acts(REPOSITORY, number=2, kind="rename", cluster_id="c-1")] == [ids[1]]
    assert storage.acts(REPOSITORY, kind="merge") == []


def test_an_act_about_a_repository_that_is_not_known_is_refused(storage: Storage) -> None:
    with pytest.raises(NotFound):
        storage.save_act(replace(ACT, repository_id=1))
    assert storage.act(1) is None


def test_forgetting_a_repository_takes_its_acts_and_grants(storage: Storage) -> None:
    storage.open_session(SESSION)
    storage.grant("hash", {REPOSITORY: "read"}, NOON)
    act_id = storage.save_act(ACT)
    storage.forget_repository(REPOSITORY)
    assert storage.act(act_id) is None
    left = storage.session("hash")
    assert left is not None
    assert left.roles == {}
