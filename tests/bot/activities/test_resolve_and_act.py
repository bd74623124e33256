"""From a decision to GitHub and back: once, in order, and never more than the decision says."""

from __future__ import annotations

from typing import Any

import pytest

from bot.activities.act import BEFORE_IT_FAILED, NO_COMMENTS, NOT_NAMED, STALE, SUPERSEDED, is_stale
from bot.activities.budget import BudgetSpent
from bot.activities.listen import keep
from bot.activities.obey import Word, objection
from bot.activities.resolve import Reason
from bot.errors import Gone, Permanent, RetryAfter, Unavailable
from bot.github.marker import MARKER
from models.curation import Edit
from models.decision import Verdict
from tests.fakes.github import FakeGitHub
from tests.fakes.small_world import BODY, CLUSTER_LABEL, CONFIG, LABEL, World

ASKED = Reason("rerun", None, asked=True)


def states(world: World, number: int) -> list[tuple[str, str, str | None]]:
    rows = sorted(world.storage.effects(world.repository.id, number=number), key=lambda row: row.id or 0)
    return [(row.kind, row.state, row.reason) for row in rows]


def configure(world: World, text: str) -> None:
    world.fake.config = text.encode() + CONFIG
    world.clock.forward(minutes=2)


# --- once, and in order


def test_inv_25_a_duplicate_gets_its_comment_then_its_labels(known: World) -> None:
    number = known.report()
    known.triage(number)
    assert known.written() == ["create_comment", "add_label", "add_label"]
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)
    assert len(known.comments(number)) == 1
    assert known.comments(number)[0].endswith(MARKER)
    assert "#5" in known.comments(number)[0]


def test_labels_that_are_missing_are_created_with_colour_and_description(known: World) -> None:
    known.triage(known.report())
    assert known.fake.labels[LABEL] == ("fbca04", "Triage: looks like a report that is already known")


def test_inv_23_the_same_conclusion_writes_nothing_and_plans_nothing(known: World) -> None:
    number = known.report()
    known.triage(number)
    updated = known.issue(number).updated_at
    for reason in (Reason("rerun"), ASKED, Reason("delivery", "another")):
        resolution = known.resolve(number, reason)
        assert not resolution.changed
        assert resolution.decision.effects == ()
        known.triage(number, reason)
    assert known.written() == ["create_comment", "add_label", "add_label"]
    assert known.issue(number).updated_at == updated


def test_inv_23_counts_that_grew_do_not_edit_the_comment(known: World) -> None:
    number = known.report()
    known.triage(number)
    for _ in range(3):
        known.triage(known.report())
    before = known.comments(number)
    known.triage(number)
    assert known.comments(number) == before


def test_inv_23_another_conclusion_edits_the_one_comment(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.change(5, state="closed", state_reason="completed")
    known.learn()
    assert known.triage(number).verdict == Verdict.REGRESSION.value
    assert len(known.comments(number)) == 1
    assert "closed as completed" in known.comments(number)[0]
    assert known.issue(number).labels == (CLUSTER_LABEL, "possible-regression")


def test_inv_17_a_verdict_that_no_longer_stands_takes_its_labels_back(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.triage(number)
    assert known.issue(number).labels == ()
    assert "not counted as a duplicate" in known.comments(number)[0]
    assert known.written()[3:] == ["remove_label", "remove_label", "edit_comment"]


def test_a_closed_issue_keeps_what_it_was_given(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.change(number, state="closed", state_reason="duplicate", labels=known.issue(number).labels)
    before = known.github.writes.copy()
    assert known.triage(number).verdict == Verdict.IGNORED.value
    assert known.github.writes == before


def test_one_delivery_decides_an_issue_once(known: World) -> None:
    number = known.report()
    first = known.decide(number, Reason("delivery", "d-1/0/0"))
    second = known.decide(number, Reason("delivery", "d-1/0/0"))
    assert first.id == second.id
    assert len(states(known, number)) == 3


# --- what a dead process leaves behind


@pytest.mark.parametrize("method", ["create_comment", "add_label"])
def test_inv_31_what_reached_github_before_a_crash_is_found_and_not_done_twice(
    known: World, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    number = known.report()
    decision = known.decide(number)
    with pytest.raises(SystemExit):
        _die_after(known, monkeypatch, method, lambda: known.act(decision))
    assert known.act(decision).count("planned") == 0
    assert known.written() == ["create_comment", "add_label", "add_label"]
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.triage(number)
    assert known.issue(number).labels == (), "what was done before the crash is known as the bot's own"
    assert "not counted as a duplicate" in known.comments(number)[0]


def _die_after(world: World, monkeypatch: pytest.MonkeyPatch, method: str, run: Any) -> None:
    """The process dies after GitHub took the write, before the database heard of it."""
    storage = type(world.storage)
    with monkeypatch.context() as patch:
        finish = storage.finish_effect

        def dies(self: Any, effect_id: int, *arguments: Any) -> None:
            if world.github.writes and world.github.writes[-1].method == method:
                raise SystemExit
            finish(self, effect_id, *arguments)

        patch.setattr(storage, "finish_effect", dies)
        run()


def test_inv_25_an_outage_between_comment_and_label_is_repaired_by_the_next_attempt(known: World) -> None:
    number = known.report()
    decision = known.decide(number)
    known.github.fail_next("add_label", Unavailable("GitHub answered 502"))
    with pytest.raises(Unavailable):
        known.act(decision)
    assert states(known, number)[0][1] == "done"
    assert known.act(decision) == ["done", "done", "done"]
    assert known.written() == ["create_comment", "add_label", "add_label"]


def test_a_decision_that_waited_too_long_is_taken_again_and_then_carried_out(known: World) -> None:
    number = known.report()
    decision = known.decide(number)
    known.github.fail_next("create_comment", RetryAfter("secondary limit", 90))
    with pytest.raises(RetryAfter):
        known.act(decision)
    known.clock.forward(seconds=90)
    assert known.act(decision) == ["skipped"] * 3
    assert is_stale(known.services, decision)
    assert {reason for _, _, reason in states(known, number)} == {STALE}
    assert known.written() == []
    again = known.triage(number)
    assert again.id != decision.id
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)
    assert len(known.comments(number)) == 1


def test_a_decision_that_was_overtaken_does_nothing_any_more(known: World) -> None:
    number = known.report()
    old = known.decide(number)
    new = known.decide(number)
    assert known.act(old) == ["skipped"] * 3
    assert {reason for _, state, reason in states(known, number) if state == "skipped"} == {SUPERSEDED}
    assert not is_stale(known.services, old)
    assert known.act(new) == ["done"] * 3


def test_an_issue_that_is_gone_by_now_gets_nothing(known: World) -> None:
    number = known.report()
    decision = known.decide(number)
    known.github.fail_next("issue", Gone("deleted"))
    assert known.act(decision) == ["skipped"] * 3
    assert known.written() == []


# --- targets move


def test_inv_03_a_target_that_was_closed_a_moment_ago_is_seen_before_anything_is_written(known: World) -> None:
    number = known.report()
    known.change(5, state="closed", state_reason="completed")  # the bot has not heard of it
    assert known.triage(number).verdict == Verdict.REGRESSION.value
    assert LABEL not in known.issue(number).labels


def test_inv_03_a_target_that_was_locked_a_moment_ago_is_no_target(known: World) -> None:
    number = known.report()
    known.change(5, locked=True)
    assert known.triage(number).verdict == Verdict.RELATED.value
    assert LABEL not in known.issue(number).labels


def test_a_target_that_was_deleted_a_moment_ago_is_no_target(known: World) -> None:
    number = known.report()
    del known.fake.issues[5]
    decision = known.triage(number)
    assert decision.body["canonical"] != 5
    assert "#5" not in "".join(known.comments(number))


def test_inv_16_a_label_that_a_person_took_back_before_it_was_written_is_not_written(known: World) -> None:
    number, storage, repository_id = known.report(), known.storage, known.repository.id
    act = storage.save_edit(repository_id, Edit("label", known.clock(), "mia", "extra", value="area: billing"))
    decision = known.decide(number)
    storage.save_edit(repository_id, Edit("undo", known.clock(), "mia", "extra", value=str(act)), undoes=act)
    known.act(decision)
    assert known.issue(number).labels == (LABEL,)
    assert ("add-label", "skipped", NOT_NAMED) in states(known, number)
    known.triage(number)
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)


# --- failures


def test_inv_25_a_comment_that_cannot_be_written_keeps_the_labels_away(known: World) -> None:
    number = known.report()
    known.github.fail_next("create_comment", Permanent("a user has blocked the App"))
    known.triage(number)
    assert known.issue(number).labels == ()
    assert states(known, number) == [
        ("comment", "failed", "a user has blocked the App"),
        ("add-label", "failed", BEFORE_IT_FAILED),
        ("add-label", "failed", BEFORE_IT_FAILED),
    ]
    known.triage(number)
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)


def test_inv_36_a_failure_of_the_whole_repository_stops_it_with_the_reason(known: World) -> None:
    number = known.report()
    decision = known.decide(number)
    known.github.fail_next("create_comment", Permanent("issues are switched off", stops_repository=True))
    known.act(decision)
    record = known.storage.repository_by_id(known.fake.info.id)
    assert record is not None
    assert (record.state, record.state_reason) == ("stopped", "issues are switched off")


# --- labels and people


def test_inv_21_a_label_that_a_person_removed_stays_away_until_a_person_asks(known: World) -> None:
    number = known.report(author="somebody")
    known.triage(number)
    known.change(number, labels=())
    known.triage(number)
    known.change(number, body=f"{BODY} And once more today.", labels=())
    known.triage(number, Reason("delivery", "edited"))
    assert known.issue(number).labels == ()
    known.triage(number, ASKED)
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)
    assert len(known.comments(number)) == 1


def test_inv_24_labels_of_people_stay_through_everything(known: World) -> None:
    number = known.report(labels=("bug", "area: billing"))
    known.triage(number)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.triage(number)
    assert known.issue(number).labels == ("bug", "area: billing")


def test_a_label_that_a_person_had_set_before_is_not_taken_away_with_the_verdict(known: World) -> None:
    number = known.report(labels=(LABEL,))
    known.triage(number)
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.triage(number)
    assert known.issue(number).labels == (LABEL,)


def test_a_comment_that_a_person_deleted_is_not_written_again(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.comments[number].clear()
    known.triage(number)
    assert known.comments(number) == []


def test_inv_17_a_comment_that_a_person_deleted_stays_deleted_before_anybody_told_of_it(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.comments[number].clear()
    known.change(number, title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    assert "failed" in known.act(known.decide(number))
    assert known.comments(number) == []


def test_inv_17_nor_is_it_written_anew_to_say_that_it_does_not_hold(known: World) -> None:
    number = known.report()
    known.triage(number)
    known.fake.comments[number].clear()
    asked = Word(known.services, known.repository, number, "ann", "command", "comment 1")
    keep(asked, objection(asked))
    known.triage(number, Reason("command"))
    assert known.comments(number) == []
    assert known.issue(number).labels == ()


# --- shadow mode


def _no_writer(*_: Any) -> None:
    raise AssertionError("a writer was opened in shadow mode")


def test_inv_26_shadow_mode_records_everything_and_never_opens_a_writer(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(known, "mode: shadow\n")
    number = known.report()
    monkeypatch.setattr(FakeGitHub, "writer", _no_writer)
    known.triage(number)
    assert [(kind, state) for kind, state, _ in states(known, number)] == [
        ("comment", "shadow"),
        ("add-label", "shadow"),
        ("add-label", "shadow"),
    ]
    assert known.resolve(number).decision.effects == (), "the same conclusion is recorded once"


def test_inv_26_a_switch_to_shadow_mode_stops_what_was_planned(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    number = known.report()
    decision = known.decide(number)
    known.fake.config = b"mode: shadow\n" + CONFIG
    known.storage.save_config(known.repository.id, known.storage.config(0))  # so that the next look is due
    monkeypatch.setattr(FakeGitHub, "writer", _no_writer)
    assert known.act(decision) == ["shadow"] * 3


def test_after_shadow_mode_the_bot_says_what_it_had_only_recorded(known: World) -> None:
    configure(known, "mode: shadow\n")
    number = known.report()
    known.triage(number)
    known.triage(number)  # concludes the same, and has nothing to plan
    configure(known, "mode: comment\n")
    known.triage(number)
    assert known.issue(number).labels == (LABEL, CLUSTER_LABEL)
    assert len(known.comments(number)) == 1


# --- budgets


def test_inv_30_a_spent_budget_waits_exactly_until_there_is_room_again(known: World) -> None:
    configure(known, "limits: {comments_per_hour: 2}\n")
    for _ in range(2):
        known.triage(known.report())
    number = known.report()
    with pytest.raises(BudgetSpent) as waiting:
        known.triage(number)
    assert 3000 < waiting.value.seconds <= 3600
    assert known.comments(number) == []
    assert known.issue(number).labels == ()
    known.clock.forward(seconds=waiting.value.seconds + 1)
    known.triage(number)
    assert len(known.comments(number)) == 1


def test_inv_30_no_comments_at_all_means_no_labels_either(known: World) -> None:
    configure(known, "limits: {comments_per_hour: 0}\n")
    number = known.report()
    known.triage(number)
    assert known.written() == []
    assert states(known, number)[0] == ("comment", "failed", NO_COMMENTS)
