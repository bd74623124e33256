"""`triage migrate`: the database to what this version needs."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.opened import out, print_json, settings_for_command
from bot.wiring import prepare_database

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def migrate(as_json: AsJson = False) -> None:
    """Create or upgrade the tables in TRIAGE_DATABASE_URL, the engine's too; safe to repeat."""
    before, after = prepare_database(settings_for_command())
    if as_json:
        print_json({"before": before, "after": after, "changed": before != after})
    elif before == after:
        out.print(f"the schema is {after} already", markup=False)
    else:
        out.print(f"the schema is {after} now (it was {before or 'empty'})", markup=False)
