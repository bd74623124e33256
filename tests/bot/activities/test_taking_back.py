"""What a person objected to goes also where the bot otherwise leaves the issue alone, and no comment goes deaf."""

from __future__ import annotations

from typing import Any

import pytest

from bot.activities.listen import keep
from bot.activities.obey import Change, Refused, Word, objection, undoing
from bot.activities.reactions import Ears, ask_for_objections
from bot.activities.resolve import Reason
from bot.activities.taking_back import unheard
from bot.activities.upkeep import stale
from bot.errors import Permanent
from bot.storage.records import PAUSED, RESUMED
from bot.vetoes import REOPENED_BY_PERSON
from models.decision import Verdict
from tests.fakes.small_world import BODY, CLUSTER_LABEL, CONFIG, LABEL, World

CANONICAL = 5
FEEDBACK = Reason("feedback", silent=True)
FOLLOW = Reason("follow", silent=True)
WITHDRAWN = "not counted as a duplicate"


def locked(world: World, number: int) -> None:
    world.change(number, locked=True)


def closed(world: World, number: int) -> None:
    world.change(number, state="closed", state_reason="completed", closed_at=world.clock())


def labelled(world: World, number: int) -> None:
    configure(world, "ignore: {labels: [not-now]}\n")
    world.change(number, labels=(*world.issue(number).labels, "not-now"))


def of_an_author(world: World, number: int) -> None:
    configure(world, f'ignore: {{authors: ["{world.issue(number).author}"]}}\n')


LEAVING_ALONE = pytest.mark.parametrize("leave_alone", [locked, closed, labelled, of_an_author])


def configure(world: World, text: str) -> None:
    world.fake.config = text.encode() + CONFIG
    world.clock.forward(minutes=2)


def answered(world: World) -> int:
    number = world.report()
    assert world.triage(number).verdict == Verdict.DUPLICATE.value
    return number


def word(world: World, number: int, other: int | None = None) -> Word:
    return Word(world.services, world.repository, number, "ann", "command", "comment 1", other)


def again(world: World) -> list[int]:
    """Look again at what was left alone, as the hourly task does; returns which issues that were."""
    numbers = [one.number for one in unheard(world.storage, world.repository.id, world.config, world.clock())]
    for number in numbers:
        world.triage(number, FOLLOW)
    return numbers


def is_withdrawn(world: World, number: int) -> bool:
    labels = {LABEL, CLUSTER_LABEL} & set(world.issue(number).labels)
    return WITHDRAWN in world.comments(number)[0] and not labels


@LEAVING_ALONE
def test_inv_17_an_objection_is_heeded_where_the_bot_otherwise_leaves_the_issue_alone(
    known: World, leave_alone: Any
) -> None:
    number = answered(known)
    leave_alone(known, number)
    assert known.triage(number).verdict == Verdict.IGNORED.value
    assert not is_withdrawn(known, number)
    keep(word(known, number), objection(word(known, number)))
    said = [(one.kind, one.other) for one in known.storage.feedback(known.repository.id, number)]
    assert said == [("objection", None), ("separated", CANONICAL)]
    known.triage(number, FEEDBACK)
    assert is_withdrawn(known, number)
    before = known.written()
    known.triage(number)
    assert again(known) == []
    assert known.written() == before


@LEAVING_ALONE
def test_inv_08_a_word_on_the_other_issue_is_heeded_where_the_bot_leaves_this_one_alone(
    known: World, leave_alone: Any
) -> None:
    number = answered(known)
    leave_alone(known, number)
    keep(word(known, CANONICAL, number), objection(word(known, CANONICAL, number)))
    assert [one.number for one, _ in stale(known.storage, known.repository.id, known.config)] == [number]
    known.triage(number, FOLLOW)
    assert is_withdrawn(known, number)


def test_inv_08_a_word_on_the_other_issue_is_heeded_where_this_one_was_decided_ignored(known: World) -> None:
    number = answered(known)
    locked(known, number)
    known.triage(number)
    keep(word(known, CANONICAL, number), objection(word(known, CANONICAL, number)))
    assert again(known) == [number]
    assert is_withdrawn(known, number)
    assert again(known) == []


def test_inv_17_undo_takes_back_what_stands_on_an_issue_that_was_locked_since(known: World) -> None:
    number = answered(known)
    locked(known, number)
    known.triage(number)
    keep(word(known, number), undoing(word(known, number)))
    known.triage(number, FEEDBACK)
    assert is_withdrawn(known, number)


def test_inv_17_what_github_refuses_on_a_locked_issue_is_taken_back_once_it_is_unlocked(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = answered(known)
    locked(known, number)

    def refused(method: str) -> None:
        if method == "edit_comment":
            raise Permanent("the issue is locked")

    keep(word(known, number), objection(word(known, number)))
    with monkeypatch.context() as patch:
        patch.setattr(known.github, "called", refused)
        known.triage(number, FEEDBACK)
    assert WITHDRAWN not in known.comments(number)[0]
    assert LABEL not in known.issue(number).labels
    assert again(known) == []  # in vain, as long as it is locked
    known.change(number, locked=False)
    known.resolve(number)  # reads it from GitHub
    assert again(known) == [number]
    assert is_withdrawn(known, number)
    assert again(known) == []


@pytest.mark.parametrize("how", ["shadow", "paused"])
def test_inv_17_what_was_objected_to_while_the_bot_was_silent_is_taken_back_once_it_speaks_again(
    known: World, how: str
) -> None:
    number = answered(known)
    silenced(known, how)
    keep(word(known, number), objection(word(known, number)))
    known.triage(number, FEEDBACK)
    assert again(known) == []
    assert not is_withdrawn(known, number)
    speaks_again(known, how)
    assert again(known) == [number]
    assert is_withdrawn(known, number)
    assert again(known) == []


def test_inv_06_what_was_fixed_in_shadow_mode_is_told_after_it_and_nothing_new_is_said(known: World) -> None:
    number, silent = answered(known), known.report()
    silenced(known, "shadow")
    known.change(CANONICAL, state="closed", state_reason="completed", closed_at=known.clock())
    for one in (CANONICAL, number, silent):
        known.triage(one, FOLLOW)
    speaks_again(known, "shadow")
    assert again(known) == [number]
    assert "closed as completed since" in known.comments(number)[0]
    assert known.comments(silent) == []
    assert again(known) == []


def silenced(world: World, how: str) -> None:
    if how == "shadow":
        configure(world, "mode: shadow\n")
    else:
        keep(word(world, 0), Change.of(word(world, 0).record(PAUSED)))


def speaks_again(world: World, how: str) -> None:
    if how == "shadow":
        configure(world, "mode: comment\n")
    else:
        keep(word(world, 0), Change.of(word(world, 0).record(RESUMED)))


@LEAVING_ALONE
def test_inv_17_a_comment_is_listened_to_whatever_was_decided_after_it(known: World, leave_alone: Any) -> None:
    number = answered(known)
    leave_alone(known, number)
    known.triage(number)
    assert known.github.react(known.fake.info.full_name, known.fake.comments[number][0].id, "-1", "passer-by")
    heard = ask_for_objections(known.services, known.repository, Ears())
    assert [one.number for one in heard] == [number]
    known.triage(number, FEEDBACK)
    assert is_withdrawn(known, number)
    assert ask_for_objections(known.services, known.repository, Ears()) == []


def test_inv_17_a_thumbs_down_is_heard_however_old_the_comment_is(known: World) -> None:
    number = answered(known)
    known.clock.forward(days=400)
    assert known.github.react(known.fake.info.full_name, known.fake.comments[number][0].id, "-1", "passer-by")
    assert [one.number for one in ask_for_objections(known.services, known.repository, Ears())] == [number]


def test_inv_06_an_issue_that_is_unlocked_follows_its_canonical_again(known: World) -> None:
    number = answered(known)
    locked(known, number)
    known.change(number, body=BODY + " And it still happens today, with more words.")
    assert known.triage(number).verdict == Verdict.IGNORED.value
    known.change(number, locked=False)
    known.resolve(number)  # reads it from GitHub
    before = known.written()
    assert again(known) == [number]
    last = known.storage.last_decision(known.repository.id, number)
    assert last is not None
    assert last.verdict == Verdict.DUPLICATE.value
    assert known.written() == before  # the comment says so already (INV 23)
    known.change(CANONICAL, state="closed", state_reason="completed", closed_at=known.clock())
    known.resolve(CANONICAL)
    assert [one.number for one, _ in stale(known.storage, known.repository.id, known.config)] == [number]


def test_inv_19_undo_does_not_take_back_that_a_person_reopened_the_issue(known: World) -> None:
    number = answered(known)
    reporter = word(known, number)
    keep(reporter, Change.of(reporter.record("reopened")))
    assert REOPENED_BY_PERSON in known.triage(number, FEEDBACK).body["vetoes"]
    keep(reporter, undoing(reporter))  # takes back what the bot says
    known.triage(number, Reason("command", asked=True))
    assert is_withdrawn(known, number)
    keep(reporter, undoing(reporter))  # takes back that objection, and nothing else
    assert known.triage(number, Reason("command", asked=True)).verdict == Verdict.RELATED.value
    assert LABEL not in known.issue(number).labels
    assert "reopened" in {one.kind for one in known.storage.feedback(known.repository.id, number)}


def test_inv_19_undo_of_a_reopening_alone_is_refused(known: World) -> None:
    number = known.report()
    locked(known, number)
    known.triage(number)
    keep(word(known, number), Change.of(word(known, number).record("reopened")))
    with pytest.raises(Refused):
        undoing(word(known, number))
