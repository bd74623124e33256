"""The console script's exit codes, and what each kind of failure looks like."""

from __future__ import annotations

import io
import sys

import pytest

from bot.cli import migrate
from bot.cli.main import COMMANDS, application, main, run
from bot.errors import TriageError


def test_help_is_no_failure(triage):
    ran = triage("--help")
    assert ran.code == 0
    assert all(name in ran.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(triage, name):
    ran = triage(name, "--help")
    assert ran.code == 0
    assert f"triage {name}" in ran.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["no-such-command"], "no-such-command"),
        (["migrate", "--no-such-option"], "--no-such-option"),
        (["demo", "--deliver", "many"], "--deliver"),
        (["replay"], "Missing argument"),
    ],
)
def test_a_wrong_usage_is_2_and_names_what_is_wrong(triage, arguments, words):
    ran = triage(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "triage: this is a bug" not in ran.err
    assert words in ran.err


def test_without_a_command_the_help_is_shown(triage):
    ran = triage()
    assert ran.code == 2
    assert "Usage: triage" in ran.out + ran.err


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (TriageError("the [bold] sentence"), 1, "the [bold] sentence"),
        (KeyboardInterrupt(), 1, "interrupted"),
        (BrokenPipeError(), 1, ""),
        (ValueError("a reporter's words"), 3, "this is a bug: ValueError at test_main.py"),
    ],
)
def test_a_failure_has_its_code_and_a_bug_is_named_by_its_place_only(triage, monkeypatch, error, code, words):
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(migrate, "prepare_database", fails)
    ran = triage("migrate")
    assert ran.code == code
    assert words in " ".join(ran.err.split())
    assert "a reporter's words" not in ran.err


def test_only_the_command_that_was_asked_for_is_built():
    assert len(application("migrate").registered_commands) == 1
    whole = application(None)
    assert len(whole.registered_commands) + len(whole.registered_groups) == len(COMMANDS)


@pytest.mark.parametrize(
    ("shell", "variables", "found"),
    [
        ("bash", {"COMP_WORDS": "triage re", "COMP_CWORD": "1"}, {"rerun", "refit", "replay"}),
        ("bash", {"COMP_WORDS": "triage rerun --d", "COMP_CWORD": "2"}, {"--dry-run"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "triage mig"}, {"migrate"}),
    ],
)
def test_the_shell_completes_commands_and_options(monkeypatch, capsys, shell, variables, found):
    monkeypatch.setenv("_TRIAGE_COMPLETE", f"complete_{shell}")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in found)
    assert "demo" not in out


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_a_terminal_that_lacks_a_character_gets_the_rest(monkeypatch, encoding):
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding=encoding, errors="strict")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "argv", ["triage", "--help"])
    with pytest.raises(SystemExit) as ended:
        run()
    terminal.flush()
    assert ended.value.code == 0
    assert b"rerun" in written.getvalue()
