"""`triage forget`: delete everything that is held about a repository."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

import typer

from bot.cli.opened import out, print_json, settings_for_command
from bot.errors import NotFound
from bot.inbox import enqueue_from_outside, migrate_engine
from bot.wiring import open_database
from bot.workflows.erase_traces import PARTITION, TASK, order_for

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def forget(repository: Repository, yes: Yes = False, as_json: AsJson = False) -> None:
    """Delete a repository's issues, vectors, decisions, clusters, what people said, and its deliveries.

    The engine's own record of it is erased by the worker, as soon as one runs. While the App is installed there, the
    next delivery reads the repository anew: uninstall it first to be rid of it.
    """
    settings = settings_for_command()
    storage = open_database(settings)
    try:
        known = storage.repository(repository)
        if known is None:
            raise NotFound(f"{repository} is not in the database: there is nothing to forget")
        issues = storage.issue_count(known.id)
        question = f"Delete {known.full_name} with {issues} issues and everything decided about them, for good?"
        if not yes and not typer.confirm(question, default=False):
            raise typer.Abort
        with storage.lock(known.id):
            deleted = storage.forget_repository(known.id)
        migrate_engine(settings)
        enqueue_from_outside(settings, TASK, f"forget/{uuid4()}", PARTITION, {**order_for([known.id]), "tries": 0})
    finally:
        storage.close()
    rows = {table: count for table, count in deleted.items() if count}
    if as_json:
        print_json({"repository": known.full_name, "deleted": rows})
        return
    out.print(f"{known.full_name}: {sum(rows.values())} rows deleted in {len(rows)} tables", markup=False)
