"""The ledger: what people linked and the bot had not named, with the cause, and the night's digest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.activities import ledger
from bot.activities.digest import digest
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.ledger import close_ledger
from bot.activities.refit import BY_HAND, begun, refit
from bot.storage.records import FeedbackRecord
from models.recalibration import Recalibration
from tests.fakes.small_world import World, small_world

UPLOAD = {"title": "Upload of pictures never ends", "body": "The upload stays at 99 percent: Error: socket hang up."}
OTHER = {"title": "Search finds no archived notes", "body": "The search box says nothing found for archived notes."}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as made:
        made.fake.config = b""
        night(made)
        yield made


def night(world: World) -> None:
    repository = read_history(world.services, world.repository)
    embed_missing(world.services, repository.id)
    refit(world.services, repository, world.config, begun(world.services, repository, BY_HAND))


def links(world: World, number: int, other: int, kind: str = "duplicate") -> None:
    """A person says so, a minute after whatever was before."""
    world.clock.forward(minutes=1)
    world.storage.save_feedback(
        FeedbackRecord(world.repository.id, number, kind, world.clock(), "mia", "command", other)
    )


def configured(world: World, text: bytes) -> None:
    world.fake.config = text
    world.clock.forward(minutes=2)


def closed(world: World) -> dict[tuple[int, int], str]:
    return {(one.number, one.other): one.cause for one in close_ledger(world.services, world.repository)}


def arrives(world: World, **fields: Any) -> int:
    number = world.report(**fields)
    world.triage(number)
    return number


def test_what_the_bot_had_named_is_not_in_it(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    links(world, second, first)
    assert closed(world) == {}


def test_a_pair_is_entered_once_with_what_kept_the_bot_from_naming_it(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    links(world, second, first)
    assert closed(world) == {(second, first): ledger.BELOW}
    assert closed(world) == {}
    assert [one.cause for one in world.storage.missed(world.repository.id)] == [ledger.BELOW]


def test_one_that_the_bot_never_decided_arrived_unseen(world: World) -> None:
    first, second = arrives(world, **UPLOAD), world.report(**UPLOAD)
    night(world)
    links(world, second, first)
    assert closed(world) == {(second, first): ledger.UNSEEN}


def test_one_that_a_rule_forbade_names_the_rule(world: World) -> None:
    first = arrives(world, **UPLOAD)
    second = world.report(**UPLOAD)
    links(world, second, first, "separated")
    world.triage(second)
    links(world, second, first)
    assert closed(world) == {(second, first): f"{ledger.VETOED}separated-by-person"}


def test_a_rule_that_spoke_of_another_candidate_is_not_the_cause(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    third = world.report(**UPLOAD)
    links(world, third, first, "separated")
    world.triage(third)
    links(world, third, second)
    assert closed(world) == {(third, second): ledger.BELOW}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"labels": ("feature-request",)}, "ignored-label"),
        ({"author": "robot", "author_is_bot": True}, "ignored-author"),
        ({"title": "Broken", "body": "It is broken."}, "little-information"),
    ],
)
def test_one_that_was_never_compared_names_the_rule_and_no_score(
    world: World, fields: dict[str, Any], rule: str
) -> None:
    configured(world, b"ignore: {labels: [feature-request]}")
    first, second = arrives(world, **OTHER), arrives(world, **(UPLOAD | fields))
    links(world, second, first)
    assert closed(world) == {(second, first): f"{ledger.VETOED}{rule}"}


def test_the_score_is_the_one_that_the_repository_taught(world: World) -> None:
    known, found = world.storage.learned(world.repository.id), Recalibration(1.0, -20.0, 0.9, 40, 20)
    made_for = {"scorer": world.services.scorer_id, "model": str(world.services.embedder.model_id)}
    calibration = {**made_for, "found": found.to_data()}
    taught = replace(known, learned_at=world.clock(), calibration=calibration)
    world.storage.save_learned(world.repository.id, taught)
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    links(world, second, first)
    assert closed(world) == {(second, first): ledger.BELOW}


def test_where_nobody_was_named_nobody_was_nearer_though_the_text_is_another_by_now(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    links(world, second, first)
    world.change(second, **UPLOAD)
    world.triage(second)
    assert closed(world) == {(second, first): ledger.BELOW}


def test_one_that_was_not_among_the_candidates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = arrives(world, **OTHER), arrives(world, **UPLOAD)
    monkeypatch.setattr(ledger, "POOL", 0)
    links(world, second, first)
    assert closed(world) == {(second, first): ledger.NOT_RETRIEVED}


def test_one_whose_other_issue_is_gone(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    links(world, second, first)
    world.storage.delete_issue(world.repository.id, first)
    assert closed(world) == {(second, first): ledger.NOT_THERE}


def test_what_was_linked_before_the_bot_was_there_or_was_taken_back_is_nobodys_miss(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    world.clock.forward(days=-30)
    links(world, second, first)
    world.clock.forward(days=31)
    assert closed(world) == {}
    links(world, second, 1)
    links(world, second, 1, "separated")
    assert closed(world) == {}


def test_a_pair_that_was_taken_back_leaves_the_ledger_and_may_come_again(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **OTHER)
    links(world, first, second)
    assert closed(world) == {(second, first): ledger.BELOW}
    said = world.storage.feedback(world.repository.id, first)
    world.storage.amend_feedback(world.repository.id, said, ())
    assert closed(world) == {}
    assert world.storage.missed(world.repository.id) == []
    links(world, first, second)
    assert closed(world) == {(second, first): ledger.BELOW}


def test_the_digest_tells_the_night_in_counts_and_reasons(world: World) -> None:
    first, second = world.report(**UPLOAD), world.report(**UPLOAD)
    night(world)
    links(world, second, 1)
    missed = close_ledger(world.services, world.repository)
    lines = digest(world.services, world.repository, missed).splitlines()
    assert lines[0] == "acme/shop: generation 2, 1 clusters"
    assert lines[1] == f"- born c{first}: 2 joined, 0 left (reports that hang together)"
    assert lines[2] == f"- missed 1 duplicate: {ledger.UNSEEN}"
    assert UPLOAD["title"] not in "".join(lines)


def test_a_pair_is_judged_by_what_was_said_on_the_later_issue_whichever_of_the_two_people_spoke_on(
    world: World,
) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    links(world, first, second)
    assert closed(world) == {}
    third = arrives(world, **OTHER)
    links(world, first, third)
    assert list(closed(world)) == [(third, first)]
