"""`triage serve` and `triage work` that must not start: a sentence, exit code 1, and nothing left open."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest

from tests.bot.cli.conftest import Ran, Run
from tests.fakes.app_key import PRIVATE_KEY
from tests.fakes.deliveries import SECRET

APP = {"TRIAGE_WEBHOOK_SECRET": SECRET, "TRIAGE_APP_ID": "7", "TRIAGE_PRIVATE_KEY": PRIVATE_KEY}


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """`triage work` takes SIGINT and SIGTERM for itself, and nobody gives them back in a process of its own."""
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    for name, handler in before.items():
        signal.signal(name, handler)


def with_settings(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> None:
    for name, value in (APP | changes).items():
        if value is not None:
            monkeypatch.setenv(name, value)


def refused(ran: Ran) -> str:
    assert (ran.code, ran.out) == (1, "")
    assert "this is a bug" not in ran.err
    assert PRIVATE_KEY.splitlines()[5] not in ran.err
    return ran.err


@pytest.mark.parametrize("secret", [None, "", "   "])
@pytest.mark.parametrize("options", [[], ["--web-only"]])
def test_inv_39_without_a_webhook_secret_it_does_not_start(
    triage: Run, monkeypatch: pytest.MonkeyPatch, secret: str | None, options: list[str]
) -> None:
    with_settings(monkeypatch, TRIAGE_WEBHOOK_SECRET=secret)
    assert "TRIAGE_WEBHOOK_SECRET is missing or empty" in refused(triage("serve", *options))


@pytest.mark.parametrize("command", ["serve", "work"])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"TRIAGE_APP_ID": None}, "no GitHub credentials: set TRIAGE_APP_ID"),
        ({"TRIAGE_PRIVATE_KEY": None}, "no GitHub credentials: set TRIAGE_APP_ID"),
        ({"TRIAGE_PRIVATE_KEY": "not a key"}, "TRIAGE_PRIVATE_KEY is not an RSA private key"),
        ({"TRIAGE_PRIVATE_KEY": None, "TRIAGE_PRIVATE_KEY_PATH": ""}, "no GitHub credentials"),
        ({"TRIAGE_PRIVATE_KEY": None, "TRIAGE_PRIVATE_KEY_PATH": "none.pem"}, "TRIAGE_PRIVATE_KEY_PATH=none.pem"),
        ({"TRIAGE_PRIVATE_KEY_PATH": "also.pem"}, "both set; keep one of them"),
        ({"TRIAGE_APP_ID": "abc"}, "TRIAGE_APP_ID='abc': Input should be a valid integer"),
        ({"TRIAGE_PORT": "70000"}, "TRIAGE_PORT='70000': Input should be less than or equal to 65535"),
        ({"TRIAGE_LOG_FORMAT": "xml"}, "TRIAGE_LOG_FORMAT='xml': Input should be 'console' or 'json'"),
        ({"TRIAGE_GITHUB_API_URL": "https://"}, "TRIAGE_GITHUB_API_URL='https://': must be like https://HOST/PATH"),
        ({"TRIAGE_GITHUB_API_URL": "api.github.com"}, "TRIAGE_GITHUB_API_URL='api.github.com': must be like"),
        ({"TRIAGE_DATABASE_URL": "mysql://root:word@host/x"}, "TRIAGE_DATABASE_URL='mysql://***@host/x': must be"),
        ({"TRIAGE_DATABASE_URL": "sqlite:////no/such/folder/x.db"}, "the folder /no/such/folder does not exist"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_was_and_may_be(
    triage: Run, monkeypatch: pytest.MonkeyPatch, command: str, changes: dict[str, str | None], words: str
) -> None:
    with_settings(monkeypatch, **changes)
    said = refused(triage(command))
    assert words in said
    assert "word@" not in said


def test_an_address_in_use_is_a_sentence_that_names_the_settings(triage: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with_settings(monkeypatch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(triage("serve", "--web-only", "--port", str(port)))
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use" in said
    assert "choose another TRIAGE_PORT or TRIAGE_HOST" in said


def test_a_port_that_is_none_is_a_wrong_usage(triage: Run) -> None:
    ran = triage("serve", "--port", "70000")
    assert ran.code == 2
    assert "--port" in ran.err
