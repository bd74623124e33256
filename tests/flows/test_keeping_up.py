"""What happens to issues without a word to the bot: heeded where people did it, and otherwise only kept true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.workflows.triage_issue import OVERTAKEN
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import BODY, CLUSTER_LABEL, LABEL, TITLE
from tests.fakes.told import commented, edits, happens, own, says, signs, words

UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


@pytest.fixture
async def answered(bot: Running) -> Issue:
    """A report that the bot called a duplicate of #5; `boss` has a say."""
    bot.fake.permissions["boss"] = "triage"
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    return issue


def change(bot: Running, issue: Issue, **fields: Any) -> None:
    bot.fake.issues[issue.number] = replace(bot.fake.issues[issue.number], **fields)


async def test_inv_21_a_label_that_a_person_removed_is_remembered_and_stays_away(bot: Running, answered: Issue) -> None:
    change(bot, answered, labels=(CLUSTER_LABEL,))
    row = await happens(bot, answered, "unlabeled", "ann", label={"name": LABEL})
    assert row.outcome == "observed"
    assert [one[0] for one in words(bot, answered.number)] == ["label-removed"]
    change(bot, answered, title=f"{TITLE}, too")
    row = await happens(bot, answered, "edited", changes={"body": {"from": "x"}})
    assert (row.outcome, bot.labels(answered.number)) == ("duplicate", (CLUSTER_LABEL,))
    assert (await says(bot, answered, "/triage rerun", "boss"))[0].outcome == "duplicate"
    assert LABEL in bot.labels(answered.number)


async def test_inv_21_a_label_that_one_person_removed_and_another_set_again_is_theirs(
    bot: Running, answered: Issue
) -> None:
    change(bot, answered, labels=(CLUSTER_LABEL,))
    await happens(bot, answered, "unlabeled", "ann", label={"name": LABEL})
    change(bot, answered, labels=(CLUSTER_LABEL, LABEL))
    await happens(bot, answered, "labeled", "mia", label={"name": LABEL})
    assert (await happens(bot, answered, "reopened", "ann")).outcome == "related"
    assert LABEL in bot.labels(answered.number)


async def test_a_label_that_is_not_the_bots_own_is_nobodys_feedback(bot: Running, answered: Issue) -> None:
    await happens(bot, answered, "unlabeled", "ann", label={"name": "needs-triage"})
    assert words(bot, answered.number) == []


async def test_inv_19_a_reopened_issue_is_never_called_a_duplicate_again(bot: Running, answered: Issue) -> None:
    row = await happens(bot, answered, "reopened", "ann")
    assert row.outcome == "related"
    assert words(bot, answered.number) == [("reopened", "ann", None)]
    assert LABEL not in bot.labels(answered.number)
    assert (await says(bot, answered, "/triage rerun", "boss"))[0].outcome == "related"


@pytest.mark.parametrize("text", ["", "Duplicate of #5", "/triage duplicate of #5"])
async def test_inv_19_reopening_takes_back_who_closed_it_as_a_duplicate_and_not_what_the_bot_was_told(
    bot: Running, answered: Issue, text: str
) -> None:
    bot.fake.permissions["boss"] = "triage"
    if text:
        await says(bot, answered, text, "boss")
    if not text.startswith("/"):
        change(bot, answered, state="closed", state_reason="duplicate")
        await happens(bot, answered, "closed", "boss")
    assert "duplicate" in bot.labels(answered.number)
    change(bot, answered, state="open", state_reason="reopened")
    row = await happens(bot, answered, "reopened", "boss")
    told = text.startswith("/")
    assert row.outcome == ("duplicate" if told else "related")
    assert ("A person said so." in own(bot, answered).body) is told
    assert ("duplicate" in bot.labels(answered.number)) is told


async def test_inv_20_what_a_bot_does_is_nobodys_word(bot: Running, answered: Issue) -> None:
    assert (await happens(bot, answered, "reopened", "stale[bot]")).outcome == "observed"
    assert words(bot, answered.number) == []
    assert LABEL in bot.labels(answered.number)


async def test_githubs_own_close_as_duplicate_confirms_what_the_bot_said(bot: Running, answered: Issue) -> None:
    change(bot, answered, state="closed", state_reason="duplicate")
    row = await happens(bot, answered, "closed", "boss")
    assert row.outcome == "duplicate"
    assert words(bot, answered.number) == [("duplicate", "boss", 5)]
    assert set(bot.labels(answered.number)) == {"duplicate", CLUSTER_LABEL}


async def test_githubs_own_close_as_duplicate_follows_the_closers_comment(bot: Running, answered: Issue) -> None:
    bot.github.add_comment(bot.name, answered.number, "Duplicate of #4", "boss")
    change(bot, answered, state="closed", state_reason="duplicate")
    await happens(bot, answered, "closed", "boss")
    assert words(bot, answered.number) == [("duplicate", "boss", 4)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Closing as duplicate of #4", [("duplicate", "boss", 4)]),
        ("Dup of #4", [("duplicate", "boss", 4)]),
        ("Not #5, it is that of #4", []),
    ],
)
async def test_no_word_is_put_into_the_mouth_of_who_closes_as_duplicate(
    bot: Running, answered: Issue, text: str, said: list[tuple[str, str, int]]
) -> None:
    bot.github.add_comment(bot.name, answered.number, text, "boss")
    change(bot, answered, state="closed", state_reason="duplicate")
    await happens(bot, answered, "closed", "boss")
    assert words(bot, answered.number) == said


async def test_inv_28_where_the_bot_was_silent_a_close_is_learnt_in_silence(bot: Running) -> None:
    bot.fake.permissions["boss"] = "triage"
    issue = bot.report(*UNLIKE)
    await bot.handled(issue)
    bot.github.add_comment(bot.name, issue.number, "Duplicate of #5", "boss")
    change(bot, issue, state="closed", state_reason="duplicate")
    await happens(bot, issue, "closed", "boss")
    assert words(bot, issue.number) == [("duplicate", "boss", 5)]
    assert bot.writes() == []


@pytest.mark.parametrize(("reason", "sender"), [("completed", "boss"), ("duplicate", "stranger")])
async def test_another_close_says_nothing_of_duplicates(
    bot: Running, answered: Issue, reason: str, sender: str
) -> None:
    change(bot, answered, state="closed", state_reason=reason)
    assert (await happens(bot, answered, "closed", sender)).outcome == "observed"
    assert words(bot, answered.number) == []


async def test_inv_17_the_bots_comment_deleted_by_a_person_is_never_written_again(
    bot: Running, answered: Issue
) -> None:
    comment = own(bot, answered)
    bot.fake.comments[answered.number].remove(comment)
    row, *_ = await bot.ended(await commented(bot, answered, comment, "deleted", "ann"))
    assert row.outcome == "new"
    assert bot.labels(answered.number) == ()
    assert [one[0] for one in words(bot, answered.number)] == ["objection", "separated", "comment-deleted"]
    await says(bot, answered, "/triage rerun", "boss")
    change(bot, answered, body=f"{BODY} And once more.")
    await happens(bot, answered, "edited", changes={"body": {"from": "x"}})
    assert [one for one in bot.fake.comments[answered.number] if one.by_this_app] == []
    assert bot.labels(answered.number) == ()


async def test_a_commands_comment_that_is_deleted_changes_nothing(bot: Running, answered: Issue) -> None:
    _, comment = await says(bot, answered, "/triage different")
    bot.fake.comments[answered.number].remove(comment)
    delivery = await commented(bot, answered, comment, "deleted", "reporter")
    assert bot.storage.delivery(delivery) is None
    assert [one[0] for one in words(bot, answered.number)] == ["objection", "separated"]


async def test_inv_23_an_edit_that_leaves_the_text_as_it_was_is_decided_no_second_time(
    bot: Running, answered: Issue
) -> None:
    row = await happens(bot, answered, "edited", changes={"body": {"from": "x"}})
    assert row.outcome == "duplicate"
    assert len(bot.storage.decisions(bot.record.id, number=answered.number)) == 1


async def test_of_many_edits_the_last_one_is_decided(bot: Running, answered: Issue, monkeypatch: Any) -> None:
    monkeypatch.setattr("bot.inbox.PAUSES", {("issues", "edited"): 4.0})
    change(bot, answered, title=UNLIKE[0], body=UNLIKE[1])
    sent = [await bot.deliver(answered, "edited", changes={"body": {"from": "x"}}) for _ in range(4)]
    rows = await bot.ended(*sent)
    assert [row.outcome for row in rows] == [OVERTAKEN] * 3 + ["new"]
    assert len(bot.storage.decisions(bot.record.id, number=answered.number)) == 2


@pytest.mark.parametrize("action", ["pinned", "unpinned", "labeled", "locked", "unlocked"])
async def test_what_else_happens_is_kept_true_without_a_decision(bot: Running, answered: Issue, action: str) -> None:
    before = bot.writes()
    change(bot, answered, locked=action == "locked", labels=(LABEL, CLUSTER_LABEL, "needs-info"))
    more = {"label": {"name": "needs-info"}} if action == "labeled" else {}
    assert (await happens(bot, answered, action, **more)).outcome == "observed"
    stored = bot.storage.issue(bot.record.id, answered.number)
    assert stored is not None
    assert (stored.issue.locked, "needs-info" in stored.issue.labels) == (action == "locked", True)
    assert bot.writes() == before


@pytest.mark.parametrize("action", ["deleted", "transferred"])
async def test_an_issue_that_went_away_is_forgotten(bot: Running, answered: Issue, action: str) -> None:
    del bot.fake.issues[answered.number]
    assert (await happens(bot, answered, action)).outcome == "gone"
    assert bot.storage.issue(bot.record.id, answered.number) is None


async def test_a_claim_that_was_taken_back_is_not_heard_a_second_time(bot: Running, answered: Issue) -> None:
    _, claim = await says(bot, answered, "Duplicate of #5", "boss")
    await says(bot, answered, "/triage undo", "boss")
    assert words(bot, answered.number) == []
    await edits(bot, answered, claim, "Duplicate of #5!")
    assert words(bot, answered.number) == []
    assert signs(bot, claim) == []
