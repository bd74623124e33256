"""Which later issues are compared again when an earlier one is heard of late."""

from __future__ import annotations

import pytest

from bot.activities.recover import LOOK_BACK
from bot.activities.resolve import Reason
from bot.activities.unseen import LONGEST, MOST, unseen_by
from tests.fakes.small_world import CONFIG, World

TITLE = "Keyboard layout is forgotten after a restart"
BODY = (
    "After a restart of the program the layout of my keyboard is American again, and each time I have to choose the"
    " Danish one in the settings. The log says: LayoutStoreError: cannot open layout store danish-macintosh-9"
)
DELIVERY = Reason("delivery")


def alike(world: World, **changes: object) -> int:
    return world.report(**({"title": TITLE, "body": BODY} | changes))


def found(world: World, number: int) -> list[tuple[int, bool]]:
    return [(one.number, spoken) for one, spoken in unseen_by(world.services, world.repository.id, number)]


def test_inv_02_an_issue_that_came_late_is_held_against_those_that_were_decided_without_it(known: World) -> None:
    first, second, third = alike(known), alike(known), alike(known, title="Printer smokes", body="It burns down.")
    for number in (second, third, first):
        known.triage(number, DELIVERY)
    assert found(known, first) == [(second, False)]
    known.triage(second, DELIVERY)
    assert found(known, first) == []
    assert found(known, second) == []


def test_an_issue_that_says_something_else_since_it_was_edited_counts_as_if_it_came_now(known: World) -> None:
    first, second = alike(known, title="Help", body="Nothing works."), alike(known)
    for number in (first, second):
        known.triage(number, DELIVERY)
    assert found(known, first) == []
    known.change(first, title=TITLE, body=BODY)
    known.triage(first, DELIVERY)
    assert found(known, first) == [(second, False)]


@pytest.mark.parametrize("was_decided", [True, False])
def test_who_edits_an_old_issue_into_a_copy_of_a_new_report_is_no_earlier_reporter(
    known: World, *, was_decided: bool
) -> None:
    first = alike(known, title="Help", body="Nothing works.")
    if was_decided:
        known.triage(first, DELIVERY)
    known.clock.forward(seconds=LOOK_BACK.total_seconds() + 60)
    second = alike(known)
    known.triage(second, DELIVERY)
    known.change(first, title=TITLE, body=BODY)
    known.triage(first, DELIVERY)
    assert found(known, first) == []


def test_only_a_handful_is_compared_again_and_nothing_that_is_old(known: World) -> None:
    first, *later = [alike(known, body=f"{BODY} {place} times.") for place in range(MOST + 3)]
    for number in later[::-1]:  # the earliest last: none of them sees another one
        known.triage(number, DELIVERY)
    known.triage(first, DELIVERY)
    assert len(found(known, first)) == MOST
    known.clock.forward(seconds=LONGEST.total_seconds() + 1)
    assert found(known, first) == []


def test_what_was_decided_too_long_before_is_left_as_it_is(known: World) -> None:
    first, second = alike(known), alike(known)
    known.triage(second, DELIVERY)
    known.clock.forward(seconds=LONGEST.total_seconds() + 1)
    known.triage(first, DELIVERY)
    assert found(known, first) == []


@pytest.mark.parametrize(("trigger", "silent"), [("follow", True), ("rerun", False), ("feedback", True)])
def test_inv_28_where_it_was_no_moment_to_begin_to_speak_it_is_none_now(
    known: World, trigger: str, silent: bool
) -> None:
    first, second = alike(known), alike(known)
    known.triage(second, Reason(trigger, silent=silent))
    known.triage(first, DELIVERY)
    assert found(known, first) == []


def test_a_report_that_was_told_of_the_cluster_alone_is_told_of_its_first_report_in_place(world: World) -> None:
    world.fake.config = CONFIG
    world.learn()
    first, second = world.report(), world.report()
    world.triage(second, DELIVERY)
    (comment,) = world.comments(second)
    assert f"#{first}" not in comment
    world.triage(first, DELIVERY)
    assert found(world, first) == [(second, True)]
    world.triage(second, Reason("follow", silent=True))
    (comment,) = world.comments(second)
    assert f"#{first}" in comment


def test_inv_44_nothing_is_held_against_a_report_of_a_weakness(known: World) -> None:
    first, second = alike(known), alike(known)
    known.triage(second, DELIVERY)
    known.change(first, body=f"{BODY} This is a security vulnerability: remote code execution, CVE-2026-1234.")
    assert known.triage(first, DELIVERY).verdict == "refer-to-maintainers"
    assert found(known, first) == []
