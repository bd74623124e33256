"""What people tell the bot in comments: obeyed where they may, remembered, and without effect where they may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.storage.records import DeliveryRecord
from models.issue import Issue
from tests.fakes.running import Running
from tests.fakes.small_world import BODY, CLUSTER_LABEL, LABEL

REFUSED = "no command, or not theirs to give"


async def told(bot: Running, issue: Issue, text: str, author: str = "reporter") -> DeliveryRecord:
    """Somebody comments; the delivery is worked off."""
    comment = bot.github.add_comment(bot.name, issue.number, text, author)
    payload = {
        "action": "created",
        "issue": {"number": issue.number, "title": issue.title, "body": issue.body, "user": {"login": issue.author}},
        "comment": {"id": comment.id, "body": text, "user": {"login": author}},
        "sender": {"login": author, "type": "Bot" if author.endswith("[bot]") else "User"},
    }
    (row,) = await bot.ended(await bot.send(payload, event="issue_comment"))
    return row


@pytest.fixture
async def answered(bot: Running) -> Issue:
    """A report that the bot called a duplicate of #5."""
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    return issue


def mine(bot: Running, issue: Issue) -> str:
    """The bot's own comment."""
    (found,) = [one.body for one in bot.fake.comments[issue.number] if one.by_this_app]
    return found


async def test_inv_17_the_authors_objection_withdraws_the_verdict(bot: Running, answered: Issue) -> None:
    assert (await told(bot, answered, "/triage different")).outcome == "new"
    assert bot.labels(answered.number) == ()
    assert "not counted as a duplicate" in mine(bot, answered)


async def test_inv_18_inv_08_an_objection_survives_edits_and_reruns(bot: Running, answered: Issue) -> None:
    await told(bot, answered, "/triage different")
    bot.fake.issues[answered.number] = replace(bot.fake.issues[answered.number], body=f"{BODY} And once more today.")
    assert (await bot.handled(answered, "edited", changes={"body": {"from": "x"}})).outcome == "new"
    bot.fake.permissions["boss"] = "maintain"
    assert (await told(bot, answered, "/triage rerun", "boss")).outcome == "new"
    assert bot.labels(answered.number) == ()


async def test_inv_17_an_objection_that_comes_before_its_issue_is_not_lost(bot: Running, answered: Issue) -> None:
    late = bot.report()
    assert (await told(bot, late, "/triage different")).outcome == "new"
    assert (await bot.handled(late)).outcome == "new"
    assert bot.comments(late.number) == ["/triage different"]


async def test_inv_08_one_pair_is_separated_and_no_other(bot: Running, answered: Issue) -> None:
    row = await told(bot, answered, "/triage different #5")
    assert row.outcome in {"new", "related"}
    assert LABEL not in bot.labels(answered.number)
    assert "#5" not in mine(bot, answered)


@pytest.mark.parametrize("text", ["/triage different", "/triage rerun", "/triage different #5"])
async def test_inv_42_a_stranger_cannot_overrule_the_bot(bot: Running, answered: Issue, text: str) -> None:
    before = bot.writes()
    assert (await told(bot, answered, text, "stranger")).outcome == REFUSED
    assert bot.writes() == before


@pytest.mark.parametrize("text", ["/triage rerun"])
async def test_inv_42_an_author_cannot_do_what_is_for_maintainers(bot: Running, answered: Issue, text: str) -> None:
    assert (await told(bot, answered, text)).outcome == REFUSED


async def test_inv_42_a_permission_that_was_taken_away_counts_no_more(bot: Running, answered: Issue) -> None:
    bot.fake.permissions["boss"] = "triage"
    assert (await told(bot, answered, "/triage rerun", "boss")).outcome == "duplicate"
    bot.fake.permissions["boss"] = "read"
    assert (await told(bot, answered, "/triage rerun", "boss")).outcome == REFUSED


async def test_inv_21_a_maintainers_rerun_brings_a_removed_label_back(bot: Running, answered: Issue) -> None:
    bot.fake.issues[answered.number] = replace(bot.fake.issues[answered.number], labels=())
    await bot.handled(answered, "edited", changes={"body": {"from": "x"}})
    assert bot.labels(answered.number) == ()
    bot.fake.permissions["boss"] = "write"
    await told(bot, answered, "/triage rerun", "boss")
    assert bot.labels(answered.number) == (LABEL, CLUSTER_LABEL)


async def test_a_comment_that_is_gone_before_it_is_read_commands_nothing(bot: Running, answered: Issue) -> None:
    payload = {
        "action": "created",
        "issue": {"number": answered.number, "title": "T", "body": "", "user": {"login": "reporter"}},
        "comment": {"id": 1, "body": "/triage different", "user": {"login": "reporter"}},
    }
    (row,) = await bot.ended(await bot.send(payload, event="issue_comment"))
    assert row.outcome == REFUSED
    assert LABEL in bot.labels(answered.number)


async def test_inv_08_a_refit_does_not_bring_an_objector_back_into_the_cluster(bot: Running, answered: Issue) -> None:
    await told(bot, answered, "/triage different")
    bot.storage.publish(bot.record.id, _assigned_again(bot))
    generation = bot.storage.current_generation(bot.record.id)
    assert generation is not None
    assert all(answered.number not in cluster.members for cluster in generation.clusters)
    assert any(5 in cluster.members for cluster in generation.clusters)


def _assigned_again(bot: Running):  # type: ignore[no-untyped-def]  # a generation, as a refit would publish it
    from bot.activities.assign import assign_known  # noqa: PLC0415 - the engine's services exist only by now
    from bot.activities.observe import config_in_force  # noqa: PLC0415 - the same
    from bot.workflows.steps import services  # noqa: PLC0415 - the same

    return assign_known(services(), bot.record, config_in_force(services(), bot.record))
