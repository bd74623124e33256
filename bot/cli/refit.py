"""`triage refit`: the nightly job by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.activities.assign import assigned, publish
from bot.activities.embed import embed_missing
from bot.activities.learn import learn
from bot.activities.observe import current_config, read_history
from bot.cli.opened import named_repository, out, print_json, services_for, settings_for_command

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the difference; publish nothing.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def refit(repository: Repository, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Bring the repository up to date and publish its clusters anew; prints who joined and who left."""
    with services_for(settings_for_command()) as services:
        record = named_repository(services, repository)
        config = current_config(services, record)
        record = read_history(services, record)
        learn(services, record)
        embed_missing(services, record.id)
        with services.storage.lock(record.id):
            before = services.storage.current_generation(record.id)
            fresh = assigned(services, record, config)
            if not dry_run:
                publish(services, record, fresh)
    old = {cluster.id: set(cluster.members) for cluster in (before.clusters if before else ())}
    new = {cluster.id: set(cluster.members) for cluster in fresh}
    changes = [
        {
            "cluster": name,
            "joined": sorted(new.get(name, set()) - old.get(name, set())),
            "left": sorted(old.get(name, set()) - new.get(name, set())),
        }
        for name in sorted({*old, *new})
    ]
    if as_json:
        print_json({"repository": record.full_name, "published": not dry_run, "clusters": changes})
        return
    for one in changes:
        out.print(f"{one['cluster']}: {len(one['joined'])} joined, {len(one['left'])} left", markup=False)
    out.print("nothing was published (dry run)" if dry_run else "published")
