"""`triage`: the list of commands, and what each kind of failure looks like to the person who typed one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click
import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.config import config_app
from bot.cli.demo import demo
from bot.cli.doctor import doctor
from bot.cli.explain import explain
from bot.cli.import_history import import_history
from bot.cli.migrate import migrate
from bot.cli.refit import refit
from bot.cli.replay import replay
from bot.cli.rerun import rerun
from bot.cli.serve import serve, work
from bot.errors import TriageError, where
from models.embedder import ModelUnavailable

EXPECTED, USAGE, BUG = 1, 2, 3

COMMANDS: dict[str, Callable[..., Any]] = {
    "demo": demo,
    "serve": serve,
    "work": work,
    "rerun": rerun,
    "explain": explain,
    "import": import_history,
    "refit": refit,
    "replay": replay,
    "doctor": doctor,
    "migrate": migrate,
}

app = typer.Typer(
    name="triage",
    help="Finds duplicate issues, says so once, and lets people overrule it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(config_app, name="config")


def run() -> None:
    """The console script: exit codes 0, 1 expected failure, 2 usage, 3 bug."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        outcome = typer.main.get_command(app)(arguments, prog_name="triage", standalone_mode=False)
    except Exception as error:
        return _failure(error)
    except KeyboardInterrupt:
        return _failure(click.Abort())
    return outcome if isinstance(outcome, int) else 0


def _failure(error: Exception) -> int:
    """Say what went wrong, in a sentence; returns the exit code."""
    console = Console(stderr=True, highlight=False)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        console.print(error.format_message())
        return USAGE
    if isinstance(error, click.UsageError):
        error.show()
        return USAGE
    if isinstance(error, click.Abort):
        console.print("interrupted; what was finished is kept")
        return EXPECTED
    if isinstance(error, BrokenPipeError):
        return EXPECTED
    if isinstance(error, TriageError | ModelUnavailable):
        console.print(f"[bold red]triage:[/] {escape(str(error))}", soft_wrap=True)
        return EXPECTED
    kind, place = where(error)  # without the message, which may quote an issue
    console.print(f"[bold red]triage: this is a bug:[/] {kind} at {place}. Please report it with the command you ran.")
    return BUG
