"""A first reading: newest open issues first, resumed at its page, silent, within limits; it learns past verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.activities import reading
from bot.activities.history import read_history
from bot.activities.importing import RESERVE, advance
from bot.activities.observe import Stopped
from bot.errors import RetryAfter, Unavailable
from bot.github.protocol import Page, RateLimit, TimelineEvent
from bot.storage.records import RAW, FeedbackRecord, ImportRecord
from models.issue import Issue
from tests.fakes.github import PAGE
from tests.fakes.small_world import NAME, OTHERS, World

MANY = 2 * PAGE + 30


@pytest.fixture(autouse=True)
def people(world: World) -> None:
    world.fake.associations |= {"boss": "MEMBER", "ann": "NONE"}


@pytest.fixture
def large(world: World) -> World:
    """Open issues up to #234, and closed ones after them."""
    for number in range(MANY):
        world.report(title=f"Report {number}", body=f"It says {number} in the list of reports.")
    for number in range(MANY):
        world.report(title=f"Old {number}", body=f"Once it said {number}.", state="closed", state_reason="completed")
    return world


def progress(world: World) -> ImportRecord:
    found = world.storage.import_progress(world.repository.id)
    assert found is not None
    return found


def reports(world: World) -> int:
    return len(world.fake.issues)


def test_inv_12_it_reads_and_embeds_everything_and_says_so(large: World) -> None:
    large.github.add_issue(NAME, "A pull request", is_pull_request=True)
    record = advance(large.services, large.repository)
    assert record == progress(large)
    assert (record.read, record.total, record.to_embed) == (reports(large), reports(large), reports(large) - 1)
    assert record.embedded == record.to_embed
    assert record.pages == 3 + 3 + 1  # open, closed, comments
    assert record.ended_at is not None
    assert record.usable_at is not None
    assert large.storage.raw_issues(large.repository.id, 1) == []
    assert large.storage.unembedded(large.repository.id, str(large.services.embedder.model_id)) == []
    assert large.repository.imported_at == record.began_at


def test_open_issues_come_first_and_the_newest_of_them_before_the_others(large: World) -> None:
    seen: list[tuple[int, int]] = []
    newest = len(OTHERS) + MANY

    def look(record: ImportRecord) -> None:
        held = [row.issue.number for row in large.storage.issues(large.repository.id)]
        seen.append((len(held), min(held, default=0)))

    advance(large.services, large.repository, embeds=False, shown=look)
    after_a_page = next(one for one in seen if one[0])
    assert after_a_page == (PAGE, newest - PAGE + 1)
    assert (newest, 1) in seen  # every open issue, and none that is closed


def test_it_is_usable_when_the_open_issues_are_embedded_and_the_closed_are_not(large: World) -> None:
    usable: list[int] = []

    def look(record: ImportRecord) -> None:
        if record.usable_at is not None:
            usable.append(record.embedded)

    advance(large.services, large.repository, shown=look)
    assert usable[0] == len(OTHERS) + MANY


@pytest.mark.parametrize("page", range(6))
def test_inv_31_broken_off_at_any_page_it_goes_on_at_that_page(large: World, page: int) -> None:
    large.github.fail_next("issues", Unavailable("the connection broke"), after=page)
    with pytest.raises(Unavailable):
        advance(large.services, large.repository)
    broken = progress(large)
    assert (broken.error, broken.ended_at, broken.pages) == ("the connection broke", None, page)
    assert large.repository.imported_at is None
    asked = large.github.calls["issues"]
    record = advance(large.services, large.repository)
    assert large.github.calls["issues"] - asked == 6 - page
    assert (record.error, record.read, record.pages) == (None, reports(large), 7)
    assert record.resumed_at is not None
    assert record.began_at == broken.began_at


def test_in_slices_it_comes_to_the_same_end(large: World) -> None:
    turns = 1
    while advance(large.services, large.repository, seconds=0).ended_at is None:
        turns += 1
        assert turns < 100
    assert turns > 5
    assert progress(large).read == reports(large)
    assert large.storage.issue_count(large.repository.id) == reports(large)


def test_what_was_prepared_already_is_neither_read_again_nor_embedded_twice(known: World) -> None:
    before = known.services.embedder.texts  # type: ignore[attr-defined]
    advance(known.services, known.repository)
    assert known.services.embedder.texts == before  # type: ignore[attr-defined]


def test_inv_33_a_poisonous_issue_is_set_aside_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reading.parts
    monkeypatch.setattr(reading, "parts", lambda issue, **more: 1 / 0 if issue.number == 2 else real(issue, **more))
    assert advance(world.services, world.repository).ended_at is not None
    assert [row.issue.number for row in world.storage.issues(world.repository.id)] == [1, 3, 4]


def test_inv_30_the_last_of_the_hours_requests_are_left_to_deliveries(large: World) -> None:
    resets_at = large.clock() + timedelta(minutes=20)
    large.github.limits[1] = RateLimit(5000, int(5000 * RESERVE) - 1, resets_at)
    with pytest.raises(RetryAfter) as waits:
        advance(large.services, large.repository)
    assert 1100 < waits.value.seconds <= 1200
    assert large.github.calls["issues"] == 0
    large.clock.forward(minutes=21)
    assert advance(large.services, large.repository).ended_at is not None


def test_inv_45_a_repository_that_is_forgotten_meanwhile_does_not_come_back(large: World) -> None:
    repository = large.repository

    def forget(record: ImportRecord) -> None:
        if record.pages == 2:
            large.storage.forget_repository(repository.id)

    with pytest.raises(Stopped):
        advance(large.services, repository, shown=forget)
    assert large.storage.repository_by_id(repository.id) is None


def test_inv_28_nobody_is_notified(large: World) -> None:
    large.github.add_comment(NAME, 7, "Duplicate of #5", "boss")
    advance(large.services, large.repository)
    assert large.github.writes == []


# --- what leaves a list while it is read


def numbers(world: World) -> set[int]:
    return {row.issue.number for row in world.storage.issues(world.repository.id)}


LEAVES: dict[str, Callable[[World, int], object]] = {
    "deleted": lambda world, number: world.fake.issues.pop(number),
    "closed": lambda world, number: world.change(number, state="closed", state_reason="completed"),
}


@pytest.mark.parametrize("how", LEAVES)
@pytest.mark.parametrize("seconds", [math.inf, 0.0])
def test_inv_34_what_slips_to_an_earlier_page_is_read_all_the_same(large: World, how: str, seconds: float) -> None:
    newest = MANY + len(OTHERS)
    leaving = [newest - 3, newest - 5, newest - 7]  # of the first page of open issues, when it has been kept

    def look(record: ImportRecord) -> None:
        if record.pages == 1:
            while leaving:
                LEAVES[how](large, leaving.pop())

    while advance(large.services, large.repository, seconds=seconds, shown=look).ended_at is None:
        pass
    assert set(large.fake.issues) <= numbers(large)
    assert progress(large).read >= len(large.fake.issues)


def test_inv_34_also_where_a_late_number_stands_among_early_ones(large: World) -> None:
    """An issue that came from elsewhere keeps its date."""
    newest = MANY + len(OTHERS)
    reader = type(large.services.reader(large.repository))
    real = reader.past_issues

    def moved(self: Any, state: str, cursor: str | None = None, *, at_once: int = 1) -> Iterator[Page[Issue]]:
        for page in real(self, state, cursor, at_once=at_once):
            rows = list(page.rows)
            if state == "open" and len(rows) == PAGE:
                rows[-1] = replace(rows[-1], number=rows[-1].number + 5000)
            yield replace(page, rows=rows)

    def look(record: ImportRecord) -> None:
        if record.pages == 1 and newest in large.fake.issues:
            large.fake.issues.pop(newest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "past_issues", moved)
        advance(large.services, large.repository, shown=look)
    slipped = newest - PAGE  # the first row of what was the second page
    assert slipped in numbers(large)


def test_where_nothing_left_nothing_is_asked_for_again(large: World) -> None:
    advance(large.services, large.repository)
    assert large.github.calls["issue"] == 0


# --- what people called duplicates


def learned(world: World) -> list[tuple[int, int | None, str, str]]:
    advance(world.services, world.repository)
    return [(one.number, one.other, one.actor, one.source) for one in world.storage.feedback(world.repository.id)]


def event(world: World, number: int, kind: str, actor: str = "boss", **more: object) -> TimelineEvent:
    made = TimelineEvent(kind, actor, actor.endswith("[bot]"), world.github.tick(), world.github.new_id(), **more)  # type: ignore[arg-type]
    world.fake.timelines.setdefault(number, []).append(made)
    return made


@pytest.mark.parametrize(
    ("author", "text", "is_learned"),
    [
        ("boss", "Duplicate of #1", True),
        ("boss", "Closing as a duplicate of #1, thanks!", True),
        ("boss", "This looks like a duplicate of https://github.com/acme/shop/issues/1.", True),
        ("boss", "Sorry for the late answer.\n\nDupe of #1", True),
        ("reporter", "Duplicate of #1", True),  # the issue's author
        ("ann", "Duplicate of #1", False),  # a passer-by
        ("boss", "This is not a duplicate of #1", False),
        ("boss", "> Duplicate of #1\n\nI do not think so.", False),
        ("boss", "Duplicate of #4", False),  # itself
        ("boss", "Duplicate of #999", False),  # not there
        ("boss", "Duplicate of https://github.com/acme/framework/issues/1", False),  # elsewhere
        ("boss", f"Duplicate of https://github.com/{NAME}/issues/1", True),
        ("helper[bot]", "Duplicate of #1", False),
    ],
)
def test_a_past_claim_counts_by_who_said_it(world: World, author: str, text: str, *, is_learned: bool) -> None:
    comment = world.github.add_comment(NAME, 4, text, author)
    assert learned(world) == ([(4, 1, author, "comment")] if is_learned else [])
    if is_learned:
        (word,) = world.storage.feedback(world.repository.id)
        assert (word.said_at, word.value) == (comment.created_at, f"comment {comment.id}")


def test_a_mark_is_learned_with_the_issue_that_the_same_person_named_beside_it(world: World) -> None:
    world.change(4, state="closed", state_reason="duplicate")
    world.github.add_comment(NAME, 4, "Let us go on in #2, please.", "boss")
    mark = event(world, 4, "closed", value="duplicate")
    assert learned(world) == [(4, 2, "boss", "event")]
    assert world.storage.feedback(world.repository.id)[0].said_at == mark.at


def test_a_mark_is_learned_from_the_cross_reference_that_the_same_person_made(world: World) -> None:
    world.change(4, state="closed", state_reason="duplicate")
    event(world, 4, "cross-referenced", "ann", other=1)
    event(world, 4, "cross-referenced", other=3)
    event(world, 4, "marked_as_duplicate")
    assert learned(world) == [(4, 3, "boss", "event")]


def test_the_label_of_duplicates_is_a_mark_too(world: World) -> None:
    world.change(4, state="closed", labels=("Duplicate",))
    world.github.add_comment(NAME, 4, "See #2.", "boss")
    event(world, 4, "labeled", value="duplicate")
    assert learned(world) == [(4, 2, "boss", "event")]


@pytest.mark.parametrize("kind", ["unmarked_as_duplicate", "reopened"])
def test_what_was_taken_back_is_not_learned(world: World, kind: str) -> None:
    world.github.add_comment(NAME, 4, "Duplicate of #1", "boss")
    event(world, 4, "marked_as_duplicate")
    event(world, 4, kind)
    assert learned(world) == []


@pytest.mark.parametrize(
    ("author", "text", "kept"),
    [
        ("boss", "Sorry, this is not a duplicate of #1", []),
        ("mate", "This is not a duplicate of #1: another plan", []),
        ("mate", "> this is not a duplicate of #1\n\nIt is.", [(4, 1, "boss", "comment")]),
        ("mate", "Duplicate of #2", [(4, 2, "mate", "comment")]),
        ("reporter", "Duplicate of #2", [(4, 1, "boss", "comment")]),
        ("reporter", "This is not a duplicate of #1", [(4, 1, "boss", "comment")]),
        ("ann", "This is not a duplicate of #1", [(4, 1, "boss", "comment")]),
    ],
)
def test_who_has_a_say_takes_a_past_claim_back_and_the_issues_author_does_not_overrule_them(
    world: World, author: str, text: str, kept: list[tuple[int, int, str, str]]
) -> None:
    world.fake.associations["mate"] = "COLLABORATOR"
    world.github.add_comment(NAME, 4, "Duplicate of #1", "boss")
    world.github.add_comment(NAME, 4, text, author)
    assert learned(world) == kept


def test_the_label_of_duplicates_that_was_taken_off_again_is_no_mark(world: World) -> None:
    world.change(4, state="closed", state_reason="duplicate")
    world.github.add_comment(NAME, 4, "See #2.", "boss")
    event(world, 4, "labeled", value="duplicate")
    event(world, 4, "unlabeled", value="Duplicate")
    assert learned(world) == []


def test_a_mark_that_nobody_explained_is_not_guessed_at(world: World) -> None:
    world.change(4, state="closed", state_reason="duplicate")
    world.github.add_comment(NAME, 4, "Either #1 or #2.", "boss")
    event(world, 4, "closed", value="duplicate")
    assert learned(world) == []


def test_inv_01_a_circle_of_past_claims_is_cut(world: World) -> None:
    for number, other in ((4, 3), (3, 2), (2, 4)):
        world.github.add_comment(NAME, number, f"Duplicate of #{other}", "boss")
    learned(world)
    duplicates = world.storage.duplicates(world.repository.id)
    assert len(duplicates) == 2
    for start in duplicates:
        seen, at = set(), start
        while at in duplicates:
            assert at not in seen
            seen.add(at)
            at = duplicates[at]


def test_inv_08_what_was_said_to_the_bot_goes_before_an_old_claim(world: World) -> None:
    repository = read_history(world.services, world.repository)
    world.storage.save_feedback(
        FeedbackRecord(repository.id, 4, "separated", world.clock(), "ann", "command", 1, "comment 1")
    )
    world.github.add_comment(NAME, 4, "Duplicate of #1", "boss")
    world.storage.save_import(replace(progress(world), cursors={}, ended_at=None))
    advance(world.services, world.repository)
    assert [one.kind for one in world.storage.feedback(repository.id)] == ["separated"]


def test_it_is_learned_once_however_often_it_is_read(world: World) -> None:
    world.github.add_comment(NAME, 4, "Duplicate of #1", "boss")
    learned(world)
    world.storage.save_import(replace(progress(world), cursors={}, ended_at=None))
    assert len(learned(world)) == 1


def test_a_raw_issue_is_prepared_before_anything_compares_it(world: World) -> None:
    advance(world.services, world.repository, embeds=False)
    assert {row.recipe for row in world.storage.issues(world.repository.id)} == {RAW}
    read_history(world.services, world.repository)
    assert RAW not in {row.recipe for row in world.storage.issues(world.repository.id)}
