"""Issues that nobody told of: found where they are new, open and a person's, and never among what was there before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.activities.recover import LOOK_BACK, ask_again, never_seen
from bot.github.protocol import FailedDelivery
from bot.settings import Settings
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.small_world import World
from tests.fakes.stored import delivery


@pytest.fixture
def heard(known: World) -> World:
    """A repository of which a delivery came an hour ago."""
    record = delivery("first", repository_id=known.repository.id, received_at=known.clock() - timedelta(hours=1))
    known.storage.accept([replace(record, issue=5)], lambda *_: None)
    return known


def seen(world: World) -> list[int]:
    return never_seen(world.services, world.repository, None)


def test_a_new_issue_is_found_once(heard: World) -> None:
    number = heard.report(created_at=heard.clock(), updated_at=heard.clock())
    assert seen(heard) == [number]
    heard.triage(number)
    assert seen(heard) == []


def test_what_was_there_before_the_bot_is_left_alone(heard: World) -> None:
    heard.report(created_at=heard.clock() - timedelta(hours=2), updated_at=heard.clock())
    assert seen(heard) == []


def test_what_is_too_old_to_be_answered_is_left_alone(heard: World) -> None:
    number = heard.report(created_at=heard.clock(), updated_at=heard.clock())
    heard.clock.forward(hours=LOOK_BACK.total_seconds() / 3600 + 1)
    heard.change(number, updated_at=heard.clock())
    assert seen(heard) == []


@pytest.mark.parametrize(
    "fields", [{"state": "closed"}, {"is_pull_request": True}, {"author": "x[bot]", "author_is_bot": True}]
)
def test_what_needs_no_answer_is_not_missed(heard: World, fields: dict[str, object]) -> None:
    heard.report(created_at=heard.clock(), updated_at=heard.clock(), **fields)
    assert seen(heard) == []


def test_an_issue_whose_delivery_waits_is_not_missed(heard: World) -> None:
    number = heard.report(created_at=heard.clock(), updated_at=heard.clock())
    waiting = delivery("w", repository_id=heard.repository.id, issue=number, received_at=heard.clock())
    heard.storage.accept([waiting], lambda *_: None)
    assert seen(heard) == []


def test_a_repository_of_which_nobody_ever_told_is_left_to_its_import(known: World) -> None:
    known.report(created_at=known.clock(), updated_at=known.clock())
    assert seen(known) == []


def test_inv_32_failed_deliveries_are_asked_for_oldest_first_and_known_ones_not(heard: World) -> None:
    at = heard.clock()
    heard.github.deliveries = [
        FailedDelivery(3, "late", "issues", "opened", 502, at),
        FailedDelivery(2, "first", "issues", "opened", 504, at),
        FailedDelivery(1, "early", "issues", "opened", 502, at - timedelta(hours=1)),
    ]
    assert ask_again(heard.services) == 0  # with a plain token there is no App to ask for
    app = Settings(_env_file=None, app_id=1, private_key=PRIVATE_KEY)  # type: ignore[call-arg]
    assert ask_again(replace(heard.services, settings=app)) == 2
    assert heard.github.redelivered == [1, 3]
