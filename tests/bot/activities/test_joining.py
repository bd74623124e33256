"""Between two nights: each decided issue joins a cluster, starts one, or leaves, as the next night would have it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.activities.curate import act
from bot.activities.embed import embed_missing
from bot.activities.history import read_history
from bot.activities.refit import BY_HAND, begun, plan_refit, refit
from bot.errors import TriageError
from bot.storage.clusters import Clusters
from bot.storage.records import FeedbackRecord
from models.cluster import Cluster
from models.curation import Edit
from models.naming import NAMELESS
from tests.fakes.small_world import CONFIG, TITLE, World, small_world

UPLOAD = {
    "title": "Upload of pictures never ends",
    "body": "The upload stays at 99 percent: Error: socket hang up.",
}
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


def in_force(world: World) -> dict[str, Cluster]:
    found = world.storage.current_generation(world.repository.id)
    return {one.id: one for one in (found.clusters if found else ())}


def members(world: World) -> dict[str, tuple[int, ...]]:
    return {name: one.members for name, one in in_force(world).items()}


def arrives(world: World, **fields: str) -> int:
    number = world.report(**fields)
    world.triage(number)
    return number


def separate(world: World, number: int, other: int) -> None:
    word = FeedbackRecord(world.repository.id, number, "separated", world.clock(), "mia", "command", other)
    world.storage.save_feedback(word)


def test_the_second_of_a_kind_starts_a_cluster_and_the_third_joins_it(world: World) -> None:
    first = arrives(world, **UPLOAD)
    assert members(world) == {}
    second, third = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    (found,) = in_force(world).values()
    assert (found.id, found.members, found.canonical) == (f"c{first}", (first, second, third), first)
    assert (found.title_by, found.held, found.title) == ("machine", None, NAMELESS)
    assert found.coherence > 0.5


def test_a_cluster_has_the_name_at_once_that_two_people_gave_it(world: World) -> None:
    first, _ = arrives(world, **UPLOAD, author="ann"), arrives(world, **UPLOAD, author="bob")
    by_day = in_force(world)[f"c{first}"]
    assert by_day.title == UPLOAD["title"]
    night(world)
    assert (in_force(world)[f"c{first}"].title, in_force(world)[f"c{first}"].terms) == (by_day.title, by_day.terms)


def test_the_night_agrees_and_gives_it_a_name(world: World) -> None:
    for fields in (UPLOAD, OTHER, UPLOAD, OTHER, UPLOAD):
        arrives(world, **fields)
    before = members(world)
    assert len(before) == 2
    plan = plan_refit(world.services, world.repository, world.config)
    assert {one.id: one.members for one in plan.clusters} == before
    assert (plan.changes, plan.churn) == ((), 0.0)


def test_an_issue_that_stands_alone_stays_alone(world: World) -> None:
    arrives(world, **OTHER)
    assert members(world) == {}


def test_an_issue_that_becomes_another_report_leaves_and_a_pair_ends_with_it(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    world.change(third, **OTHER)
    world.triage(third)
    assert members(world) == {f"c{first}": (first, second)}
    world.change(first, title="Keyboard shortcuts", body="Shift and F4 together do what F4 alone should do.")
    world.triage(first)
    assert members(world) == {}


def test_an_id_that_was_used_is_not_given_to_another_cluster(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    world.change(second, **OTHER)
    world.triage(second)
    assert members(world) == {}
    third = arrives(world, **UPLOAD)
    assert members(world) == {f"c{first}-2": (first, third)}


def test_inv_08_who_was_told_apart_does_not_join(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    third = world.report(**UPLOAD)
    separate(world, third, first)
    world.triage(third)
    assert members(world) == {f"c{first}": (first, second)}
    night(world)
    assert third not in members(world)[f"c{first}"]


def test_what_a_person_pinned_comes_before_what_the_machine_thinks(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    number = world.report(**OTHER)
    world.resolve(number)
    edit = Edit("pin", world.clock(), "mia", f"c{first}", (number,))
    act(world.services, world.repository, world.config, edit)
    world.triage(number)
    assert members(world) == {f"c{first}": (first, second, number)}


def test_who_was_excluded_from_a_known_cluster_does_not_come_back_at_a_rerun(world: World) -> None:
    world.fake.config = CONFIG
    world.clock.forward(minutes=2)
    number = arrives(world)
    assert number in members(world)["extra"]
    edit = Edit("exclude", world.clock(), "mia", "extra", (number,))
    act(world.services, world.repository, world.config, edit)
    world.triage(number)
    assert number not in members(world)["extra"]
    night(world)
    assert number not in members(world)["extra"]


def test_a_known_cluster_that_was_configured_since_begins_beside_the_others(world: World) -> None:
    first, second = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    world.fake.config = CONFIG
    world.clock.forward(minutes=2)
    number = arrives(world)
    assert members(world) == {f"c{first}": (first, second), "extra": (number,)}
    assert in_force(world)["extra"].title_by == "config"


def test_inv_44_what_reads_like_a_security_report_is_taken_out(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    words = f"{UPLOAD['body']} Remote code execution: an attacker can run arbitrary commands, CVE-2026-12345."
    world.change(third, body=words)
    world.triage(third)
    assert members(world) == {f"c{first}": (first, second)}


@pytest.mark.parametrize("said_of_the_later", [True, False])
def test_inv_08_two_of_a_known_cluster_part_at_the_word_and_the_later_leaves(
    world: World, *, said_of_the_later: bool
) -> None:
    world.fake.config = CONFIG
    world.clock.forward(minutes=2)
    first, second, third = (arrives(world) for _ in range(3))
    assert members(world)["extra"] == (first, second, third)
    about, other = (third, second) if said_of_the_later else (second, third)
    separate(world, about, other)
    decided = world.triage(about)
    assert members(world)["extra"] == (first, second)
    assert decided.body["cluster"] == (None if said_of_the_later else "extra")
    assert world.triage(third).body["cluster"] is None
    assert members(world)["extra"] == (first, second)
    night(world)
    assert members(world)["extra"] == (first, second)


def test_inv_08_who_was_told_apart_from_one_whom_a_person_pinned_leaves_at_the_word(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    act(world.services, world.repository, world.config, Edit("pin", world.clock(), "mia", f"c{first}", (second,)))
    separate(world, second, first)
    world.triage(second)
    assert members(world) == {f"c{first}": (second, third)}
    night(world)
    assert not any({first, second} <= set(held) for held in members(world).values())


def test_inv_08_who_was_told_apart_from_a_member_is_canonical_no_more(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    assert world.storage.duplicates(world.repository.id)[third] == first
    act(world.services, world.repository, world.config, Edit("pin", world.clock(), "mia", f"c{first}", (second,)))
    separate(world, second, first)
    world.triage(second)
    assert {one.members: one.canonical for one in in_force(world).values()} == {(second, third): second}
    night(world)
    assert in_force(world)[f"c{first}"].canonical == second


def test_inv_08_a_canonical_issue_outside_of_the_cluster_gives_way_at_the_word(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    edit = Edit("exclude", world.clock(), "mia", f"c{first}", (first,))
    act(world.services, world.repository, world.config, edit)
    (found,) = in_force(world).values()
    assert (found.members, found.canonical) == ((second, third), first)
    separate(world, second, first)
    world.triage(second)
    (found,) = in_force(world).values()
    assert (found.members, found.canonical) == ((second, third), second)


@pytest.mark.parametrize("config", [b"", CONFIG], ids=["found", "known"])
def test_another_issue_is_canonical_as_soon_as_one_can_be_it(world: World, config: bytes) -> None:
    world.fake.config = config
    world.clock.forward(minutes=2)
    first, second = arrives(world), arrives(world)
    (found,) = in_force(world).values()
    assert (found.members, found.canonical) == ((first, second), first)
    for number in (second, first):
        world.change(number, state="closed", state_reason="completed")
        world.triage(number)
    (found,) = in_force(world).values()
    assert found.canonical == first
    third = arrives(world)
    (found,) = in_force(world).values()
    assert (found.members, found.canonical) == ((first, second, third), third)
    night(world)
    assert [one.canonical for one in in_force(world).values()] == [third]


def test_the_night_too_leaves_a_set_canonical_issue_that_was_closed_as_a_duplicate(world: World) -> None:
    first, second = world.report(), world.report()
    world.fake.config = CONFIG.replace(b"    examples:", b"    canonical: %d\n    examples:" % first)
    world.clock.forward(minutes=2)
    night(world)
    assert in_force(world)["extra"].canonical == first
    world.change(first, state="closed", state_reason="duplicate")
    world.triage(first)
    by_day = in_force(world)["extra"].canonical
    night(world)
    assert in_force(world)["extra"].canonical == by_day == second


def test_inv_08_two_that_belong_together_part_from_a_third_at_the_word_and_stay_together(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    word = FeedbackRecord(world.repository.id, third, "duplicate", world.clock(), "joe", "command", second)
    world.storage.save_feedback(word)
    separate(world, third, first)
    world.triage(third)
    assert members(world) == {f"c{second}": (second, third)}
    night(world)
    assert members(world) == {f"c{second}": (second, third)}


def test_inv_08_a_canonical_issue_that_leaves_with_a_newcomer_gives_way(world: World) -> None:
    first, second, third = (arrives(world, **UPLOAD) for _ in range(3))
    pin = Edit("pin", world.clock(), "mia", f"c{first}", (first,))
    act(world.services, world.repository, world.config, pin)
    (found,) = in_force(world).values()
    world.storage.amend(world.repository.id, [replace(found, canonical=second)])
    newcomer = world.report(**UPLOAD)
    word = FeedbackRecord(world.repository.id, newcomer, "duplicate", world.clock(), "joe", "command", second)
    world.storage.save_feedback(word)
    separate(world, newcomer, first)
    world.triage(newcomer)
    assert members(world) == {f"c{first}": (first, third), f"c{second}": (second, newcomer)}
    assert in_force(world)[f"c{first}"].canonical == first


def test_inv_08_who_begins_a_cluster_is_not_put_together_with_two_that_are_apart(world: World) -> None:
    first = arrives(world, **UPLOAD)
    second = world.report(**UPLOAD)
    separate(world, second, first)
    world.triage(second)
    third = arrives(world, **UPLOAD)
    assert not any({first, second} <= set(held) for held in members(world).values())
    assert any(third in held for held in members(world).values())


def test_inv_44_a_known_cluster_begins_without_a_canonical_that_reads_like_a_security_report(world: World) -> None:
    weakness = world.report(title="Security vulnerability: remote code execution", body="An attacker can run code.")
    world.triage(weakness)
    world.fake.config = CONFIG.replace(b"    examples:", b"    canonical: %d\n    examples:" % weakness)
    world.clock.forward(minutes=2)
    number = arrives(world)
    assert members(world)["extra"] == (number,)
    night(world)
    assert members(world)["extra"] == (number,)


def test_inv_44_nobody_puts_a_security_report_into_a_cluster(world: World) -> None:
    first, _ = arrives(world, **UPLOAD), arrives(world, **UPLOAD)
    weakness = world.report(title="Security vulnerability: remote code execution", body="An attacker can run code.")
    world.triage(weakness)
    edit = Edit("pin", world.clock(), "mia", f"c{first}", (weakness,))
    with pytest.raises(TriageError, match="reads like a security report"):
        act(world.services, world.repository, world.config, edit)


def test_a_decision_that_is_repeated_after_a_crash_changes_nothing(world: World) -> None:
    numbers = [arrives(world, **UPLOAD) for _ in range(3)]
    before = in_force(world)
    for number in numbers:
        world.triage(number)
    assert in_force(world) == before


def test_a_decision_reads_no_whole_generation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    arrives(world, **UPLOAD)
    arrives(world, **UPLOAD)

    def everything(*_: object) -> None:
        raise AssertionError("the whole generation was read")

    monkeypatch.setattr(Clusters, "current_generation", everything)
    arrives(world, **UPLOAD)
    arrives(world, title=TITLE)
