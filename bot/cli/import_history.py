"""`triage import`: read a repository's whole history, silently."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.activities.draw_map import draw_map
from bot.activities.embed import embed_missing
from bot.activities.learn import learn
from bot.activities.observe import current_config, read_history
from bot.activities.refit import IMPORT, PUBLISHED, begun, refit
from bot.activities.waves import learn_waves
from bot.cli.opened import named_repository, out, print_json, services_for, settings_for_command
from bot.cli.progress import progress

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def import_history(repository: Repository, as_json: AsJson = False) -> None:
    """Read every issue, embed it, and make the clusters. Nobody is notified; a second run reads what changed."""
    with services_for(settings_for_command()) as services, progress(show=not as_json) as shown:
        record = named_repository(services, repository)
        config = current_config(services, record)
        record = read_history(services, record, shown.reading)
        learn(services, record)
        missing = embed_missing(services, record.id, shown.embedding(services, record.id))
        ended = refit(services, record, config, begun(services, record, IMPORT), progress=shown.step)
        generation = services.storage.current_generation(record.id)
        shown.step("map", 0, 1)
        draw_map(services, record)
        learn_waves(services, record)
        total = services.storage.issue_count(record.id)
    found = generation.clusters if generation else ()
    known = {cluster.id: len(cluster.members) for cluster in found if cluster.slug}
    if as_json:
        print_json({"repository": record.full_name, "issues": total, "embedded": missing, "clusters": known})
        return
    out.print(f"{record.full_name}: {total} issues, {missing} embedded now")
    if ended.outcome != PUBLISHED:
        out.print(f"  the clusters were not made anew: {ended.reason}", markup=False)
    for name, members in known.items():
        out.print(f"  {name}: {members} members", markup=False)
    if len(found) > len(known):
        out.print(f"  and {len(found) - len(known)} clusters that nobody named (`triage clusters list`)")
