"""Deliveries when GitHub, a repository or the bot itself fails: waited, stopped or set aside, and visible."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import pytest

from bot.activities import reading
from bot.errors import GitHubError, Permanent, RetryAfter, StorageError, Unavailable
from bot.storage.decisions import Decisions
from bot.storage.deliveries import Deliveries
from bot.workflows import delivery as frame
from models.embedder import ModelUnavailable
from models.hashing_embedder import HashingEmbedder
from models.issue import Issue
from tests.fakes.running import POISON, Running
from tests.fakes.small_world import CLUSTER_LABEL, LABEL

MOMENT = 0.02  # seconds that GitHub asks for
METHODS = ["repository", "config", "issues", "issue", "comments", "create_comment", "label_exists", "add_label"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("failure", [RetryAfter("patience", MOMENT), Unavailable("GitHub answered 502")])
async def test_a_passing_failure_of_any_call_is_waited_out(bot: Running, method: str, failure: GitHubError) -> None:
    bot.github.fail_next(method, failure, times=2)
    issue = bot.report()
    row = await bot.handled(issue)
    assert (row.state, row.outcome) == ("done", "duplicate")
    assert len(bot.comments(issue.number)) == 1
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)
    assert bot.writes("create_comment") == ["create_comment"]


async def test_inv_33_an_outage_puts_a_delivery_off_and_lets_the_others_pass(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    monkeypatch.setattr(frame, "POSTPONED_FOR", (0.05, 0.05))
    bot.github.fail_next("create_comment", Unavailable("GitHub answered 502"), times=7)
    issue = bot.report()
    row = await bot.handled(issue)
    assert (row.state, row.outcome) == ("done", "duplicate")
    assert len(bot.comments(issue.number)) == 1


async def test_an_outage_without_end_sets_the_delivery_aside_with_its_reason(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    monkeypatch.setattr(frame, "POSTPONED_FOR", (0.05,))
    bot.github.fail_next("issue", Unavailable("issue: GitHub answered 502"), times=10)
    row = await bot.handled(bot.report())
    assert row.state == "failed"
    assert row.outcome == "set aside: GitHub stayed unavailable"
    assert row.error == "issue: GitHub answered 502"


async def test_inv_31_a_database_that_fails_for_a_moment_loses_nothing(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Decisions.save_decision
    lay = [StorageError("held by another process"), StorageError("held by another process")]

    def sometimes(storage: Decisions, *arguments: Any) -> Any:
        if lay:
            raise lay.pop()
        return save(storage, *arguments)

    monkeypatch.setattr(Decisions, "save_decision", sometimes)
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


@pytest.mark.parametrize("method", ["start_delivery", "finish_delivery"])
async def test_inv_31_a_database_that_fails_around_a_workflow_loses_nothing(
    bot: Running, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    write = getattr(Deliveries, method)
    lay = [StorageError("held by another process"), StorageError("held by another process")]

    def sometimes(storage: Deliveries, *arguments: Any) -> Any:
        if lay:
            raise lay.pop()
        return write(storage, *arguments)

    monkeypatch.setattr(frame, "PATIENCE", (0.0, 0.0))
    monkeypatch.setattr(Deliveries, method, sometimes)
    assert (await bot.handled(bot.report())).outcome == "duplicate"
    assert lay == []


async def test_inv_13_a_model_that_is_not_there_is_waited_for_and_no_other_takes_its_place(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = HashingEmbedder.embed
    lay = [ModelUnavailable("the folder is missing")] * 3

    def sometimes(embedder: HashingEmbedder, texts: Any) -> Any:
        if lay:
            raise lay.pop()
        return embed(embedder, texts)

    monkeypatch.setattr(HashingEmbedder, "embed", sometimes)
    assert (await bot.handled(bot.report())).outcome == "duplicate"


async def test_inv_33_a_poisonous_issue_fails_alone_with_its_place_and_without_its_text(bot: Running) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    poison = await bot.deliver(bot.report("Something with a " + POISON, f"It says {POISON} in every line."))
    healthy = bot.report()
    rows = await bot.ended(poison, await bot.deliver(healthy))
    assert [row.state for row in rows] == ["failed", "done"]
    assert rows[0].outcome == "set aside"
    assert str(rows[0].error).startswith("ZeroDivisionError at running.py:")
    assert POISON not in repr(rows[0])
    assert bot.labels(healthy.number) == (LABEL, CLUSTER_LABEL)


async def test_inv_33_a_poisonous_issue_in_the_history_keeps_nobody_from_being_helped(bot: Running) -> None:
    poison = bot.report("Something with a " + POISON, f"It says {POISON} in every line.")
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    assert bot.record.imported_at is not None
    assert bot.storage.issue(bot.record.id, poison.number) is not None


async def test_inv_33_an_issue_that_cannot_even_be_read_is_left_out_alone(
    bot: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = reading.parts

    def trips(issue: Issue, **more: Any) -> Any:
        if issue.number == 3:
            raise ZeroDivisionError(issue.body)
        return parts(issue, **more)

    monkeypatch.setattr(reading, "parts", trips)
    assert (await bot.handled(bot.report())).outcome == "duplicate"
    assert bot.storage.issue(bot.record.id, 3) is None
    assert bot.storage.issue(bot.record.id, 2) is not None


async def test_inv_41_the_engines_journal_holds_no_word_that_a_person_wrote(bot: Running) -> None:
    words = "MARZIPANKARTOFFEL"
    await bot.handled(bot.report(f"{words} cannot be ordered", f"The {words} button does nothing at all."))
    await bot.handled(bot.report(f"{words} {POISON}", f"It says {POISON} {words} in every line."))
    with sqlite3.connect(f"file:{bot.file}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = {"issues", "issue_heads"}  # the redacted text itself, and its words, which are searched
        for table in set(tables) - ours:
            rows = repr(database.execute(f"SELECT * FROM {table}").fetchall())
            assert words not in rows.upper(), table
    database.close()


async def test_inv_36_a_permanent_failure_stops_the_repository_with_a_notice_and_it_heals(bot: Running) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    notice = "issues are switched off in the repository"
    bot.github.fail_next("create_comment", Permanent(notice, stops_repository=True))
    issue = bot.report()
    row = await bot.handled(issue)
    assert row.state == "done"
    assert (bot.record.state, bot.record.state_reason) == ("stopped", notice)
    assert bot.labels(issue.number) == ()
    await bot.handled(issue, "edited", changes={"body": {"from": "x"}})
    assert bot.record.state == "active"
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


async def test_inv_36_an_archived_repository_is_left_alone_until_it_is_unarchived(bot: Running) -> None:
    issue = bot.report()
    bot.github.archive(bot.name)
    row = await bot.handled(issue)
    assert (row.state, row.outcome) == ("done", "stopped: the repository is archived")
    assert bot.record.state == "archived"
    bot.fake.info = replace(bot.fake.info, archived=False)
    await bot.ended(await bot.send({"action": "unarchived"}, event="repository"))
    await bot.until(lambda: bot.row(row.id).outcome == "duplicate")  # what was stopped is taken up again
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


async def test_inv_36_a_suspension_in_the_middle_stops_and_its_end_heals(bot: Running) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    bot.fake.suspended = True
    issue = bot.report()
    row = await bot.handled(issue)
    assert str(row.outcome).startswith("stopped: ")
    assert bot.record.state == "stopped"
    bot.fake.suspended = False
    await bot.ended(await bot.send({"action": "unsuspend"}, event="installation"))
    await bot.until(lambda: bot.row(row.id).outcome == "duplicate")  # what was stopped is taken up again
    assert bot.record.state == "active"
    assert bot.labels(issue.number) == (LABEL, CLUSTER_LABEL)


async def test_a_rename_is_followed_whatever_comes_first(bot: Running) -> None:
    await bot.handled(bot.report("Another thing", "is wrong in the list of tables, which is empty."))
    identity = bot.record.id
    old, new = bot.name, f"{bot.name}-renamed"
    bot.github.repositories[new] = bot.github.repositories.pop(old)
    bot.fake_renamed(new)
    issue = bot.report()
    assert (await bot.handled(issue)).outcome == "duplicate"
    (row,) = await bot.ended(
        await bot.send({"action": "renamed", "changes": {"repository": {"name": {"from": old}}}}, event="repository")
    )
    assert row.outcome == f"now {new}"
    assert bot.record.id == identity
    assert bot.storage.repository(old) is None
