"""What maintainers tell the bot: confirmed, taken back, paused; answered by a reaction, obeyed once, refused aloud."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.storage.records import PAUSED, FeedbackRecord
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import BODY, CLUSTER_LABEL, CONFIG, LABEL, TITLE
from tests.fakes.told import commented, deletes, edits, own, says, signs, words

CONFIRMED = "duplicate"
UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


@pytest.fixture
async def answered(bot: Running) -> Issue:
    """A report that the bot called a duplicate of #5; `boss` has a say."""
    bot.fake.permissions["boss"] = "triage"
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    return issue


async def test_inv_16_a_confirmed_duplicate_gets_the_label_for_that(bot: Running, answered: Issue) -> None:
    row, comment = await says(bot, answered, "/triage duplicate of #5", "boss")
    assert row.outcome == "duplicate"
    assert signs(bot, comment) == ["+1"]
    assert set(bot.labels(answered.number)) == {CONFIRMED, CLUSTER_LABEL}
    assert "A person said so." in own(bot, answered).body
    assert words(bot, answered.number) == [("duplicate", "boss", 5)]


async def test_a_person_knows_better_than_the_score(bot: Running, answered: Issue) -> None:
    other = bot.report(*UNLIKE)
    assert (await bot.handled(other)).outcome == "new"
    assert (await says(bot, other, "/triage duplicate of #5", "boss"))[0].outcome == "duplicate"
    assert bot.labels(other.number)[0] == CONFIRMED
    assert "#5" in own(bot, other).body


async def test_inv_04_a_confirmed_duplicate_points_at_the_root_and_is_kept_as_it_was_said(
    bot: Running, answered: Issue
) -> None:
    late = bot.report(*UNLIKE)
    await bot.handled(late)
    await says(bot, late, f"/triage duplicate of #{answered.number}", "boss")
    assert words(bot, late.number) == [("duplicate", "boss", answered.number)]
    assert "#5" in own(bot, late).body
    assert "A person said so." in own(bot, late).body


@pytest.mark.parametrize("text", ["/triage different", "/triage different #5"])
async def test_inv_06_a_confirmed_duplicate_goes_with_the_one_that_was_named_when_that_is_told_apart(
    bot: Running, answered: Issue, text: str
) -> None:
    late, later = bot.report(*UNLIKE), bot.report(*UNLIKE)
    for issue in (late, later):
        await bot.handled(issue)
    await says(bot, late, f"/triage duplicate of #{answered.number}", "boss")
    await says(bot, later, f"Duplicate of #{late.number}", "boss")
    assert "#5" in own(bot, later).body
    await says(bot, answered, text, "boss")
    for issue in (late, later):
        await bot.until(lambda issue=issue: f"#{answered.number}" in own(bot, issue).body)  # type: ignore[misc]
        assert "#5" not in own(bot, issue).body
        assert "A person said so." in own(bot, issue).body
    assert bot.storage.duplicates(bot.record.id) == {late.number: answered.number, later.number: late.number}


async def test_inv_08_a_confirmed_duplicate_that_is_told_apart_from_the_root_leads_there_no_more(
    bot: Running, answered: Issue
) -> None:
    late = bot.report(*UNLIKE)
    await bot.handled(late)
    await says(bot, late, f"/triage duplicate of #{answered.number}", "boss")
    assert (await says(bot, late, "/triage different #5", "boss"))[0].outcome == "new"
    assert bot.storage.duplicates(bot.record.id) == {answered.number: 5}
    assert (await says(bot, late, f"/triage duplicate of #{answered.number}", "boss"))[0].outcome == "duplicate"
    assert "#5" in own(bot, late).body


async def test_inv_08_a_confirmed_duplicate_that_is_told_apart_from_the_one_named_is_none(
    bot: Running, answered: Issue
) -> None:
    late = bot.report(*UNLIKE)
    await bot.handled(late)
    await says(bot, late, f"/triage duplicate of #{answered.number}", "boss")
    assert (await says(bot, late, f"/triage different #{answered.number}", "boss"))[0].outcome == "new"
    assert bot.storage.duplicates(bot.record.id) == {answered.number: 5}


async def test_inv_01_inv_02_circles_are_refused_with_the_reason_and_a_later_issue_is_heard_and_never_named(
    bot: Running, answered: Issue
) -> None:
    five = bot.fake.issues[5]
    row, comment = await says(bot, five, f"/triage duplicate of #{answered.number}", "boss")
    assert row.outcome == f"refused: #{answered.number} is itself a duplicate of this issue"
    assert signs(bot, comment) == ["confused"]
    late = bot.report(*UNLIKE)
    await bot.handled(late)
    row, comment = await says(bot, answered, f"/triage duplicate of #{late.number}", "boss")
    assert row.outcome == "related"
    assert signs(bot, comment) == ["+1"]
    assert words(bot, answered.number) == [("duplicate", "boss", late.number)]
    assert f"#{late.number}" not in own(bot, answered).body
    assert bot.labels(answered.number) == (CLUSTER_LABEL,)
    assert bot.storage.duplicates(bot.record.id) == {}


@pytest.mark.parametrize("named", ["#6", "#5555", "#12345678901", "", "#3x"])
async def test_what_names_no_earlier_issue_is_refused(bot: Running, answered: Issue, named: str) -> None:
    assert answered.number == 6
    row, comment = await says(bot, answered, f"/triage duplicate of {named}", "boss")
    assert str(row.outcome).startswith("refused: ")
    assert signs(bot, comment) == ["confused"]
    assert words(bot, answered.number) == []


async def test_inv_07_a_pull_request_is_never_confirmed_as_a_target(bot: Running) -> None:
    bot.fake.permissions["boss"] = "write"
    request = bot.report(*UNLIKE, is_pull_request=True)
    issue = bot.report()
    await bot.handled(issue)
    row, _ = await says(bot, issue, f"/triage duplicate of #{request.number}", "boss")
    assert row.outcome == f"refused: #{request.number} is a pull request"


async def test_a_number_that_is_none_is_no_objection_to_everything(bot: Running, answered: Issue) -> None:
    row, comment = await says(bot, answered, "/triage different #12345678901")
    assert str(row.outcome).startswith("refused: ")
    assert signs(bot, comment) == ["confused"]
    assert LABEL in bot.labels(answered.number)


async def test_undo_takes_back_an_objection_and_then_the_verdict(bot: Running, answered: Issue) -> None:
    await says(bot, answered, "/triage different")
    assert bot.labels(answered.number) == ()
    row, comment = await says(bot, answered, "/triage undo", "boss")
    assert (row.outcome, signs(bot, comment)) == ("duplicate", ["+1"])
    assert set(bot.labels(answered.number)) == {LABEL, CLUSTER_LABEL}
    assert words(bot, answered.number) == []


async def test_undo_takes_back_what_the_bot_said_by_itself(bot: Running, answered: Issue) -> None:
    assert (await says(bot, answered, "/triage undo", "boss"))[0].outcome == "new"
    assert bot.labels(answered.number) == ()
    assert "not counted as a duplicate" in own(bot, answered).body
    assert words(bot, answered.number) == [("objection", "boss", None), ("separated", "boss", 5)]


async def test_undo_of_nothing_is_refused(bot: Running) -> None:
    bot.fake.permissions["boss"] = "write"
    issue = bot.report(*UNLIKE)
    await bot.handled(issue)
    row, comment = await says(bot, issue, "/triage undo", "boss")
    assert row.outcome == "refused: there is nothing to undo"
    assert signs(bot, comment) == ["confused"]


async def test_undo_takes_back_a_confirmation(bot: Running, answered: Issue) -> None:
    await says(bot, answered, "/triage duplicate of #5", "boss")
    await says(bot, answered, "/triage undo", "boss")
    assert set(bot.labels(answered.number)) == {LABEL, CLUSTER_LABEL}
    assert words(bot, answered.number) == []


async def test_a_maintainer_overrules_the_authors_objection_and_the_author_a_maintainer(
    bot: Running, answered: Issue
) -> None:
    await says(bot, answered, "/triage different")
    assert (await says(bot, answered, "/triage duplicate of #5", "boss"))[0].outcome == "duplicate"
    assert (await says(bot, answered, "/triage different"))[0].outcome == "new"
    assert CONFIRMED not in bot.labels(answered.number)


async def test_a_command_is_obeyed_once_however_often_its_comment_is_edited(bot: Running, answered: Issue) -> None:
    _, comment = await says(bot, answered, "/triage undo", "boss")
    before = bot.writes()
    row = await edits(bot, answered, comment, "/triage undo\n\nplease")
    assert row.outcome == "no command, or not theirs to give"
    assert bot.writes() == before
    assert (await edits(bot, answered, comment, "/triage undo\n/triage rerun")).outcome == "new"


async def test_a_comment_that_is_edited_into_a_command_is_obeyed(bot: Running, answered: Issue) -> None:
    comment = bot.github.add_comment(bot.name, answered.number, "/triage diferent", "reporter")
    assert (await edits(bot, answered, comment, "/triage different")).outcome == "new"
    assert signs(bot, comment) == ["+1"]


async def test_several_commands_are_obeyed_in_order_and_the_mistaken_one_is_told(bot: Running, answered: Issue) -> None:
    text = "/triage different #5\n/triage duplicate of #99\n> /triage pause\n/triage different #4"
    row, comment = await says(bot, answered, text, "boss")
    assert str(row.outcome).endswith("refused: #99 is not there")
    assert signs(bot, comment) == ["+1", "confused"]
    assert words(bot, answered.number) == [("separated", "boss", 5), ("separated", "boss", 4)]


async def test_inv_20_a_bots_command_is_not_even_enqueued(bot: Running, answered: Issue) -> None:
    comment = bot.github.add_comment(bot.name, answered.number, "/triage pause", "other[bot]")
    payload = {
        "action": "created",
        "issue": {"number": answered.number, "title": TITLE, "body": BODY, "user": {"login": "reporter"}},
        "comment": {"id": comment.id, "body": comment.body, "user": {"login": "other[bot]", "type": "Bot"}},
        "sender": {"login": "other[bot]", "type": "Bot"},
    }
    delivery = await bot.send(payload, event="issue_comment")
    assert bot.storage.delivery(delivery) is None


async def test_a_pause_decides_and_writes_nothing_until_it_is_over(bot: Running, answered: Issue) -> None:
    row, comment = await says(bot, answered, "/triage pause", "boss")
    assert (row.outcome, signs(bot, comment)) == ("paused", ["+1"])
    before = bot.writes()
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    row, objection = await says(bot, answered, "/triage different")
    assert (row.outcome, signs(bot, objection)) == ("new", [])
    assert bot.writes() == before
    assert {one.state for one in bot.storage.effects(bot.record.id, number=issue.number)} == {"shadow"}
    assert bot.storage.pauses()[bot.record.id].actor == "boss"


async def test_inv_17_what_was_taken_back_during_a_pause_is_shown_after_it_and_nothing_new_is_said(
    bot: Running, answered: Issue
) -> None:
    await says(bot, answered, "/triage pause", "boss")
    silent = bot.report()
    await bot.handled(silent)
    await says(bot, answered, "/triage different")
    assert (await says(bot, answered, "/triage resume", "boss"))[0].outcome == "resumed"
    await bot.until(lambda: "not counted as a duplicate" in own(bot, answered).body)
    assert bot.labels(answered.number) == ()
    assert bot.comments(silent.number) == []
    spoken = bot.report()
    assert (await bot.handled(spoken)).outcome == "duplicate"
    assert len(bot.comments(spoken.number)) == 1


@pytest.mark.parametrize(("late", "newer"), [("pause", "resume"), ("resume", "pause")])
async def test_a_word_on_pausing_that_comes_late_does_not_undo_a_newer_one(
    bot: Running, answered: Issue, late: str, newer: str
) -> None:
    held_up = bot.github.add_comment(bot.name, answered.number, f"/triage {late}", "boss")
    assert (await says(bot, answered, f"/triage {newer}", "boss"))[0].outcome == f"{newer}d"
    (row,) = await bot.ended(await commented(bot, answered, held_up, "created", "boss"))
    assert row.outcome == f"refused: the bot was {newer}d since"
    assert (bot.record.id in bot.storage.pauses()) is (newer == "pause")


async def test_a_command_after_a_pause_on_the_dashboard_holds_where_our_clock_is_ahead_of_githubs(
    bot: Running, answered: Issue
) -> None:
    said = bot.github.add_comment(bot.name, answered.number, "/triage resume", "boss")
    ahead = said.updated_at + timedelta(minutes=1)
    bot.storage.save_feedback(FeedbackRecord(bot.record.id, answered.number, PAUSED, ahead, "boss", "dashboard"))
    (row,) = await bot.ended(await commented(bot, answered, said, "created", "boss"))
    assert row.outcome == "resumed"
    assert bot.record.id not in bot.storage.pauses()


async def test_inv_42_a_stranger_cannot_pause_and_gets_no_answer(bot: Running, answered: Issue) -> None:
    before = bot.writes()
    for text in ("/triage pause", "/triage undo", "/triage duplicate of #5"):
        row, _ = await says(bot, answered, text, "stranger")
        assert row.outcome == "no command, or not theirs to give"
    assert bot.writes() == before
    assert bot.record.id not in bot.storage.pauses()


async def test_inv_26_in_shadow_mode_not_even_a_reaction_is_given(bot: Running) -> None:
    bot.fake.config = CONFIG + b"mode: shadow\n"
    bot.fake.permissions["boss"] = "write"
    issue = bot.report()
    await bot.handled(issue)
    row, _ = await says(bot, issue, "/triage duplicate of #5", "boss")
    assert row.outcome == "duplicate"
    assert bot.writes() == []


async def test_people_who_call_it_a_duplicate_among_themselves_are_heard(bot: Running, answered: Issue) -> None:
    row, comment = await says(bot, answered, "Duplicate of #5", "boss")
    assert (row.outcome, signs(bot, comment)) == ("duplicate", [])
    assert words(bot, answered.number) == [("duplicate", "boss", 5)]
    assert CONFIRMED in bot.labels(answered.number)


async def test_where_the_bot_was_silent_it_does_not_join_their_talk(bot: Running) -> None:
    bot.fake.permissions["boss"] = "triage"
    issue = bot.report(*UNLIKE)
    await bot.handled(issue)
    row, _ = await says(bot, issue, "Duplicate of #5", "boss")
    assert row.outcome == "duplicate"
    assert bot.writes() == []
    assert bot.storage.duplicates(bot.record.id)[issue.number] == 5


async def test_inv_42_a_strangers_claim_counts_for_nothing(bot: Running, answered: Issue) -> None:
    await says(bot, answered, "Duplicate of #4", "stranger")
    assert words(bot, answered.number) == []


async def test_inv_03_a_closed_target_is_never_called_the_one_that_it_is_a_duplicate_of(
    bot: Running, answered: Issue
) -> None:
    bot.fake.issues[5] = replace(bot.fake.issues[5], state="closed", state_reason="not_planned")
    row, _ = await says(bot, answered, "/triage duplicate of #5", "boss")
    assert row.outcome == "related"
    assert words(bot, answered.number) == [("duplicate", "boss", 5)]
    assert CONFIRMED not in bot.labels(answered.number)


async def test_a_claim_that_is_edited_away_or_deleted_is_taken_back(bot: Running, answered: Issue) -> None:
    _, comment = await says(bot, answered, "This is a duplicate of #5", "boss")
    assert CONFIRMED in bot.labels(answered.number)
    assert (await edits(bot, answered, comment, "Sorry, wrong one.")).outcome == "duplicate"
    assert words(bot, answered.number) == []
    assert set(bot.labels(answered.number)) == {LABEL, CLUSTER_LABEL}
    await edits(bot, answered, comment, "Duplicate of #4")
    assert words(bot, answered.number) == [("duplicate", "boss", 4)]
    await deletes(bot, answered, replace(comment, body="Duplicate of #4"))
    assert words(bot, answered.number) == []
    assert "A person said so." not in own(bot, answered).body


async def test_inv_44_a_security_report_is_never_confirmed_as_a_target(bot: Running) -> None:
    bot.fake.permissions["boss"] = "triage"
    secret = bot.report("Token leak", "I found a security vulnerability that lets an attacker run code (RCE).")
    await bot.handled(secret)
    issue = bot.report()
    await bot.handled(issue)
    row, comment = await says(bot, issue, f"/triage duplicate of #{secret.number}", "boss")
    assert row.outcome == f"refused: #{secret.number} reads like a security report, which is never named in public"
    assert signs(bot, comment) == ["confused"]
    assert f"#{secret.number}" not in own(bot, issue).body


async def test_what_was_said_last_holds_though_it_was_said_before(bot: Running, answered: Issue) -> None:
    bot.fake.permissions["max"] = "write"
    for text, person in (("of #4", "boss"), ("of #5", "max"), ("of #4", "boss")):
        await says(bot, answered, f"/triage duplicate {text}", person)
    assert bot.storage.duplicates(bot.record.id)[answered.number] == 4
    assert "**This looks like the same problem as #4**" in own(bot, answered).body
    await says(bot, answered, "/triage undo", "boss")
    assert bot.storage.duplicates(bot.record.id)[answered.number] == 5


@pytest.mark.parametrize("again", [False, True])
async def test_inv_18_an_objection_that_was_overruled_holds_again_when_that_is_undone(
    bot: Running, answered: Issue, again: bool
) -> None:
    await says(bot, answered, "/triage different")
    objected = words(bot, answered.number)
    for _ in range(2 if again else 1):
        await says(bot, answered, "/triage duplicate of #5", "boss")
    assert CONFIRMED in bot.labels(answered.number)
    assert (await says(bot, answered, "/triage undo", "boss"))[0].outcome == "new"
    assert words(bot, answered.number) == objected
    assert bot.labels(answered.number) == ()
    assert "not counted as a duplicate" in own(bot, answered).body


async def test_inv_18_an_objection_holds_again_when_the_comment_that_overruled_it_goes(
    bot: Running, answered: Issue
) -> None:
    await says(bot, answered, "/triage different")
    objected = words(bot, answered.number)
    _, comment = await says(bot, answered, "Duplicate of #5", "boss")
    await edits(bot, answered, comment, "Duplicate of #5, sorry")
    assert CONFIRMED in bot.labels(answered.number)
    await deletes(bot, answered, replace(comment, body="Duplicate of #5, sorry"))
    assert words(bot, answered.number) == objected
    assert bot.labels(answered.number) == ()


async def test_inv_08_a_pair_told_apart_on_the_older_issue_is_one_again_when_that_is_undone(
    bot: Running, answered: Issue
) -> None:
    five = bot.fake.issues[5]
    await says(bot, five, f"/triage different #{answered.number}", "boss")
    await bot.until(lambda: "not counted as a duplicate" in own(bot, answered).body)
    await says(bot, five, "/triage undo", "boss")
    await bot.until(lambda: LABEL in bot.labels(answered.number))
    assert "#5" in own(bot, answered).body


async def test_inv_06_who_followed_an_issue_to_another_goes_back_when_that_is_undone(
    bot: Running, answered: Issue
) -> None:
    five, followed = bot.fake.issues[5], "(#4, "
    await says(bot, five, "/triage duplicate of #4", "boss")
    await bot.until(lambda: followed in own(bot, answered).body)
    await says(bot, five, "/triage undo", "boss")
    await bot.until(lambda: followed not in own(bot, answered).body)
    assert "(#5, " in own(bot, answered).body
