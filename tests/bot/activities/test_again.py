"""`triage rerun` decides again: it says what is different, and touches GitHub only where something is."""

from __future__ import annotations

import pytest

from bot.activities import again
from bot.activities.again import Again, decide_again
from bot.activities.observe import observe_issue
from bot.errors import Permanent, RetryAfter, Unavailable
from tests.fakes.small_world import BODY, CLUSTER_LABEL, LABEL, World


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(again, "PAUSE", 0.0)


def rerun(world: World, number: int, *, asked: bool = True, notify: bool = True, dry_run: bool = False) -> Again:
    """What the command does, which reads the issue before."""
    observe_issue(world.services, world.repository, number)
    return decide_again(
        world.services, world.repository, number, world.config, asked=asked, notify=notify, dry_run=dry_run
    )


def seen(world: World, **fields: object) -> int:
    """A report that the bot has read and not decided."""
    number = world.report(**fields)
    world.learn()
    return number


def test_a_first_decision_is_told_as_such_and_carried_out(known: World) -> None:
    number = seen(known)
    result = rerun(known, number)
    assert result.changed
    assert result.before is None
    assert result.after == {"verdict": "duplicate", "canonical": 5, "cluster": "extra"}
    assert result.states == ("done", "done", "done")
    assert result.sentence().startswith(f"#{number}: never decided → duplicate #5 · extra (comment: done, ")
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)


def test_inv_23_the_same_conclusion_changes_nothing_and_records_nothing(known: World) -> None:
    number = seen(known)
    rerun(known, number)
    before = len(known.storage.decisions(known.repository.id))
    result = rerun(known, number)
    assert not result.changed
    assert result.effects == ()
    assert len(known.storage.decisions(known.repository.id)) == before
    assert known.written() == ["create_comment", "add_label", "add_label"]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(known: World) -> None:
    number = seen(known)
    result = rerun(known, number, dry_run=True)
    assert result.effects == ("comment", f"add-label {LABEL}", f"add-label {CLUSTER_LABEL}")
    assert result.states == ()
    assert known.written() == []
    assert known.storage.last_decision(known.repository.id, number) is None


def test_inv_28_a_run_over_many_issues_writes_no_first_comment_unless_asked(known: World) -> None:
    number = seen(known)
    result = rerun(known, number, asked=False, notify=False)
    assert result.left_silent
    assert known.written() == []
    assert not rerun(known, number, asked=False, notify=True).left_silent
    assert known.written() == ["create_comment", "add_label", "add_label"]


def test_inv_28_a_comment_that_stands_is_corrected_in_silence(known: World) -> None:
    number = seen(known)
    rerun(known, number)
    known.change(5, state="closed", state_reason="completed")
    known.learn()
    result = rerun(known, number, asked=False, notify=False)
    assert (result.before, result.after["verdict"]) == (
        {"verdict": "duplicate", "canonical": 5, "cluster": "extra"},
        "possible-regression",
    )
    assert known.written().count("create_comment") == 1


@pytest.mark.parametrize(("failures", "done"), [(2, True), (3, False)])
def test_an_outage_is_waited_out_a_few_times(known: World, failures: int, done: bool) -> None:
    number = seen(known)
    known.github.fail_next("create_comment", Unavailable("GitHub answered 502"), times=failures)
    if done:
        assert rerun(known, number).states == ("done", "done", "done")
    else:
        with pytest.raises(Unavailable):
            rerun(known, number)
        assert rerun(known, number).states == ("done", "done", "done")
    assert len(known.comments(number)) == 1


def test_patience_is_left_to_the_one_who_typed(known: World) -> None:
    number = seen(known)
    known.github.fail_next("create_comment", RetryAfter("patience", 30))
    with pytest.raises(RetryAfter):
        rerun(known, number)


def test_a_failure_is_told_and_tried_again_the_next_time(known: World) -> None:
    number = seen(known)
    known.github.fail_next("create_comment", Permanent("a user has blocked the App"))
    result = rerun(known, number)
    assert result.failure
    assert result.states == ("failed", "failed", "failed")
    assert rerun(known, number).states == ("done", "done", "done")


def test_the_result_is_data_for_other_programs(known: World) -> None:
    number = seen(known)
    data = rerun(known, number).to_data()
    assert set(data) == {"number", "before", "after", "changed", "effects", "states", "needs_notify", "failed"}
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.learn()
    assert rerun(known, number).sentence().startswith(f"#{number}: duplicate #5 · extra → new (")
    assert BODY not in str(data)
