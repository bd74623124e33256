"""What GitHub refuses once is tried again hours later, a few times, and told of; what is gone is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.activities.act import NO_COMMENTS
from bot.activities.listen import keep
from bot.activities.live_canonical import NOT_YET
from bot.activities.live_canonical import keep as keep_canonical
from bot.activities.obey import Change, Word, objection
from bot.activities.refused import WAITS, refusals
from bot.activities.resolve import Reason
from bot.activities.taking_back import unheard
from bot.cli.refused_checks import refused_findings
from bot.errors import Gone, Permanent
from bot.storage.records import PAUSED, REFUSED, DecisionRecord, EffectRecord
from models.decision import Verdict
from tests.fakes.small_world import CONFIG, World

FEEDBACK = Reason("feedback", silent=True)
FOLLOW = Reason("follow", silent=True)
WITHDRAWN = "not counted as a duplicate"
FORBIDDEN = Permanent("PATCH: GitHub refuses this (403)")
INVALID = Permanent("PATCH: GitHub finds the request invalid (422)")


def word(world: World, number: int) -> Word:
    return Word(world.services, world.repository, number, "ann", "command", "comment 1")


def objected(world: World, *, closed: bool = False) -> int:
    """A report that the bot called a duplicate (and closed), to which somebody objected; nothing was done yet."""
    number = world.report()
    assert world.triage(number).verdict == Verdict.DUPLICATE.value
    if closed:
        world.services.github.writer("acme/shop", 1).close_issue(number, "duplicate")
        decision = world.storage.last_decision(world.repository.id, number)
        (row, *_) = world.storage.effects(world.repository.id, number=number)
        assert decision is not None
        _save_close(world, decision, row)
    keep(word(world, number), objection(word(world, number)))
    return number


def _save_close(world: World, decision: DecisionRecord, row: EffectRecord) -> None:
    closing = replace(row, id=None, kind="close", value="duplicate", state="done", github_id=None)
    world.storage.save_decision(replace(decision, id=None, trigger="close", delivery_id="closing"), [closing])


def due(world: World) -> list[int]:
    """What the hourly task looks at again."""
    found = unheard(world.storage, world.repository.id, world.config, world.clock())
    return [one.number for one in found]


def look(world: World) -> list[int]:
    """The hourly task."""
    numbers = due(world)
    for number in numbers:
        world.triage(number, FOLLOW)
    return numbers


def is_withdrawn(world: World, number: int) -> bool:
    issue = world.issue(number)
    return WITHDRAWN in world.comments(number)[0] and (issue.labels, issue.state) == ((), "open")


@pytest.mark.parametrize("error", [FORBIDDEN, INVALID])
@pytest.mark.parametrize("method", ["edit_comment", "remove_label", "reopen_issue"])
def test_inv_17_a_withdrawal_that_github_refuses_once_is_made_good_an_hour_later(
    known: World, method: str, error: Permanent
) -> None:
    number = objected(known, closed=method == "reopen_issue")
    known.github.fail_next(method, error)
    known.triage(number, FEEDBACK)
    assert not is_withdrawn(known, number)
    assert look(known) == []  # not at once
    known.clock.forward(minutes=61)
    assert look(known) == [number]
    assert is_withdrawn(known, number)
    known.clock.forward(days=9)
    assert look(known) == []


def test_inv_36_it_is_tried_a_few_times_with_longer_and_longer_waits_and_then_given_up(known: World) -> None:
    number = objected(known)
    known.github.fail_next("remove_label", FORBIDDEN, times=100)
    known.triage(number, FEEDBACK)
    for wait in WAITS:
        known.clock.forward(seconds=wait.total_seconds() - 60)
        assert look(known) == []
        known.clock.forward(minutes=2)
        assert look(known) == [number]
    known.clock.forward(days=30)
    assert look(known) == []
    (refusal,) = refusals(known.storage, known.repository.id)
    assert (refusal.tries, refusal.again_at) == (len(WAITS) + 1, None)
    known.github._faults.clear()
    known.triage(number, Reason("command", asked=True))  # somebody asks
    assert is_withdrawn(known, number)
    assert refusals(known.storage, known.repository.id) == []


def test_inv_17_a_comment_that_is_gone_is_not_tried_again(known: World) -> None:
    number = objected(known)
    known.github.fail_next("edit_comment", Gone("PATCH: not there, or not visible to the App (404)"))
    known.triage(number, FEEDBACK)
    known.clock.forward(days=9)
    assert look(known) == []
    assert refusals(known.storage, known.repository.id) == []


def test_a_first_comment_that_github_refuses_is_not_tried_again(known: World) -> None:
    number = known.report()
    known.github.fail_next("create_comment", FORBIDDEN)
    known.triage(number)
    known.clock.forward(days=9)
    assert look(known) == []
    assert known.comments(number) == []


def test_a_limit_of_ours_is_no_refusal_of_githubs(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.config = b"limits: {comments_per_hour: 0}\n" + CONFIG
    known.change(5, state="closed", state_reason="completed", closed_at=known.clock())
    known.clock.forward(minutes=2)
    known.resolve(5)
    known.triage(number, FOLLOW)
    failed = known.storage.effects(known.repository.id, number=number, state="failed")
    assert NO_COMMENTS in {row.reason for row in failed}
    assert refusals(known.storage, known.repository.id) == []


@pytest.mark.parametrize("quiet", ["paused", "shadow"])
def test_inv_26_a_bot_that_is_silent_by_now_does_not_try(known: World, quiet: str) -> None:
    number = objected(known)
    known.github.fail_next("remove_label", FORBIDDEN)
    known.triage(number, FEEDBACK)
    if quiet == "shadow":
        known.fake.config = b"mode: shadow\n" + CONFIG
    else:
        keep(word(known, number), Change.of(word(known, number).record(PAUSED)))
    known.clock.forward(hours=2)
    assert due(known) == []


def test_inv_35_the_operator_reads_where_why_and_when_it_is_tried_again(known: World) -> None:
    number = objected(known)
    known.github.fail_next("edit_comment", FORBIDDEN)
    known.triage(number, FEEDBACK)
    ((name, state, words, todo),) = refused_findings(known.storage)
    assert (name, state) == ("refused-change acme/shop", "warn")
    assert words.startswith(
        f"#{number}: GitHub refused the change once (PATCH: GitHub refuses this (403)); it is tried"
    )
    assert "triage rerun" in todo
    assert known.storage.refused_changes(REFUSED) == {known.repository.id: 1}
    known.clock.forward(hours=2)
    look(known)
    assert list(refused_findings(known.storage)) == []
    assert known.storage.refused_changes(REFUSED) == {}


def test_what_follows_from_elsewhere_and_is_refused_is_made_good_too(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.change(5, state="closed", state_reason="completed", closed_at=known.clock())
    known.resolve(5)
    known.github.fail_next("edit_comment", INVALID)
    known.triage(number, FOLLOW)
    known.clock.forward(minutes=61)
    assert look(known) == [number]
    assert "closed as completed" in known.comments(number)[0]


def test_inv_17_the_count_of_reports_beside_it_does_not_make_a_refused_change_forgotten(known: World) -> None:
    for _ in range(2):
        known.triage(known.report())
    assert keep_canonical(known.services, known.repository, known.config, 5, "first") == "done"
    last = known.storage.last_decision(known.repository.id, 5)
    assert last is not None
    (written,) = known.storage.effects(known.repository.id, number=5)
    refused = replace(written, id=None, kind="remove-label", state="failed", reason=f"{REFUSED}403", github_id=None)
    own = replace(last, id=None, trigger="follow", delivery_id="own", decided_at=known.clock())
    known.storage.save_decision(own, [refused])
    known.triage(known.report())
    known.clock.forward(hours=2)
    assert keep_canonical(known.services, known.repository, known.config, 5, "second") == NOT_YET
    assert due(known) == [5]
