"""`triage doctor`: is everything there that the bot needs, and what to do where it is not."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.opened import out, print_json, settings_for_command

if TYPE_CHECKING:
    from bot.cli.checks import Check

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(as_json: AsJson = False) -> int:
    """Check settings, database, disk, model and GitHub; exit 1 if anything fails. No server has to run."""
    from bot.cli.checks import run_checks  # noqa: PLC0415 - GitHub's and the engine's libraries are slow to import

    settings = settings_for_command(tells_unknown=False)  # the checks do
    found = []
    for check in run_checks(settings):
        found.append(check)
        if not as_json:
            out.print(_line(check))
    failed = sum(check.state == "fail" for check in found)
    if as_json:
        print_json({"ok": not failed, "checks": [asdict(check) for check in found]})
    else:
        out.print(f"{failed} failed" if failed else "nothing failed", style="bold red" if failed else "bold green")
    return 1 if failed else 0


def _line(check: Check) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=4)
    grid.add_column(width=20)
    grid.add_column()
    words = Text(check.found)
    if check.todo:
        words.append(f"\n→ {check.todo}", style="dim")
    grid.add_row(Text(check.state, style=STYLES[check.state]), Text(check.name), words)
    return grid
