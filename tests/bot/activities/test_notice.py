"""What people do without a word to the bot: their acts on a small tracker, as deliveries tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bot.activities.earned import closing_right
from bot.activities.listen import hear, keep
from bot.activities.notice import notice
from bot.activities.obey import Word, objection
from bot.activities.resolve import Reason
from bot.github.protocol import TimelineEvent
from tests.fakes.small_world import CONFIG, LABEL, NAME, World


@pytest.mark.parametrize(("author", "heard"), [("triage[bot]", True), ("Triage[bot]", True), ("other[bot]", False)])
def test_inv_17_a_comment_of_ours_that_we_do_not_remember_is_deleted_by_a_person(
    known: World, author: str, heard: bool
) -> None:
    """It was written before the bot was uninstalled and came back, or by a process that died as it wrote."""
    details = {"sender": "ann", "sender_type": "User", "comment": 4711, "comment_by": author}
    delivery = {"id": "d", "event": "issue_comment", "action": "deleted", "issue": 5, "details": details}
    assert notice(known.services, known.repository, delivery) == heard
    said = [one.kind for one in known.storage.feedback(known.repository.id, 5)]
    assert said == (["objection", "comment-deleted"] if heard else [])


def closed_as_duplicate(world: World, number: int, by: str = "mia") -> bool:
    """Closed by GitHub's own way, by somebody with a say; whether that says anything."""
    world.fake.permissions[by] = "triage"
    world.change(number, state="closed", state_reason="duplicate", closed_at=world.clock())
    world.resolve(number)  # reads it from GitHub
    details = {"sender": by, "sender_type": "User"}
    delivery = {"id": f"c{number}", "event": "issues", "action": "closed", "issue": number, "details": details}
    return notice(world.services, world.repository, delivery)


def words(world: World, number: int) -> list[tuple[str, int | None]]:
    said = world.storage.feedback(world.repository.id, number)
    return [(one.kind, one.other) for one in said if one.kind not in {"obeyed", "undone", "overruled"}]


@pytest.mark.parametrize(("said", "judged"), [(None, 0), ("Closing as dup of #5.", 1)])
def test_who_closes_as_a_duplicate_and_names_none_does_not_help_to_earn_closing(
    known: World, said: str | None, judged: int
) -> None:
    number = known.report()
    known.triage(number)
    if said is not None:
        known.github.add_comment(known.fake.info.full_name, number, said, "mia")
    assert closed_as_duplicate(known, number)
    assert words(known, number) == [("duplicate", 5)]
    assert closing_right(known.storage, known.repository.id).judged == judged


def test_who_closes_as_a_duplicate_and_names_none_meant_what_the_comment_says_that_stands(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.config = CONFIG + b"limits: {comments_per_hour: 0}\n"
    known.clock.forward(minutes=2)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    last = known.decide(number, Reason("follow", silent=True))
    assert last.body["canonical"] is None
    known.act(last)
    assert "#5" in known.comments(number)[0]
    assert closed_as_duplicate(known, number)
    assert words(known, number) == [("duplicate", 5)]


# --- deliveries that tell late


def told(world: World, number: int, action: str, by: str, at: datetime, **details: Any) -> bool:
    """A delivery of what happened then is worked off now."""
    world.resolve(number)
    event = "issue_comment" if action == "deleted" else "issues"
    details = {"sender": by, "sender_type": "User", "at": at.isoformat()} | details
    made = {"id": f"{action} {number}", "event": event, "action": action, "issue": number, "details": details}
    return notice(world.services, world.repository, made)


def happened(world: World, number: int, event: str, by: str, value: str = "") -> datetime:
    """Something that GitHub's timeline shows, at this moment."""
    world._present()
    at = world.github.tick()
    world.fake.timelines.setdefault(number, []).append(TimelineEvent(event, by, by.endswith("[bot]"), at, value=value))
    return at


def says(world: World, number: int, text: str, by: str) -> int:
    """A comment of which the bot hears half a minute later; its id."""
    world.fake.permissions[by] = "triage"
    world._present()
    made = world.github.add_comment(NAME, number, text, by)
    world.clock.forward(seconds=30)
    hear(world.services, world.repository, number, made.id, f"c{made.id}")
    return made.id


@pytest.fixture
def answered(known: World) -> int:
    """A report that the bot called a duplicate of #5."""
    number = known.report()
    known.triage(number, Reason("delivery"))
    return number


@pytest.mark.parametrize("minutes", [0, 600])
def test_inv_32_a_reopening_that_is_told_late_leaves_the_claims_that_were_made_after_it(
    known: World, answered: int, minutes: int
) -> None:
    says(known, answered, "Duplicate of #4", "zoe")
    reopened = happened(known, answered, "reopened", "ann")
    known.clock.forward(minutes=minutes)
    says(known, answered, "Duplicate of #5", "mia")
    assert told(known, answered, "reopened", "ann", reopened)
    assert words(known, answered) == [("duplicate", 5), ("reopened", None)]


def test_inv_32_a_reopening_takes_back_who_closed_before_it_though_both_were_heard_late(
    known: World, answered: int
) -> None:
    happened(known, answered, "closed", "mia", "duplicate")
    reopened = happened(known, answered, "reopened", "ann")
    known.clock.forward(minutes=90)
    assert closed_as_duplicate(known, answered)
    known.change(answered, state="open", state_reason="reopened")
    assert told(known, answered, "reopened", "ann", reopened)
    assert words(known, answered) == [("reopened", None)]


def test_inv_32_a_reopening_that_is_told_late_leaves_that_it_was_closed_again(known: World, answered: int) -> None:
    reopened = happened(known, answered, "reopened", "ann")
    known.clock.forward(minutes=90)
    happened(known, answered, "closed", "mia", "duplicate")
    assert closed_as_duplicate(known, answered)
    assert told(known, answered, "reopened", "ann", reopened)
    assert words(known, answered) == [("duplicate", 5), ("reopened", None)]


@pytest.mark.parametrize("text", ["/triage different", "Duplicate of #4"])
def test_inv_32_a_close_that_is_told_late_overrules_nothing_that_was_said_since(
    known: World, answered: int, text: str
) -> None:
    known.fake.permissions["mia"] = "triage"
    at = happened(known, answered, "closed", "mia", "duplicate")
    known.change(answered, state="closed", state_reason="duplicate", closed_at=at)
    known.resolve(answered)
    says(known, answered, text, "zoe")
    before = words(known, answered)
    assert not told(known, answered, "closed", "mia", at)
    assert words(known, answered) == before


def test_a_close_overrules_what_was_said_before_it_and_heard_after_it(known: World, answered: int) -> None:
    known._present()
    objection = known.github.add_comment(NAME, answered, "/triage different", "zoe")
    known.fake.permissions |= {"zoe": "triage", "mia": "triage"}
    at = happened(known, answered, "closed", "mia", "duplicate")
    known.change(answered, state="closed", state_reason="duplicate", closed_at=at)
    known.resolve(answered)
    known.clock.forward(minutes=5)
    hear(known.services, known.repository, answered, objection.id, "d")
    assert told(known, answered, "closed", "mia", at)
    assert ("duplicate", 5) in words(known, answered)


def test_inv_21_a_label_that_was_asked_for_since_is_not_taken_for_removed(known: World, answered: int) -> None:
    at = happened(known, answered, "unlabeled", "ann", LABEL)
    known.clock.forward(minutes=5)
    assert LABEL in known.issue(answered).labels  # a person asked for a rerun
    told(known, answered, "unlabeled", "ann", at, label=LABEL)
    assert words(known, answered) == []


def test_inv_21_a_label_that_somebody_else_set_again_before_the_removal_was_told_is_theirs(
    known: World, answered: int
) -> None:
    known.clock.forward(minutes=5)
    at = happened(known, answered, "unlabeled", "ann", LABEL)
    happened(known, answered, "labeled", "mia", LABEL)
    told(known, answered, "unlabeled", "ann", at, label=LABEL)
    word = Word(known.services, known.repository, answered, "ann", "command", "comment 1")
    keep(word, objection(word))
    known.triage(answered, Reason("command"))
    assert known.issue(answered).labels == (LABEL,)


def test_inv_17_the_bots_comment_that_was_deleted_before_a_person_asked_again_is_no_objection(
    known: World, answered: int
) -> None:
    (first,) = known.fake.comments[answered]
    known.fake.comments[answered].clear()
    at = happened(known, answered, "comment_deleted", "ann")
    says(known, answered, "/triage duplicate of #5", "mia")
    known.triage(answered, Reason("command", asked=True))
    assert any(one.by_this_app for one in known.fake.comments[answered])
    assert not told(known, answered, "deleted", "ann", at, comment=first.id, comment_by="triage[bot]")
    assert words(known, answered) == [("duplicate", 5)]


def test_inv_18_a_claim_that_is_deleted_gives_nothing_back_that_a_later_confirmation_overrules(
    known: World, answered: int
) -> None:
    says(known, answered, "/triage different", "zoe")
    claim = says(known, answered, "Duplicate of #5", "mia")
    says(known, answered, "/triage duplicate of #5", "boss")
    at = happened(known, answered, "comment_deleted", "mia")
    assert told(known, answered, "deleted", "mia", at, comment=claim)
    assert [one for one in words(known, answered) if one[0] in {"duplicate", "objection", "separated"}] == [
        ("duplicate", 5)
    ]
    says(known, answered, "/triage undo", "boss")
    assert ("objection", None) in words(known, answered)
