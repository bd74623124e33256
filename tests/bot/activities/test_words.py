"""What people said of a later issue: it tells that two belong together, whether it was heard or read by the import."""

from __future__ import annotations

import pytest

from bot.activities.listen import hear
from bot.activities.past_verdicts import learn_verdict
from bot.activities.resolve import Reason
from bot.activities.words import later_target, linked
from bot.storage.records import FeedbackRecord
from bot.vetoes import TARGET_NOT_EARLIER
from tests.fakes.small_world import LABEL, NAME, World
from tests.fakes.stored import NOON

SENTENCE = "Duplicate of #{}"


def named(number: int, other: int, kind: str = "duplicate") -> FeedbackRecord:
    return FeedbackRecord(1, number, kind, NOON, "mia", "comment", other)


def objected(number: int) -> FeedbackRecord:
    return FeedbackRecord(1, number, "objection", NOON, "mia", "command")


def words(world: World, number: int) -> list[tuple[str, int | None]]:
    return [(one.kind, one.other) for one in world.storage.feedback(world.repository.id, number)]


def told(world: World, number: int, text: str) -> None:
    """A maintainer says it, and the bot hears it at once."""
    world.fake.permissions["mia"] = "triage"
    comment = world.github.add_comment(NAME, number, text, "mia")
    hear(world.services, world.repository, number, comment.id, f"c{comment.id}")


def read_later(world: World, number: int, text: str) -> None:
    """A maintainer says it, and the import reads it."""
    world.fake.associations["mia"] = "MEMBER"
    world.github.add_comment(NAME, number, text, "mia")
    events = world.services.reader(world.repository).timeline(number)
    learn_verdict(world.services, world.repository, number, events, "duplicate")


@pytest.mark.parametrize("learn", [told, read_later])
def test_inv_02_who_names_a_later_issue_is_heard_and_leads_nobody_to_it_who_came_before(
    known: World, learn: object
) -> None:
    assert callable(learn)
    first, later = known.report(), known.report(title="Help", body="Nothing works since Monday, please.")
    known.triage(first, Reason("delivery"))
    known.triage(later, Reason("delivery"))
    assert known.storage.duplicates(known.repository.id) == {first: 5}
    learn(known, first, SENTENCE.format(later))
    assert words(known, first) == [("duplicate", later)]
    decision = known.triage(first, Reason("command", asked=True))
    assert (decision.verdict, decision.body["canonical"]) == ("related", None)
    assert TARGET_NOT_EARLIER in decision.body["vetoes"]
    assert LABEL not in known.issue(first).labels
    assert f"#{later}" not in known.comments(first)[0]
    assert known.storage.duplicates(known.repository.id) == {}


@pytest.mark.parametrize("learn", [told, read_later])
def test_inv_01_who_names_a_later_issue_that_leads_to_an_earlier_one_is_led_there(known: World, learn: object) -> None:
    assert callable(learn)
    first, later = known.report(title="Help", body="Nothing works since Monday, please."), known.report()
    known.triage(first, Reason("delivery"))
    known.triage(later, Reason("delivery"))
    learn(known, first, SENTENCE.format(later))
    assert words(known, first) == [("duplicate", later)]
    assert known.storage.duplicates(known.repository.id) == {first: 5, later: 5}
    assert known.triage(first, Reason("command", asked=True)).body["canonical"] == 5


@pytest.mark.parametrize(("association", "is_heard"), [("NONE", False), ("MEMBER", True)])
def test_the_author_alone_does_not_send_others_to_a_later_issue(
    known: World, association: str, *, is_heard: bool
) -> None:
    first, later = known.report(author="mia"), known.report(title="Help", body="Nothing works.", author="mia")
    known.triage(first, Reason("delivery"))
    known.triage(later, Reason("delivery"))
    known.fake.associations["mia"] = association
    known.github.add_comment(NAME, first, SENTENCE.format(later), "mia")
    events = known.services.reader(known.repository).timeline(first)
    assert learn_verdict(known.services, known.repository, first, events, "duplicate") is is_heard


@pytest.mark.parametrize("learn", [told, read_later])
def test_inv_01_no_word_closes_a_circle(known: World, learn: object) -> None:
    assert callable(learn)
    later = known.report()
    known.triage(later, Reason("delivery"))
    learn(known, 5, SENTENCE.format(later))
    assert words(known, 5) == []
    assert known.storage.duplicates(known.repository.id) == {later: 5}


def test_those_who_came_after_both_are_led_to_the_one_that_people_chose() -> None:
    said = [named(10, 12)]
    assert linked(said, {}, before=13) == {10: 12}
    assert linked(said, {}, before=12) == {}
    assert linked(said, {10: 4}, before=13) == {10: 4}
    assert linked(said, {12: 10}, before=13) == {12: 10}
    assert linked([named(10, 11), named(11, 12), named(12, 10)], {12: 10}, before=13) == {10: 11, 12: 11}
    assert linked([named(10, 11), named(10, 12), named(9, 10)], {13: 9}, before=14) == dict.fromkeys((9, 10, 13), 12)


@pytest.mark.parametrize(
    "against", [named(10, 12, "separated"), named(12, 10, "separated"), named(10, 14, "separated"), objected(10)]
)
def test_inv_08_who_was_told_apart_from_a_later_issue_leads_nobody_to_it(against: FeedbackRecord) -> None:
    said = [named(10, 12), named(12, 14)]
    assert linked(said, {}, before=15) == {10: 14, 12: 14}
    assert linked([*said, against], {}, before=15) == {12: 14}


def test_what_was_named_counts_as_later_only_as_long_as_it_holds() -> None:
    assert later_target([named(10, 12)], 10, {})
    assert not later_target([named(10, 12)], 10, {12: 6})
    assert not later_target([named(10, 12), named(10, 12, "separated")], 10, {})
    assert not later_target([named(10, 4)], 10, {})
