"""A burst of signed deliveries goes through the whole bot: one alarm, one notice, short comments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.wiring import BotRuntime
from bot.workflows import steps, tell_wave
from tests.fakes.github import FakeGitHub
from tests.fakes.http_server import Reply, ScriptedServer, serving
from tests.fakes.running import DelicateEmbedder, Running, tracker, working
from tests.fakes.small_world import CONFIG

REPORTS = 11
UNLIKE = ("Keyboard layout is forgotten", "After a restart the layout is American again.")


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with serving() as made:
        yield made


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory, server: ScriptedServer) -> Iterator[tuple[BotRuntime, FakeGitHub]]:
    """A worker with a webhook to tell."""
    github = FakeGitHub(start=datetime.now(UTC))
    file = tmp_path_factory.mktemp("waves") / "triage.db"
    with working(file, github, embedder=DelicateEmbedder(), alert_url=f"{server.url}/hook") as runtime:
        yield runtime, github


@pytest.fixture
def bot(works: tuple[BotRuntime, FakeGitHub], server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Running:
    """A repository with half a year behind it."""
    monkeypatch.setattr(steps, "PATIENCE", (0.01, 0.01))
    server.asked.clear()
    server.answer = lambda _: Reply(200)
    runtime, github = works
    name = tracker(github)
    github.add_issue(name, "The first of all", "Long ago.", created_at=datetime.now(UTC) - timedelta(days=200))
    github.repositories[name.lower()].config = CONFIG.replace(b"    label", b"    canonical: 5\n    label")
    return Running(runtime, github, name)


async def flood(bot: Running, count: int = REPORTS) -> list[int]:
    reports = [bot.report() for _ in range(count)]
    sent = [await bot.deliver(one) for one in reports]
    rows = await bot.ended(*sent)
    assert {(row.state, row.outcome) for row in rows} == {("done", "duplicate")}
    return [one.number for one in reports]


async def test_a_burst_makes_one_alarm_one_notice_and_short_comments(bot: Running, server: ScriptedServer) -> None:
    await bot.handled(bot.report(*UNLIKE))
    numbers = await flood(bot)
    (wave,) = bot.storage.waves(bot.record.id)
    assert (wave.cluster_id, wave.alarmed, wave.wave.ended_at) == ("extra", True, None)
    assert wave.wave.reports >= REPORTS
    await bot.until(lambda: bot.storage.waves(bot.record.id)[0].told_began_at is not None)
    (asked,) = [one for one in server.asked if one.body["repository"] == bot.name]
    assert (asked.body["event"], asked.body["title"]) == ("wave.noticed", "Extra usage 400 despite balance")
    first, last = bot.comments(numbers[0])[0], bot.comments(numbers[-1])[0]
    assert "| #5 |" in first
    assert "| #5 |" not in last
    assert "#5" in last
    assert [len(bot.comments(number)) for number in numbers] == [1] * REPORTS


async def test_inv_31_the_same_delivery_again_tells_nothing_twice(bot: Running, server: ScriptedServer) -> None:
    await flood(bot)
    await bot.until(lambda: len(server.asked) == 1)
    again = bot.report()
    await bot.handled(again, delivery="the-same")
    await bot.handled(again, delivery="the-same")
    await bot.handled(bot.report())
    assert len(bot.storage.waves(bot.record.id)) == 1
    assert len(server.asked) == 1


async def test_inv_35_a_receiver_that_is_down_holds_up_nothing_and_is_told_later(
    bot: Running, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_wave, "AGAIN_AFTER", (0.05, 0.05))
    server.answer = lambda _: Reply(503) if len(server.asked) <= 4 else Reply(200)
    await flood(bot)
    await bot.until(lambda: bot.storage.waves(bot.record.id)[0].told_began_at is not None)
    assert len(server.asked) == 5


async def test_inv_35_a_receiver_that_stays_down_is_given_up_with_a_word_in_the_log(
    bot: Running, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tell_wave, "AGAIN_AFTER", (0.05,))
    server.answer = lambda _: Reply(503)
    with capture_logs() as logs:
        await flood(bot)
        await bot.until(lambda: any(one["event"] == "wave.not_told" for one in logs))
    assert "/hook" not in str(logs)
    assert bot.storage.waves(bot.record.id)[0].told_began_at is None


async def test_inv_35_a_look_that_fails_fails_no_decision(bot: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bot.activities.waves.notice", broken)
    before = bot.storage.wave_counts()["failed"]
    numbers = await flood(bot, 3)
    assert all(bot.comments(number) for number in numbers)
    assert bot.storage.wave_counts()["failed"] == before + 3
    assert bot.storage.waves(bot.record.id) == []


async def test_a_wave_that_is_on_when_the_bot_arrives_is_told_and_an_old_one_is_only_kept(
    bot: Running, server: ScriptedServer
) -> None:
    now = datetime.now(UTC)
    for days in (60, 0):
        for report in range(REPORTS):
            bot.report(created_at=now - timedelta(days=days, minutes=10 * (REPORTS - report)))
    await bot.handled(bot.report(*UNLIKE))
    rows = bot.storage.waves(bot.record.id)
    assert [(row.alarmed, row.wave.ended_at is None) for row in rows] == [(True, True), (False, False)]
    await bot.until(lambda: len(server.asked) == 1)


async def test_inv_44_maintainers_are_told_of_a_security_report_and_nobody_else(
    bot: Running, server: ScriptedServer
) -> None:
    secret = bot.report("Security vulnerability: remote code execution through a crafted file", "Open the file.")
    assert (await bot.handled(secret)).outcome == "refer-to-maintainers"
    await bot.until(lambda: any(one.body["repository"] == bot.name for one in server.asked))
    (asked,) = [one for one in server.asked if one.body["repository"] == bot.name]
    assert (asked.body["event"], asked.body["number"]) == ("report.refer-to-maintainers", secret.number)
    assert "crafted" not in str(asked.body)
    assert bot.writes() == []
    await bot.handled(secret)
    await bot.handled(bot.report(*UNLIKE))
    assert len([one for one in server.asked if one.body["repository"] == bot.name]) == 1
