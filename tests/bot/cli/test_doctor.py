"""`triage doctor`: each finding says what to do, and nothing of a secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.cli import checks
from bot.cli.budget_checks import budget_findings
from bot.cli.checks import Check, _check_work
from bot.storage.open import open_storage
from bot.storage.records import (
    WAITS_FOR_GITHUB,
    ConfigRecord,
    FeedbackRecord,
    LearnedRecord,
    RateRecord,
    RepositoryRecord,
)
from models.embedder import DEFAULT_MODEL
from models.recalibration import Recalibration
from tests.fakes.deliveries import settings
from tests.fakes.stored import decision, delivery, effect
from webhooks.github_double.config import DoubleConfig
from webhooks.github_double.serving import Running, serve

SECRET = "a-very-secret-word"


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def github(keys, monkeypatch):
    """A double with the App installed on one repository, and the settings that reach it."""
    with serve(DoubleConfig(app_id=77, public_key=keys[1])) as running:
        with running.double.world.lock:
            repo = running.double.world.add_repository("octo/widgets")
            running.double.world.install(repo)
        monkeypatch.setenv("TRIAGE_GITHUB_API_URL", running.url)
        monkeypatch.setenv("TRIAGE_APP_ID", "77")
        monkeypatch.setenv("TRIAGE_PRIVATE_KEY", keys[0])
        monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", SECRET)
        yield running


@pytest.fixture(autouse=True)
def _no_model(monkeypatch):
    """A model that is not there is found in no time; the real one has a test of its own."""
    monkeypatch.setenv("TRIAGE_MODEL", "no-such-model")


def found(ran) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in json.loads(ran.out)["checks"]}


def test_everything_there_is_ok(triage, github):
    triage("migrate")
    ran = triage("doctor", "--json")
    states = {name: check["state"] for name, check in found(ran).items()}
    wanted = ("settings", "database", "engine", "deliveries", "disk", "github", "permissions", "installation octo")
    assert {name: states[name] for name in wanted} == dict.fromkeys(wanted, "ok")
    assert states["task refit_clusters"] == "warn"  # it never ran
    assert SECRET not in ran.out + ran.err
    assert "PRIVATE KEY" not in ran.out + ran.err


@pytest.mark.model
def test_the_real_model_is_named(triage, monkeypatch):
    monkeypatch.delenv("TRIAGE_MODEL")
    model = found(triage("doctor", "--json"))["model"]
    assert model["state"] == "ok"
    assert model["found"].startswith(f"{DEFAULT_MODEL}@")


def test_a_model_that_is_not_there_fails_with_its_sentence(triage, github):
    ran = triage("doctor", "--json")
    assert ran.code == 1
    assert found(ran)["model"]["state"] == "fail"
    assert "no-such-model" in found(ran)["model"]["found"]


def test_a_fresh_machine_is_told_what_to_set(triage):
    ran = triage("doctor")
    assert ran.code == 1
    assert "TRIAGE_WEBHOOK_SECRET is missing" in ran.out
    assert "triage serve --setup" in ran.out
    assert "triage migrate" in ran.out


def test_a_misspelt_variable_is_named_without_its_value(triage, monkeypatch):
    monkeypatch.setenv("TRIAGE_WEBHOK_SECRET", SECRET)
    ran = triage("doctor")
    assert "TRIAGE_WEBHOK_SECRET" in ran.out
    assert SECRET not in ran.out


@pytest.mark.parametrize("command", [["migrate"], ["serve"], ["work"]])
def test_every_command_names_a_misspelt_variable_whose_default_it_takes(triage, monkeypatch, command: list[str]):
    monkeypatch.setenv("TRIAGE_WEBHOK_SECRET", SECRET)
    ran = triage(*command)
    assert "TRIAGE_WEBHOK_SECRET is no setting of ours; did you mean TRIAGE_WEBHOOK_SECRET?" in ran.err
    assert SECRET not in ran.out + ran.err


def test_permissions_that_were_not_granted_fail(triage, keys, github):
    config = DoubleConfig(
        app_id=77, public_key=keys[1], permissions={"issues": "read", "metadata": "read"}, single_files=()
    )
    with serve(config) as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIAGE_GITHUB_API_URL", running.url)
        ran = triage("doctor", "--json")
    check = found(ran)["permissions"]
    assert check["state"] == "fail"
    assert "issues: write" in check["found"]
    assert "single_file: read" in check["found"]


def test_an_installation_that_does_not_name_the_file_fails(triage, github: Running):
    world = github.double.world
    with world.lock:
        (key,) = world.installations
        world.installations[key] = replace(world.installations[key], single_files=())
    check = found(triage("doctor", "--json"))["installation octo"]
    assert check["state"] == "fail"
    assert ".github/triage.yml is not named" in check["found"]


def test_a_suspended_installation_is_a_warning(triage, github: Running):
    world = github.double.world
    with world.lock:
        (key,) = world.installations
        world.installations[key] = replace(world.installations[key], suspended_at=world.now())
    assert found(triage("doctor", "--json"))["installation octo"]["found"] == "suspended"


def test_a_wrong_key_fails_and_names_the_credentials(triage, github, monkeypatch, keys):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    monkeypatch.setenv("TRIAGE_PRIVATE_KEY", pem.decode())
    check = found(triage("doctor", "--json"))["github"]
    assert check["state"] == "fail"
    assert "credentials are not accepted" in check["found"]


def test_a_github_that_is_not_there_fails_and_ends(triage, monkeypatch):
    monkeypatch.setenv("TRIAGE_GITHUB_TOKEN", SECRET)
    monkeypatch.setenv("TRIAGE_GITHUB_API_URL", "http://127.0.0.1:9")
    ran = triage("doctor", "--json")
    assert found(ran)["github"]["state"] == "fail"
    assert SECRET not in ran.out


def test_a_database_that_is_none_fails(triage, tmp_path):
    (tmp_path / "triage.db").write_text("not a database, but long enough to be looked at" * 50)
    check = found(triage("doctor", "--json"))["database"]
    assert check["state"] == "fail"
    assert "not an SQLite database" in check["found"]


def test_a_pause_is_told_with_who_asked_for_it(triage, tmp_path):
    url = f"sqlite:///{tmp_path / 'paused.db'}"
    storage = open_storage(url, migrate=True)
    storage.save_repository(RepositoryRecord(7, "acme/shop"))
    storage.save_feedback(FeedbackRecord(7, 12, "paused", datetime.now(UTC), "ada", "command", value="comment 1"))
    words = [one.found for one in _check_work(storage) if one.name == "acme/shop" and one.found.startswith("paused")]
    storage.close()
    assert [word.startswith("paused by ada on #12") for word in words] == [True]


def test_mode_close_says_whether_it_is_earned_and_by_which_figures(triage, tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'closing.db'}", migrate=True)
    storage.save_repository(RepositoryRecord(7, "acme/shop"))

    def lines() -> list[tuple[str, str]]:
        return [(one.state, one.found) for one in _check_work(storage) if one.name == "closing acme/shop"]

    assert lines() == []
    storage.save_config(7, ConfigRecord(valid_text="mode: close"))
    ((state, said),) = lines()
    assert (state, said.startswith("mode: close is not earned, the bot only comments: no decision")) == ("warn", True)
    for number in range(1000, 1120):
        comment = effect(number, repository_id=7, state="done", github_id=number)
        storage.save_decision(decision(number, 1, repository_id=7), [comment])
        storage.save_feedback(FeedbackRecord(7, number, "duplicate", datetime.now(UTC), "ada", "comment", other=1))
    ((state, said),) = lines()
    storage.close()
    assert (state, said.startswith("mode: close is earned: 120 of 120 judged decisions were right")) == ("ok", True)


def test_inv_35_who_waits_for_github_is_told_and_a_spent_limit_only_until_it_is_over(triage, tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'waiting.db'}", migrate=True)
    storage.save_repository(RepositoryRecord(7, "acme/shop", 3))
    now = datetime.now(UTC)
    for name in ("a", "b"):
        storage.start_delivery(delivery(name, repository_id=7, repository="acme/shop", installation_id=3))
        storage.finish_delivery(name, "queued", WAITS_FOR_GITHUB + now.isoformat())

    def told() -> dict[str, tuple[str, str]]:
        found = budget_findings(settings(), storage)
        return {name: (state, words.split(" until ")[0]) for name, state, words, _ in found}

    limit = RateRecord(3, 5000, 0, now + timedelta(hours=1), now)
    storage.save_rate_limits([limit])
    waiting = {"waiting acme/shop": ("warn", "2 deliveries wait")}
    assert told() == {"requests of installation 3": ("warn", "0 of 5000 left"), **waiting}
    storage.save_rate_limits([replace(limit, resets_at=now)])
    assert told() == {"requests of installation 3": ("ok", "0 of 5000 left"), **waiting}
    storage.close()


def test_what_a_repository_taught_is_told_in_one_line(triage, tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'taught.db'}", migrate=True)
    storage.save_repository(RepositoryRecord(7, "acme/shop"))

    def line() -> str:
        (told,) = [one.found for one in _check_work(storage) if one.name == "learned acme/shop"]
        return told

    assert line().startswith("calibration: as shipped (this repository taught nothing yet)")
    own = Recalibration(0.8, -1.25, 0.93, 48, 30, 0.61, 0.49)
    kept = LearnedRecord(datetime.now(UTC), 900, frozenset({"a", "b"}), {"found": own.to_data()})
    storage.save_learned(7, kept)
    assert line() == f"calibration: {own.sentence()}; 2 lines of its template are known"
    assert "slope 0.80, intercept -1.25" in line()
    storage.close()


def test_a_check_that_does_not_end_is_given_up_and_the_next_one_runs():
    import threading  # noqa: PLC0415

    released = threading.Event()

    def hang():
        yield Check("slow", "ok", "half of it")
        released.wait()

    given_up = checks._in_time("slow", 0.05, hang)
    released.set()
    assert [check.state for check in given_up] == ["ok", "fail"]


def test_a_check_with_a_bug_is_named_without_its_message():
    def fails():
        raise ValueError(SECRET)
        yield

    (check,) = checks._in_time("broken", 1.0, fails)
    assert check.state == "fail"
    assert "ValueError" in check.found
    assert SECRET not in check.found


def test_what_is_asked_of_github_is_what_the_manifest_asks_for():
    manifest = yaml.safe_load((Path(__file__).parents[3] / "app.yml").read_text(encoding="utf-8"))
    assert checks._needed() == manifest["default_permissions"]
