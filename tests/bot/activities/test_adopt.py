"""Installed again, the bot knows its own earlier comments: who objects to one is heeded, and it is the only one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.activities.adopt import LOOK_AGAIN, adopt_unread
from bot.activities.earned import closing_right
from bot.activities.importing import advance
from bot.activities.listen import hear, keep
from bot.activities.live_canonical import keep as keep_canonical
from bot.activities.notice import notice
from bot.activities.obey import Word, objection, undoing
from bot.activities.observe import observe_issue
from bot.activities.reactions import Ears, ask_for_objections
from bot.activities.resolve import Reason
from bot.activities.upkeep import stale
from bot.activities.words import UPKEEP
from bot.errors import StorageError
from bot.github.marker import MARKER
from bot.github.protocol import Comment, TimelineEvent
from bot.storage import decisions as decisions_of_storage
from bot.storage.records import ADOPTED, DecisionRecord, EffectRecord
from models.decision import Verdict
from tests.fakes.small_world import CLUSTER_LABEL, LABEL, NAME, World

CANONICAL = 5
COMMAND = Reason("command", asked=False)
FEEDBACK = Reason("feedback", silent=True)
WITHDRAWN = "not counted as a duplicate"


def answered(world: World) -> int:
    number = world.report()
    assert world.triage(number).verdict == Verdict.DUPLICATE.value
    return number


def forget(world: World) -> None:
    """The App is removed; GitHub keeps what it wrote."""
    world.storage.forget_repository(world.repository.id)
    world.services.indexes.forget(world.fake.info.id)


def come_back(world: World) -> None:
    """The App is removed and installed again."""
    forget(world)
    world.learn()


def own(world: World, number: int) -> Comment:
    (found,) = [one for one in world.fake.comments[number] if one.by_this_app]
    return found


def adopted(world: World, number: int) -> DecisionRecord:
    found = world.storage.last_decision(world.repository.id, number)
    assert found is not None
    assert found.trigger == ADOPTED
    return found


def happened(world: World, number: int, event: str, actor: str, value: str = "") -> None:
    at = world.github.tick()
    made = TimelineEvent(event, actor, actor.endswith("[bot]"), at, world.github.new_id(), value=value)
    world.fake.timelines.setdefault(number, []).append(made)


def unlabelled(world: World, number: int, name: str, actor: str = "ann") -> None:
    world.change(number, labels=tuple(one for one in world.issue(number).labels if one != name))
    happened(world, number, "unlabeled", actor, name)


def is_withdrawn(world: World, number: int) -> bool:
    return WITHDRAWN in own(world, number).body and world.issue(number).labels == ()


def test_inv_23_an_import_takes_over_what_the_bot_wrote_and_writes_nothing(known: World) -> None:
    number = answered(known)
    before, written = own(known, number), list(known.written())
    come_back(known)
    assert known.written() == written
    decision = adopted(known, number)
    assert (decision.verdict, decision.body["canonical"], decision.body["cluster"]) == ("duplicate", CANONICAL, "extra")
    rows = known.storage.effects(known.repository.id, number=number)
    assert {(row.kind, row.state, row.github_id) for row in rows} == {
        ("comment", "done", before.id),
        ("add-label", "done", None),
    }
    assert {row.value for row in rows if row.kind == "add-label"} == {LABEL, CLUSTER_LABEL}
    known.triage(number)
    assert own(known, number) == before  # it concludes the same: not even the time of the last edit is another


def test_what_maintainers_told_before_everything_was_forgotten_does_not_stay(known: World) -> None:
    number = answered(known)
    plain = own(known, number)
    told = plain.body.replace("\n\n|", "\n\n> **From the maintainers, 2 March 2026:** A fix is on its way.\n\n|", 1)
    known.github.writer(NAME, None).edit_comment(plain.id, told)
    come_back(known)
    adopted(known, number)
    known.triage(number)
    assert "A fix is on its way" not in own(known, number).body


def test_inv_17_the_authors_command_withdraws_what_was_said_before(known: World) -> None:
    number = answered(known)
    come_back(known)
    comment = known.github.add_comment(NAME, number, "/triage different", known.issue(number).author)
    assert hear(known.services, known.repository, number, comment.id).obeyed == ("different",)
    known.triage(number, COMMAND)
    assert is_withdrawn(known, number)
    said = known.storage.feedback(known.repository.id, number)
    assert ("separated", CANONICAL) in {(one.kind, one.other) for one in said}  # the pair, as if it had never forgotten


def test_inv_17_a_command_is_heeded_before_the_first_reading_came_to_the_comments(known: World) -> None:
    number = answered(known)
    forget(known)
    comment = known.github.add_comment(NAME, number, "/triage different", known.issue(number).author)
    hear(known.services, known.repository, number, comment.id)
    known.triage(number, COMMAND)
    assert is_withdrawn(known, number)
    advance(known.services, known.repository)
    assert known.storage.last_decision(known.repository.id, number).trigger == "command"  # type: ignore[union-attr]
    assert len(known.storage.own_comments(known.repository.id)) == 1


@pytest.mark.parametrize(
    ("author", "answer", "is_heeded"),
    [
        ("reporter", None, True),
        ("passer-by", None, False),
        ("reporter", "/triage undo", False),
        ("reporter", f"Duplicate of #{CANONICAL}", False),
    ],
)
def test_inv_18_what_the_author_said_while_the_bot_was_away_is_heeded(
    known: World, author: str, answer: str | None, is_heeded: bool
) -> None:
    number = answered(known)
    known.fake.associations["boss"] = "MEMBER"
    forget(known)
    known.github.add_comment(NAME, number, "/triage different", author)
    if answer is not None:
        known.github.add_comment(NAME, number, answer, "boss")
    known.learn()
    again = [one.number for one, _ in stale(known.storage, known.repository.id, known.config)]
    known.triage(number, Reason("follow", silent=True))
    assert is_withdrawn(known, number) is is_heeded
    assert again == [number] or not is_heeded


def test_inv_18_who_closes_it_as_a_duplicate_overrules_what_its_author_said_before(known: World) -> None:
    number = answered(known)
    forget(known)
    known.github.add_comment(NAME, number, "/triage different", known.issue(number).author)
    known.change(number, state="closed", state_reason="duplicate", closed_at=known.clock())
    happened(known, number, "closed", "boss", "duplicate")
    known.learn()
    known.triage(number, Reason("follow", silent=True))
    assert "objection" not in {one.kind for one in known.storage.feedback(known.repository.id, number)}
    assert not is_withdrawn(known, number)


def test_inv_19_whoever_closed_it_an_issue_that_a_person_reopened_is_looked_at_again(known: World) -> None:
    number = answered(known)
    for event in ("closed", "reopened", "closed", "reopened"):
        happened(known, number, event, "ann")
    come_back(known)
    assert [one.kind for one in known.storage.feedback(known.repository.id, number)] == ["reopened"]
    assert [one.number for one, _ in stale(known.storage, known.repository.id, known.config)] == [number]
    assert known.triage(number, Reason("follow", silent=True)).verdict != Verdict.DUPLICATE.value


def test_inv_31_what_people_said_is_not_lost_where_the_process_dies_while_a_comment_is_taken_over(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = answered(known)
    unlabelled(known, number, LABEL)
    forget(known)
    with monkeypatch.context() as dying:
        dying.setattr(known.storage, "amend_feedback", lambda *_: (_ for _ in ()).throw(StorageError("killed")))
        with pytest.raises(StorageError):
            known.learn()
    known.learn()
    assert adopted(known, number).verdict == Verdict.DUPLICATE.value
    assert [one.kind for one in known.storage.feedback(known.repository.id, number)] == ["label-removed"]


def test_inv_18_an_objection_outlives_that_everything_is_forgotten(known: World) -> None:
    number = answered(known)
    comment = known.github.add_comment(NAME, number, "/triage different", known.issue(number).author)
    hear(known.services, known.repository, number, comment.id)
    known.triage(number, COMMAND)
    come_back(known)
    assert known.triage(number).verdict != Verdict.DUPLICATE.value
    assert is_withdrawn(known, number)


def test_inv_17_a_thumbs_down_on_a_comment_from_before_is_asked_for(known: World) -> None:
    number = answered(known)
    forget(known)
    known.github.react(NAME, own(known, number).id, "-1", "passer-by")  # while nobody listened
    known.learn()
    assert [one.number for one in ask_for_objections(known.services, known.repository, Ears())] == [number]
    known.triage(number, FEEDBACK)
    assert is_withdrawn(known, number)


def test_inv_17_undo_takes_back_what_the_bot_said_by_itself_before(known: World) -> None:
    number = answered(known)
    come_back(known)
    word = Word(known.services, known.repository, number, "boss", "command", "comment 1")
    keep(word, undoing(word))
    known.triage(number, COMMAND)
    assert is_withdrawn(known, number)


def test_inv_21_a_label_that_a_person_removes_afterwards_stays_away(known: World) -> None:
    number = answered(known)
    come_back(known)
    unlabelled(known, number, LABEL)
    observe_issue(known.services, known.repository, number)
    about = {"event": "issues", "action": "unlabeled", "issue": number, "id": "d"}
    notice(known.services, known.repository, {**about, "details": {"sender": "ann", "label": LABEL}})
    assert [one.kind for one in known.storage.feedback(known.repository.id, number)] == ["label-removed"]
    known.triage(number)
    assert LABEL not in known.issue(number).labels


def test_inv_21_a_label_that_a_person_removed_before_stays_away(known: World) -> None:
    number = answered(known)
    unlabelled(known, number, LABEL)
    come_back(known)
    known.triage(number)
    assert known.issue(number).labels == (CLUSTER_LABEL,)


def test_inv_17_where_a_person_deletes_a_comment_that_was_not_taken_over_its_labels_go_too(known: World) -> None:
    number = answered(known)
    forget(known)
    comment = own(known, number)
    known.fake.comments[number].clear()
    about = {"event": "issue_comment", "action": "deleted", "issue": number, "id": "d"}
    details = {"sender": "ann", "comment": comment.id, "comment_by": comment.author}
    assert notice(known.services, known.repository, {**about, "details": details})
    known.learn()
    known.triage(number, FEEDBACK)
    assert (known.comments(number), known.issue(number).labels) == ([], ())


@pytest.mark.parametrize("author", ["ann", "other[bot]"])
def test_a_marker_that_somebody_else_typed_is_nobodys_comment(known: World, author: str) -> None:
    number = known.report()
    known.github.add_comment(NAME, number, f"**This looks like the same problem as #{CANONICAL}**\n\n{MARKER}", author)
    come_back(known)
    adopt_unread(known.services, known.repository, number)
    assert known.storage.last_decision(known.repository.id, number) is None
    assert known.storage.own_comments(known.repository.id) == []


def test_a_comment_of_the_app_without_the_marker_is_not_edited(known: World) -> None:
    number = known.report()
    known.github.add_comment(NAME, number, "Another tool of ours says hello, no dup.", f"{known.github.slug}[bot]")
    come_back(known)
    assert known.storage.own_comments(known.repository.id) == []


def test_a_label_that_a_person_set_is_not_taken_away_with_the_verdict(known: World) -> None:
    number = answered(known)
    for event in ("unlabeled", "labeled"):
        happened(known, number, event, "boss", LABEL)
    come_back(known)
    word = Word(known.services, known.repository, number, "ann", "command", "comment 1")
    keep(word, objection(word))
    known.triage(number, COMMAND)
    assert WITHDRAWN in own(known, number).body
    assert known.issue(number).labels == (LABEL,)


def test_a_label_that_a_plain_tokens_owner_set_is_not_known_to_be_the_bots(known: World) -> None:
    number = answered(known)
    events = known.fake.timelines[number]
    known.fake.timelines[number] = [replace(one, actor="max", actor_is_bot=False) for one in events]
    come_back(known)
    kinds = {row.kind for row in known.storage.effects(known.repository.id, number=number)}
    assert kinds == {"comment"}


def test_inv_06_a_comment_whose_canonical_was_closed_meanwhile_is_looked_at_again_once(known: World) -> None:
    number, other = answered(known), answered(known)
    forget(known)
    known.learn()
    assert stale(known.storage, known.repository.id, known.config) == []
    known.change(CANONICAL, state="closed", state_reason="completed", closed_at=known.clock())
    come_back(known)
    found = {one.number for one, _ in stale(known.storage, known.repository.id, known.config)}
    assert found == {number, other}
    known.triage(number, Reason("follow", silent=True))
    assert "closed as completed" in own(known, number).body


def test_inv_25_a_promise_of_closing_does_not_outlive_the_right_to_it(known: World) -> None:
    number = answered(known)
    text = own(known, number).body.replace(
        "Not the same?", f"If nobody answers, this is closed as a duplicate of #{CANONICAL} on 4 March 2026 (UTC). Not?"
    )
    known.fake.comments[number] = [replace(own(known, number), body=text)]
    come_back(known)
    assert adopted(known, number).body["closes_on"] == "2026-03-04"
    assert adopted(known, number).body["told"] == LOOK_AGAIN
    known.triage(number, Reason("follow", silent=True))
    assert "is closed as a duplicate" not in own(known, number).body


def test_the_block_on_a_canonical_issue_goes_on_in_its_comment(known: World) -> None:
    numbers = [answered(known) for _ in range(2)]
    assert keep_canonical(known.services, known.repository, known.config, CANONICAL, "first") == "done"
    comment = own(known, CANONICAL)
    come_back(known)
    third = answered(known)
    known.clock.forward(hours=2)
    assert keep_canonical(known.services, known.repository, known.config, CANONICAL, "second") == "done"
    assert own(known, CANONICAL).id == comment.id
    assert "**3 reports point to this issue**" in own(known, CANONICAL).body
    assert all(f"#{number}" in own(known, CANONICAL).body for number in (*numbers, third))


def test_inv_31_a_comment_is_taken_over_with_its_block_or_not_at_all(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        answered(known)
    assert keep_canonical(known.services, known.repository, known.config, CANONICAL, "first") == "done"
    forget(known)
    write = decisions_of_storage._insert_effect

    def dying(connection: Any, decision_id: int, effect: EffectRecord) -> int:
        written.append(effect.number)
        if written.count(CANONICAL) == 2:
            raise StorageError("killed")
        return write(connection, decision_id, effect)

    written: list[int] = []
    with monkeypatch.context() as killed:
        killed.setattr(decisions_of_storage, "_insert_effect", dying)
        with pytest.raises(StorageError):
            known.learn()
    known.learn()
    kept = known.storage.decisions(known.repository.id, number=CANONICAL)
    assert [one.trigger for one in kept] == [UPKEEP, ADOPTED]


def test_a_notice_of_a_wrong_configuration_can_still_be_ended(known: World) -> None:
    text = f"**The last change of `.github/triage.yml` is not in force**: it has a problem.\n\n{MARKER}"
    known.github.add_comment(NAME, 1, text, f"{known.github.slug}[bot]")
    come_back(known)
    assert known.storage.config(known.repository.id).notice_number == 1
    last = known.storage.last_decision(known.repository.id, 1)
    assert last is not None
    assert (last.trigger, last.verdict) == ("notice", "ignored")


def test_inv_19_an_issue_that_the_bot_closed_and_a_person_reopened_is_left_open(known: World) -> None:
    number = answered(known)
    known.github.writer(NAME, None).close_issue(number, "duplicate")
    known.change(number, state="open", state_reason="reopened")
    happened(known, number, "reopened", "ann")
    come_back(known)
    assert "reopened" in {one.kind for one in known.storage.feedback(known.repository.id, number)}
    assert known.triage(number).verdict != Verdict.DUPLICATE.value


def test_what_the_bot_closed_is_opened_again_for_an_objection(known: World) -> None:
    number = answered(known)
    known.github.writer(NAME, None).close_issue(number, "duplicate")
    come_back(known)
    word = Word(known.services, known.repository, number, "ann", "command", "comment 1")
    keep(word, objection(word))
    known.triage(number, COMMAND)
    assert known.issue(number).state == "open"
    assert is_withdrawn(known, number)


def test_a_withdrawn_comment_claims_nothing_and_says_so_in_its_place(known: World) -> None:
    number = answered(known)
    word = Word(known.services, known.repository, number, "ann", "command", "comment 1")
    keep(word, objection(word))
    known.triage(number, COMMAND)
    come_back(known)
    assert adopted(known, number).verdict == Verdict.NEW.value
    known.triage(number)
    assert len(known.comments(number)) == 1


def test_inv_17_a_thumbs_down_from_before_holds_where_the_comment_was_withdrawn_for_it(known: World) -> None:
    number = answered(known)
    known.github.react(NAME, own(known, number).id, "-1", "passer-by")
    assert ask_for_objections(known.services, known.repository, Ears())
    known.triage(number, FEEDBACK)
    assert is_withdrawn(known, number)
    come_back(known)
    assert [one.number for one in ask_for_objections(known.services, known.repository, Ears())] == [number]
    known.triage(number)
    assert is_withdrawn(known, number)


def test_people_who_agree_with_what_was_said_before_earn_the_bot_nothing(known: World) -> None:
    number = answered(known)
    come_back(known)
    known.fake.permissions["boss"] = "write"
    comment = known.github.add_comment(NAME, number, f"Duplicate of #{CANONICAL}", "boss")
    assert hear(known.services, known.repository, number, comment.id).claimed
    assert closing_right(known.storage, known.repository.id).judged == 0


def test_inv_31_taken_over_twice_it_is_one(known: World) -> None:
    number = answered(known)
    come_back(known)
    before = known.storage.effects(known.repository.id, number=number)
    adopt_unread(known.services, known.repository, number)
    assert known.storage.effects(known.repository.id, number=number) == before
