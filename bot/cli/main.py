"""`triage`: the list of commands, and what each kind of failure looks like to the person who typed one."""

from __future__ import annotations

import importlib
import io
import sys

import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException
from typer.rich_utils import rich_format_error

from bot.errors import TriageError, where
from models.embedder import ModelUnavailable

EXPECTED, BUG = 1, 3  # a wrong usage is 2, which its exception says itself
INTERRUPTED = 130  # what Typer makes of Ctrl-C

# Name → where its function is; a command's libraries are imported only when it is the one that was asked for.
COMMANDS = {
    "demo": "bot.cli.demo:demo",
    "serve": "bot.cli.serve:serve",
    "work": "bot.cli.serve:work",
    "rerun": "bot.cli.rerun:rerun",
    "explain": "bot.cli.explain:explain",
    "import": "bot.cli.import_history:import_history",
    "refit": "bot.cli.refit:refit",
    "clusters": "bot.cli.clusters:clusters_app",
    "waves": "bot.cli.waves:waves",
    "backtest": "bot.cli.backtest:backtest",
    "report": "bot.cli.report:report",
    "evaluate": "bot.cli.evaluate:evaluate",
    "replay": "bot.cli.replay:replay",
    "doctor": "bot.cli.doctor:doctor",
    "migrate": "bot.cli.migrate:migrate",
    "config": "bot.cli.config:config_app",
    "forget": "bot.cli.forget:forget",
}


def application(asked: str | None) -> typer.Typer:
    """The command line with the one command that was asked for, or, for help and completion, with every one."""
    app = typer.Typer(
        name="triage",
        help="Finds duplicate issues, says so once, and lets people overrule it.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    app.callback()(lambda: None)  # keeps a lone command a command
    for name in [asked] if asked in COMMANDS else COMMANDS:
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def run() -> None:
    """The console script: exit codes 0, 1 expected failure, 2 usage, 3 bug."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # where the terminal lacks a character, the command goes on
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        app = application(arguments[0] if arguments else None)
        outcome = typer.main.get_command(app)(arguments, prog_name="triage", standalone_mode=False)
    except Exception as error:
        return _failure(error)
    except KeyboardInterrupt:
        outcome = INTERRUPTED
    if outcome == INTERRUPTED:
        return _failure(typer.Abort())
    return outcome if isinstance(outcome, int) else 0


def _failure(error: Exception) -> int:
    """Say what went wrong, in a sentence; returns the exit code."""
    console = Console(stderr=True, highlight=False)
    if isinstance(error, TyperException):
        rich_format_error(error)  # type: ignore[arg-type] # those that Typer raises are of its private subclass
        return error.exit_code
    if isinstance(error, typer.Abort):
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
