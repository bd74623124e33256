"""`triage import`: read a repository's whole history, silently."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from bot.activities.assign import assign_known
from bot.activities.embed import embed_missing
from bot.activities.learn import learn
from bot.activities.observe import current_config, read_history
from bot.cli.opened import err, named_repository, out, print_json, services_for, settings_for_command

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def import_history(repository: Repository, as_json: AsJson = False) -> None:
    """Read every issue, embed it, and fill the known clusters. Nobody is notified; a second run reads what changed."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    progress = Progress(*columns, console=err, disable=as_json or not err.is_terminal, transient=True)
    with services_for(settings_for_command()) as services, progress:
        record = named_repository(services, repository)
        config = current_config(services, record)
        reading = progress.add_task("reading issues", total=None)
        record = read_history(services, record, lambda count: progress.advance(reading, count))
        learn(services, record)
        missing = len(services.storage.unembedded(record.id, str(services.embedder.model_id)))
        embedding = progress.add_task("embedding", total=missing)
        embed_missing(services, record.id, lambda count: progress.advance(embedding, count))
        with services.storage.lock(record.id):
            generation = assign_known(services, record, config)
        total = services.storage.issue_count(record.id)
    clusters = {cluster.id: len(cluster.members) for cluster in generation.clusters}
    if as_json:
        print_json({"repository": record.full_name, "issues": total, "embedded": missing, "clusters": clusters})
        return
    out.print(f"{record.full_name}: {total} issues, {missing} embedded now")
    for name, members in clusters.items():
        out.print(f"  {name}: {members} members", markup=False)
