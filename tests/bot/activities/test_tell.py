"""The webhook is told once, and where it is not there nothing else suffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.activities.tell import GONE, NOBODY, OVER, TOLD, TOLD_BEFORE, tell
from bot.errors import Unavailable
from bot.services import Services
from bot.storage.records import WaveRecord
from bot.workflows import tell_wave
from models.cluster import Cluster, Generation, Wave
from tests.fakes.http_server import Reply, ScriptedServer, serving
from tests.fakes.small_world import World


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with serving() as made:
        made.answer = lambda _: Reply(200)
        yield made


def listening(world: World, server: ScriptedServer) -> Services:
    url, secret = SecretStr(f"{server.url}/hook"), SecretStr("key")
    settings = world.services.settings.model_copy(update={"alert_url": url, "alert_secret": secret})
    return replace(world.services, settings=settings)


def wave(world: World, cluster: str = "extra") -> int:
    """A wave of the last three hours, of which #5 is a report."""
    world.storage.join_cluster(world.repository.id, "extra", 5)
    now = world.clock()
    began = now - timedelta(hours=3)
    value = Wave(began, began, 9, 0.1, 9, now + timedelta(hours=1), 1e-9)
    made = world.storage.start_wave(WaveRecord(None, world.repository.id, cluster, value, 5))
    assert made is not None
    return made


def test_each_of_the_two_is_told_once(known: World, server: ScriptedServer) -> None:
    services, made = listening(known, server), wave(known)
    assert [tell(services, made, ended=False) for _ in range(2)] == [TOLD, TOLD_BEFORE]
    assert [tell(services, made, ended=True) for _ in range(2)] == [TOLD, TOLD_BEFORE]
    assert [asked.body["event"] for asked in server.asked] == ["wave.noticed", "wave.ended"]
    body = server.asked[0].body
    assert (body["title"], body["cluster"], body["repository"]) == (
        "Extra usage 400 despite balance",
        "extra",
        known.repository.full_name,
    )
    assert body["last_report_url"] == "https://github.com/acme/shop/issues/5"
    assert "x-triage-signature-256" in server.asked[0].headers


def test_inv_31_what_was_not_taken_counts_as_not_told(known: World, server: ScriptedServer) -> None:
    services, made = listening(known, server), wave(known)
    server.answer = lambda _: Reply(503)
    with pytest.raises(Unavailable):
        tell(services, made, ended=False)
    server.answer = lambda _: Reply(200)
    assert tell(services, made, ended=False) == TOLD
    (known_by,) = {asked.body["id"] for asked in server.asked}  # the receiver knows it again
    assert known_by == f"wave/{made}/{known.storage.waves()[0].wave.noticed_at:%Y%m%dT%H%M%S}Z/began"


def test_a_wave_that_has_the_number_of_a_forgotten_one_is_told(known: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite gives a number again, and the engine runs no workflow twice that is known by the same name."""
    names: list[str] = []
    monkeypatch.setattr(tell_wave, "services", lambda: known.services)
    monkeypatch.setattr(tell_wave, "enqueue", lambda _task, name, *_: names.append(name))
    row = known.storage.wave(wave(known))
    assert row is not None
    for days in (0, 3):
        again = replace(row.wave, noticed_at=row.wave.noticed_at + timedelta(days=days))
        known.storage.save_wave(replace(row, wave=again))
        for _ in range(2):
            tell_wave.announce([(row.id or 0, False)])
    assert (len(names), len(set(names))) == (4, 2)


def test_a_beginning_that_was_not_taken_is_no_news_after_the_end(known: World, server: ScriptedServer) -> None:
    services, made = listening(known, server), wave(known)
    assert [tell(services, made, ended=True), tell(services, made, ended=False)] == [TOLD, OVER]
    assert [asked.body["event"] for asked in server.asked] == ["wave.ended"]


def test_inv_40_neither_a_reporters_word_nor_a_generated_title_goes_out(known: World, server: ScriptedServer) -> None:
    services, made = listening(known, server), wave(known, "c5")
    machine = Cluster("c5", "Extra usage exhausted", members=(5,), title_by="machine")
    known.storage.publish(known.repository.id, Generation(99, known.clock(), (machine,)))
    tell(services, made, ended=False)
    assert server.asked[0].body["title"] is None
    assert "exhausted" not in str(server.asked[0].body)


def test_a_wave_whose_cluster_is_gone_is_told_by_its_id(known: World, server: ScriptedServer) -> None:
    services, made = listening(known, server), wave(known, "gone")
    assert tell(services, made, ended=True) == TOLD
    assert server.asked[0].body["cluster"] == "gone"


def test_without_a_webhook_nobody_is_told(known: World) -> None:
    assert tell(known.services, wave(known), ended=False) == NOBODY


def test_a_wave_that_was_forgotten_is_not_told(known: World, server: ScriptedServer) -> None:
    assert tell(listening(known, server), 4711, ended=False) == GONE
