"""Members' comments and the canonical issue's own follow what happens, in place; closing happens only where it may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest

from bot.activities import live_canonical
from bot.activities.broadcast import keep_status, preview
from bot.activities.close import CLOSED, CLOSED_BEFORE, closable, close, closed_in
from bot.activities.earned import closing_right, closing_sentence
from bot.activities.live_canonical import NOT_YET, TOLD_TO_STOP, TOO_FEW, UNCHANGED, canonicals, keep, wanted
from bot.activities.observe import observe_issue
from bot.activities.resolve import Reason
from bot.activities.upkeep import stale
from bot.canonical_comment import BEGIN
from bot.closing import LEAST_JUDGED
from bot.comment import nobody
from bot.decision_data import to_data
from bot.errors import TriageError, Unavailable
from bot.github.marker import with_marker
from bot.github.protocol import TimelineEvent
from bot.storage.records import ADOPTED, DecisionRecord, EffectRecord, FeedbackRecord
from bot.vetoes import (
    CLOSE_NO_DUPLICATE,
    CLOSE_NOT_EARNED,
    CLOSE_OBJECTION,
    CLOSE_PERSON_ACTED,
    CLOSE_PERSON_SPOKE,
    CLOSE_WAITS,
    REOPENED_BY_PERSON,
    SECURITY_REPORT,
    VETOES,
)
from models.decision import Decision, EffectKind, Verdict
from tests.fakes.small_world import CLUSTER_LABEL, CONFIG, LABEL, World
from tests.fakes.stored import decision, effect

FOLLOW = Reason("follow", silent=True)
SECURITY = {
    "title": "Security vulnerability: remote code execution",
    "body": "An attacker can run code with a crafted file. Where can I report it privately?",
}


def followed(world: World) -> list[int]:
    """Look again at whatever says what is no longer so; returns which issues that were."""
    numbers = [one.number for one, _ in stale(world.storage, world.repository.id, world.config)]
    for number in numbers:
        world.triage(number, FOLLOW)
    return numbers


def reported(world: World, count: int = 1) -> list[int]:
    numbers = [world.report() for _ in range(count)]
    for number in numbers:
        world.triage(number, Reason("delivery", f"opened {number}"))
    return numbers


def canonical_changed(world: World, **fields: Any) -> None:
    world.change(5, **fields)
    observe_issue(world.services, world.repository, 5)


# --- members follow their canonical issue


def test_inv_04_an_issue_to_which_others_are_to_be_pointed_by_name_is_no_longer_called_a_duplicate(
    known: World,
) -> None:
    (number,) = reported(known)
    assert LABEL in known.issue(number).labels
    other = f"  - {{slug: other, title: Something else, canonical: {number}, examples: [the sidebar is grey]}}\n"
    known.fake.config = CONFIG + other.encode()
    known.clock.forward(minutes=2)
    assert followed(known) == [number]
    assert LABEL not in known.issue(number).labels
    assert followed(known) == []


def test_inv_06_members_are_told_once_and_in_place_that_their_canonical_was_fixed(known: World) -> None:
    first, second = reported(known, 2)
    known.clock.forward(hours=1)
    closed = {"state": "closed", "state_reason": "completed", "milestone": "v2.1.0", "closed_at": known.clock()}
    canonical_changed(known, **closed)
    assert followed(known) == [first, second]
    for number in (first, second):
        (comment,) = known.comments(number)
        assert "the problem of #5, which has been closed as completed since" in comment
        assert "#5 was fixed in 2.1.0" in comment
        assert LABEL not in known.issue(number).labels  # INV 3: no longer shown as a duplicate
    assert followed(known) == []
    assert known.written().count("create_comment") == 2


def test_inv_06_a_settled_member_still_leads_others_to_the_root(known: World) -> None:
    (member,) = reported(known)
    known.clock.forward(hours=1)
    canonical_changed(known, state="closed", state_reason="completed", closed_at=known.clock())
    followed(known)
    assert known.storage.duplicates(known.repository.id)[member] == 5
    known.clock.forward(hours=1)
    (late,) = reported(known)
    last = known.storage.last_decision(known.repository.id, late)
    assert last is not None
    assert (last.verdict, last.body["canonical"]) == (Verdict.REGRESSION.value, 5)


def test_inv_06_reopened_and_everything_is_as_it_was(known: World) -> None:
    (member,) = reported(known)
    before = known.comments(member)
    canonical_changed(known, state="closed", state_reason="completed", closed_at=known.clock() + timedelta(hours=1))
    followed(known)
    canonical_changed(known, state="open", state_reason="reopened", closed_at=None)
    assert followed(known) == [member]
    assert known.comments(member)[0].partition(" (")[0] == before[0].partition(" (")[0]
    assert known.issue(member).labels == (CLUSTER_LABEL, LABEL)


def test_inv_06_members_of_a_canonical_that_was_deleted_pass_to_the_next(known: World) -> None:
    first, second = reported(known, 2)
    del known.fake.issues[5]
    observe_issue(known.services, known.repository, 5)
    assert followed(known) == [first, second]
    last = known.storage.last_decision(known.repository.id, second)
    assert last is not None
    assert (last.verdict, last.body["canonical"]) == (Verdict.DUPLICATE.value, first)
    assert followed(known) == []


def test_inv_06_members_of_a_canonical_that_became_a_duplicate_pass_to_its_root(known: World) -> None:
    first, second = reported(known, 2)
    word = FeedbackRecord(known.repository.id, 5, "duplicate", known.clock(), "mia", "comment", other=2)
    known.storage.save_feedback(word)
    assert followed(known) == [first, second]
    for number in (first, second):
        assert known.storage.duplicates(known.repository.id)[number] == 2
        assert "(#2, " in known.comments(number)[0]
    assert followed(known) == []


def test_inv_08_the_comment_of_a_report_follows_a_word_that_was_said_on_the_other(known: World) -> None:
    (number,) = reported(known)
    assert "#5" in known.comments(number)[0]
    word = FeedbackRecord(known.repository.id, 5, "separated", known.clock(), "mia", "command", number)
    known.storage.save_feedback(word)
    assert followed(known) == [number]
    assert "#5" not in known.comments(number)[0]
    assert followed(known) == []


def test_a_member_that_people_closed_is_left_alone(known: World) -> None:
    (member,) = reported(known)
    known.change(member, state="closed", state_reason="not_planned")
    observe_issue(known.services, known.repository, member)
    canonical_changed(known, state="closed", state_reason="completed", closed_at=known.clock() + timedelta(hours=1))
    assert followed(known) == []


def test_another_canonical_in_the_configuration_moves_the_members(known: World) -> None:
    first, second = reported(known, 2)
    known.fake.config = CONFIG.replace(b"    label:", b"    canonical: 2\n    label:")
    known.clock.forward(minutes=2)
    assert known.config.clusters[0].canonical == 2
    assert followed(known) == [first, second]
    assert all("_** (#2, " in known.comments(number)[0] for number in (first, second))


# --- a maintainer tells the members something


def told(world: World, text: str | None) -> tuple[int, ...]:
    return keep_status(world.storage, world.repository.id, "extra", text, "mia", world.clock()).numbers


def test_a_status_reaches_every_members_comment_and_every_later_one(known: World) -> None:
    first, second = reported(known, 2)
    assert told(known, "Workaround: run `shop --retry`, @ann knows.") == (first, second)
    assert followed(known) == [first, second]
    (third,) = reported(known)
    for number in (first, second, third):
        (comment,) = known.comments(number)
        assert "**From the maintainers, " in comment
        assert "run `shop --retry`, @\u200bann knows." in comment
    assert told(known, None) == (first, second, third)
    assert followed(known) == [first, second, third]
    assert all("From the maintainers" not in known.comments(number)[0] for number in (first, second, third))
    assert known.written().count("create_comment") == 3


def test_a_member_on_which_the_bot_is_silent_is_not_counted_among_those_who_are_told(known: World) -> None:
    first, second = reported(known, 2)
    known.storage.save_feedback(
        FeedbackRecord(known.repository.id, second, "comment-deleted", known.clock(), "mia", "event")
    )
    known.triage(second)
    assert told(known, "A fix is on its way.") == (first,)


def test_a_preview_keeps_nothing(known: World) -> None:
    reported(known)
    seen = preview(known.storage, known.repository.id, "extra", "  Fixed in\n\n2.0, @all  ", known.clock())
    assert (seen.count, seen.text) == (1, "Fixed in\n2.0, @all")
    assert seen.markdown is not None
    assert seen.markdown.endswith("2\\.0, @\u200ball")
    assert known.storage.statuses(known.repository.id) == {}
    assert followed(known) == []


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 501])
def test_a_status_that_says_nothing_or_too_much_is_refused(known: World, text: str) -> None:
    with pytest.raises(TriageError):
        told(known, text)


def test_inv_41_a_status_holds_no_secret(known: World) -> None:
    (member,) = reported(known)
    told(known, "use ghp_abcdefghijklmnopqrstuvwxyz0123456789 or write to jane.roe@example.org")
    followed(known)
    assert "ghp_" not in known.comments(member)[0]
    assert "example.org" not in known.comments(member)[0]


# --- the canonical issue's own comment


def test_inv_06_a_confirmed_member_goes_back_when_its_canonical_is_no_duplicate_any_more(known: World) -> None:
    middle = known.report(title="Keyboard layout is forgotten", body="After a restart the layout is American again.")
    known.triage(middle)
    (member,) = reported(known)
    words = [
        FeedbackRecord(known.repository.id, one, "duplicate", known.clock(), "mia", "command", other)
        for one, other in ((member, middle), (middle, 1))
    ]
    known.storage.save_feedback(words[0])
    assert known.triage(member, FOLLOW).body["canonical"] == middle
    known.storage.save_feedback(words[1])
    assert followed(known) == [member]
    assert "#1" in known.comments(member)[0]
    known.storage.amend_feedback(known.repository.id, [words[1]], [])
    assert followed(known) == [member]
    assert f"**This looks like the same problem as #{middle}**" in known.comments(member)[0]
    assert followed(known) == []


def kept(world: World, run: str = "run") -> str:
    return keep(world.services, world.repository, world.config, 5, run)


def test_a_canonical_issue_gets_one_comment_from_the_second_report_on(known: World) -> None:
    reported(known)
    assert kept(known) == TOO_FEW
    assert wanted(known.storage, known.repository.id, known.config, [5], known.clock()) == []
    numbers = reported(known, 2)
    assert wanted(known.storage, known.repository.id, known.config, [5], known.clock()) == [5]
    assert kept(known) == "done"
    (comment,) = known.comments(5)
    assert "**3 reports point to this issue**" in comment
    assert "| status | `400` (3) |" in comment
    assert f"| newest reports | #{numbers[1]}, #{numbers[0]}, " in comment


def test_the_canonicals_comment_is_edited_hourly_at_most_and_only_where_something_changed(known: World) -> None:
    reported(known, 2)
    kept(known, "first")
    reported(known)
    assert kept(known, "second") == NOT_YET
    known.clock.forward(minutes=61)
    assert kept(known, "third") == "done"
    assert "**3 reports point" in known.comments(5)[0]
    known.clock.forward(minutes=61)
    assert kept(known, "fourth") == UNCHANGED
    assert len(known.comments(5)) == 1


def test_who_points_where_is_read_once_however_many_canonicals_there_are(
    known: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported(known, 2)
    read = Mock(wraps=known.storage.duplicates)
    monkeypatch.setattr(type(known.storage), "duplicates", read)
    assert wanted(known.storage, known.repository.id, known.config, [5, 1, 2, 6], known.clock()) == [5]
    assert read.call_count == 1


def test_inv_23_a_canonical_that_has_a_comment_of_its_own_keeps_one(known: World) -> None:
    own = "**These reports look related**"
    held = known.github.add_comment("acme/shop", 5, with_marker(own), "triage[bot]")
    repository_id = known.repository.id
    row = decision(5, repository_id=repository_id, verdict="related", body=to_data(Decision(5, Verdict.RELATED)))
    written = effect(5, repository_id=repository_id, state="done", value=own, github_id=held.id)
    known.storage.save_decision(row, [written])
    reported(known, 2)
    assert kept(known) == "done"
    (comment,) = known.comments(5)
    assert comment.startswith(f"{own}\n\n{BEGIN}\n\n**2 reports point to this issue**")
    last = known.storage.last_decision(repository_id, 5)
    assert last is not None
    assert (last.verdict, last.conclusion, last.trigger) == ("related", row.conclusion, "upkeep")


def test_a_verdict_that_comes_later_stands_above_what_is_said_of_the_reports(known: World) -> None:
    reported(known, 2)
    kept(known)
    known.storage.save_feedback(
        FeedbackRecord(known.repository.id, 5, "duplicate", known.clock(), "mia", "command", other=2)
    )
    known.triage(5, Reason("command", "c", asked=True))
    (comment,) = known.comments(5)
    assert comment.index("#2") < comment.index(BEGIN) < comment.index("2 reports")


def test_inv_44_a_canonical_that_reads_like_a_security_report_gets_no_comment(known: World) -> None:
    reported(known, 2)
    known.change(5, **SECURITY)
    assert kept(known) == VETOES[SECURITY_REPORT]
    assert wanted(known.storage, known.repository.id, known.config, [5], known.clock()) == []
    assert known.comments(5) == []


def test_inv_44_what_stands_on_a_canonical_that_became_a_security_report_is_taken_back(known: World) -> None:
    numbers = reported(known, 2)
    kept(known)
    known.change(5, **SECURITY)
    known.triage(5)
    (comment,) = known.comments(5)
    assert "point to this issue" not in comment
    assert not any(f"#{number}" in comment for number in numbers)
    assert set(followed(known)) == set(numbers)
    assert not any("#5" in comment for number in numbers for comment in known.comments(number))


def test_inv_25_the_canonical_is_told_when_the_last_report_leaves_and_again_when_others_come(known: World) -> None:
    numbers = reported(known, 2)
    kept(known)
    for number in numbers:
        known.storage.save_feedback(
            FeedbackRecord(known.repository.id, number, "separated", known.clock(), "mia", "command", 5)
        )
        known.triage(number, FOLLOW)
    known.clock.forward(minutes=61)
    assert 5 in canonicals(known.storage, known.repository.id)
    assert wanted(known.storage, known.repository.id, known.config, [5], known.clock()) == [5]
    assert kept(known, "later") == "done"
    assert known.comments(5) == [with_marker(nobody())]
    known.clock.forward(minutes=61)
    assert wanted(known.storage, known.repository.id, known.config, [5], known.clock()) == []
    reported(known, 2)
    assert kept(known, "last") == "done"
    (comment,) = known.comments(5)
    assert comment.startswith(BEGIN)
    assert nobody() not in comment


@pytest.mark.parametrize("state", ["open", "closed"])
def test_inv_04_a_canonical_that_is_a_duplicate_itself_counts_no_reports_any_more(known: World, state: Any) -> None:
    reported(known, 2)
    kept(known)
    known.storage.save_feedback(
        FeedbackRecord(known.repository.id, 5, "duplicate", known.clock(), "mia", "comment", 2, "comment 1")
    )
    closed = {"state_reason": "duplicate", "closed_at": known.clock()} if state == "closed" else {}
    canonical_changed(known, state=state, **closed)
    known.clock.forward(minutes=61)
    assert kept(known, "later") == "done"
    assert known.comments(5) == [with_marker(nobody())]


def test_a_canonical_that_was_closed_as_completed_keeps_what_it_was_told(known: World) -> None:
    reported(known, 2)
    kept(known)
    before = known.comments(5)
    canonical_changed(known, state="closed", state_reason="completed", closed_at=known.clock())
    known.clock.forward(minutes=61)
    assert kept(known, "later") == live_canonical.NO_PLACE
    assert known.comments(5) == before


def test_inv_44_a_security_report_is_not_listed_among_the_reports(known: World) -> None:
    first, second, third = reported(known, 3)
    known.change(third, **SECURITY)
    observe_issue(known.services, known.repository, third)
    assert kept(known) == "done"
    assert f"#{second}, #{first}" in known.comments(5)[0]
    assert f"#{third}" not in known.comments(5)[0]


@pytest.mark.parametrize("kind", ["objection", "comment-deleted"])
def test_inv_17_the_bot_adds_nothing_where_it_was_told_to_stop(known: World, kind: str) -> None:
    reported(known, 2)
    known.storage.save_feedback(FeedbackRecord(known.repository.id, 5, kind, known.clock(), "mia", "event"))
    assert kept(known) == TOLD_TO_STOP
    assert known.comments(5) == []


@pytest.mark.parametrize(
    ("config", "fields"),
    [
        (b"", {"author": "renovate[bot]", "author_is_bot": True}),
        (b"ignore: {authors: [release-*]}\n", {"author": "release-team"}),
        (b"ignore: {labels: [tracking]}\n", {"labels": ("Tracking",)}),
    ],
)
def test_inv_20_a_canonical_issue_that_the_bot_leaves_alone_gets_no_comment(
    known: World, config: bytes, fields: dict[str, Any]
) -> None:
    reported(known, 2)
    known.fake.config = config + CONFIG
    known.clock.forward(minutes=2)
    known.change(5, **fields)
    assert kept(known) == live_canonical.NO_PLACE
    assert known.comments(5) == []


def test_inv_26_in_shadow_mode_no_canonical_gets_a_comment(known: World) -> None:
    reported(known, 2)
    known.fake.config = b"mode: shadow\n" + CONFIG
    known.clock.forward(minutes=2)
    assert kept(known) == live_canonical.SILENT
    assert known.comments(5) == []


def test_inv_31_nothing_stays_planned_where_the_canonical_was_closed_while_its_comment_waited(known: World) -> None:
    reported(known, 2)
    known.github.fail_next("create_comment", Unavailable("GitHub broke down"))
    with pytest.raises(Unavailable):
        kept(known)
    known.change(5, state="closed", state_reason="completed", closed_at=known.clock())
    assert kept(known) == live_canonical.NO_PLACE
    assert known.storage.effects(known.repository.id, number=5, state="planned") == []


def test_inv_28_an_import_alone_begins_no_comment_on_a_canonical(known: World) -> None:
    for _ in range(3):
        number = known.report()
        word = FeedbackRecord(known.repository.id, number, "duplicate", known.clock(), "mia", "comment", other=5)
        known.storage.save_feedback(word)
    known.learn()
    assert kept(known) == TOO_FEW


def test_the_canonicals_comment_survives_a_crash_between_the_record_and_the_write(known: World) -> None:
    reported(known, 2)
    known.github.fail_next("create_comment", Unavailable("down"))
    with pytest.raises(Unavailable):
        kept(known, "same")
    assert kept(known, "same") == "done"
    assert len(known.comments(5)) == 1


# --- closing


def earn(world: World, judged: int = LEAST_JUDGED, wrong: int = 0) -> None:
    """Judged decisions of long ago: the newest `wrong` ones were objected to."""
    repository_id = world.repository.id
    for place in range(judged):
        number = 1000 + place
        row = decision(number, 1, repository_id=repository_id)
        comment = effect(number, repository_id=repository_id, state="done", github_id=number)
        world.storage.save_decision(row, [comment])
        at = world.clock() - timedelta(days=60) + timedelta(minutes=place)
        right = place < judged - wrong
        word = FeedbackRecord(repository_id, number, "duplicate" if right else "objection", at, "mia", "comment")
        world.storage.save_feedback(replace(word, other=1) if right else word)


def closing(world: World) -> None:
    world.fake.config = b"mode: close\n" + CONFIG
    world.clock.forward(minutes=2)
    assert world.config.mode == "close"


def closed(world: World, number: int, run: str = "run") -> str:
    return close(world.services, world.repository, world.config, number, run)


@pytest.fixture
def promised(known: World) -> tuple[World, int]:
    """A repository that earned closing, and a report whose comment says that it is closed, eight days ago."""
    earn(known)
    closing(known)
    (number,) = reported(known)
    assert "this is closed as a duplicate of #5 on " in known.comments(number)[0]
    known.clock.forward(days=8, hours=1)
    known.github.now = known.clock()
    return known, number


def test_what_was_promised_is_closed_as_a_duplicate_and_the_comment_stays_as_it_is(promised: tuple[World, int]) -> None:
    world, number = promised
    comments = world.comments(number)
    assert closable(world.storage, world.repository.id, world.clock()) == [number]
    assert closed(world, number) == CLOSED
    issue = world.issue(number)
    assert (issue.state, issue.state_reason) == ("closed", "duplicate")
    assert world.comments(number) == comments
    assert closed(world, number) == CLOSED
    assert closed(world, number, "another") == CLOSED_BEFORE
    assert world.written().count("close_issue") == 1


def take_over_a_closing(world: World, number: int) -> None:
    """An import found it on GitHub, from before everything was forgotten, while a run closes others."""
    at, repository = world.clock(), world.repository.id
    made = DecisionRecord(None, repository, number, at, ADOPTED, "adopted/77", "duplicate", "", {})
    world.storage.save_decision(made, [EffectRecord(None, 0, repository, number, "close", "duplicate", "done", at, at)])


def test_what_a_run_closed_is_counted_by_the_run_whatever_the_clock_says(known: World) -> None:
    earn(known)
    closing(known)
    first, second, third = reported(known, 3)
    known.clock.forward(days=8, hours=1)
    known.github.now = known.clock()

    def count(run: str) -> list[int]:
        return closed_in(known.storage, known.repository.id, run)

    assert closed(known, first, f"a/{first}") == CLOSED
    assert (count("a"), count("b")) == ([first], [])
    assert [closed(known, number, f"b/{number}") for number in (second, third)] == [CLOSED, CLOSED]
    assert count("b") == [second, third]
    take_over_a_closing(known, first)
    assert count("b") == [second, third]


def test_without_the_right_mode_close_is_mode_comment_and_says_so(known: World) -> None:
    earn(known, LEAST_JUDGED - 1)
    closing(known)
    (number,) = reported(known)
    assert "closed as a duplicate" not in known.comments(number)[0]
    last = known.storage.last_decision(known.repository.id, number)
    assert last is not None
    assert last.body["vetoes"] == [CLOSE_NOT_EARNED]
    assert "not earned" in closing_sentence(known.storage, known.repository.id, known.config)
    known.clock.forward(days=9)
    assert closable(known.storage, known.repository.id, known.clock()) == []
    assert CLOSE_NOT_EARNED in closed(known, number)
    assert known.issue(number).state == "open"


def test_a_right_that_is_lost_takes_the_promise_back(promised: tuple[World, int]) -> None:
    world, number = promised
    repository_id = world.repository.id
    for other in (1000, 1001, 1002, 1003):
        world.storage.save_feedback(FeedbackRecord(repository_id, other, "objection", world.clock(), "x", "reaction"))
    assert not closing_right(world.storage, repository_id).earned
    assert CLOSE_NOT_EARNED in closed(world, number)
    assert followed(world) == [number]
    assert "closed as a duplicate" not in world.comments(number)[0]


@pytest.mark.parametrize("kind", ["objection", "label-removed", "comment-deleted", "reopened"])
def test_inv_17_inv_19_what_a_person_said_keeps_it_open(promised: tuple[World, int], kind: str) -> None:
    world, number = promised
    word = FeedbackRecord(world.repository.id, number, kind, world.clock(), "ann", "event", value=LABEL)
    world.storage.save_feedback(word)
    found = closed(world, number)
    assert (REOPENED_BY_PERSON if kind == "reopened" else CLOSE_OBJECTION) in found
    assert world.issue(number).state == "open"


def test_inv_17_a_thumbs_down_that_nobody_heard_of_yet_keeps_it_open(promised: tuple[World, int]) -> None:
    world, number = promised
    world.github.react("acme/shop", world.fake.comments[number][0].id, "-1", "ann")
    assert closed(world, number) == CLOSE_OBJECTION


def test_inv_17_what_a_person_said_between_a_failed_closing_and_its_next_try_keeps_it_open(
    promised: tuple[World, int],
) -> None:
    world, number = promised
    world.github.fail_next("close_issue", Unavailable("down"))
    with pytest.raises(Unavailable):
        closed(world, number)
    world.github.react("acme/shop", world.fake.comments[number][0].id, "-1", "ann")
    assert closed(world, number) == CLOSE_OBJECTION
    assert world.issue(number).state == "open"
    assert closed(world, number) != CLOSED
    assert world.issue(number).state == "open"


def test_inv_21_a_label_that_is_gone_keeps_it_open_though_nobody_told_of_it(promised: tuple[World, int]) -> None:
    world, number = promised
    world.change(number, labels=(CLUSTER_LABEL,), updated_at=world.clock() - timedelta(days=8))
    assert closed(world, number) == CLOSE_OBJECTION
    assert world.issue(number).state == "open"


def test_inv_20_a_persons_comment_keeps_it_open_and_a_bots_does_not(promised: tuple[World, int]) -> None:
    world, number = promised
    world.github.add_comment("acme/shop", number, "Ping", "stale[bot]")
    other = reported(world)[0]
    assert closed(world, number) == CLOSED
    world.clock.forward(days=9)
    world.github.add_comment("acme/shop", other, "Still there", "ann")
    assert CLOSE_PERSON_SPOKE in closed(world, other, "later")


def test_inv_20_something_that_a_person_did_begins_the_seven_days_anew(promised: tuple[World, int]) -> None:
    world, number = promised
    act = TimelineEvent("assigned", "mia", False, world.clock() - timedelta(days=1))
    world.fake.timelines[number] = [act, TimelineEvent("labeled", "triage[bot]", True, world.clock())]
    assert closed(world, number) == CLOSE_PERSON_ACTED
    world.clock.forward(days=7)
    assert closed(world, number, "later") == CLOSED


def test_it_is_not_closed_before_its_day(known: World) -> None:
    earn(known)
    closing(known)
    (number,) = reported(known)
    known.clock.forward(days=6, hours=23)
    assert closable(known.storage, known.repository.id, known.clock()) == []
    assert closed(known, number) == CLOSE_WAITS


def test_inv_03_it_is_not_closed_where_its_canonical_was_closed_meanwhile(promised: tuple[World, int]) -> None:
    world, number = promised
    world.change(5, state="closed", state_reason="completed", closed_at=world.clock())
    assert CLOSE_NO_DUPLICATE in closed(world, number)
    assert world.issue(number).state == "open"


def test_an_objection_to_what_the_bot_closed_opens_it_again(promised: tuple[World, int]) -> None:
    world, number = promised
    closed(world, number)
    world.storage.save_feedback(
        FeedbackRecord(world.repository.id, number, "objection", world.clock(), "ann", "command", value="comment 1")
    )
    world.triage(number, Reason("command", "c"))
    assert world.issue(number).state == "open"
    assert world.written()[-1] == "reopen_issue"
    assert "not counted as a duplicate" in world.comments(number)[0]
    kinds = [one.kind for one in world.storage.effects(world.repository.id, number=number)]
    assert kinds[0] == EffectKind.REOPEN.value


def test_inv_31_a_crash_between_the_record_and_the_closing_closes_once(promised: tuple[World, int]) -> None:
    world, number = promised
    world.github.fail_next("close_issue", Unavailable("down"))
    with pytest.raises(Unavailable):
        closed(world, number)
    assert world.issue(number).state == "open"
    assert closed(world, number) == CLOSED
    assert world.written().count("close_issue") == 1
