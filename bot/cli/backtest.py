"""`triage backtest`: what the bot would have said in a repository's past, and how often it would have been right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.activities.backtest import backtest as replay
from bot.cli.opened import err, known_repository, out, print_json, services_for, settings_for_command
from bot.cli.progress import progress
from bot.errors import TriageError
from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.share import percent

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
Since = Annotated[
    datetime | None,
    typer.Option(metavar="DATE", help="Judge only issues from this day on (2026-05-01).", formats=["%Y-%m-%d"]),
]
Sample = Annotated[int | None, typer.Option(help="Judge so many issues, chosen by chance.", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def backtest(repository: Repository, since: Since = None, sample: Sample = None, as_json: AsJson = False) -> None:
    """Replay the imported history: each issue is judged by what came before it. Nothing is written to GitHub."""
    day = since.replace(tzinfo=UTC) if since is not None else None
    with services_for(settings_for_command(), offline=True) as services, progress(show=not as_json) as shown:
        record = _whole(services, known_repository(services, repository))
        found = replay(
            services,
            record,
            since=day,
            sample=sample,
            progress=lambda done, whole: shown.step("replaying issues", done, whole),
        )
    data = {"repository": record.full_name, "issues": found.issues, "made_at": found.made_at, **found.found}
    if as_json:
        print_json(data)
        return
    _print(data)


def _whole(services: Services, record: RepositoryRecord) -> RepositoryRecord:
    """The repository, where its history was read; says how much of it cannot be judged."""
    name, to_do = record.full_name, f"`triage import {record.full_name}`"
    if record.imported_at is None:
        raise TriageError(f"the history of {name} is not read to its end: run {to_do} first")
    model = str(services.embedder.model_id)
    missing = len(services.storage.unembedded(record.id, model))
    if missing:
        err.print(f"{missing} issues are left out: {model} has not embedded them; {to_do} does", markup=False)
    return record


def _print(data: Mapping[str, Any]) -> None:
    out.print(f"{data['repository']}: {data['issues']} issues, {data['duplicates']} duplicates by what people said")
    table = Table(
        *("in known clusters from", "elsewhere from", "", "said duplicate", "precision", "recall"),
        box=None,
        header_style="bold",
        pad_edge=False,
    )
    for name, figures in (("in force", data["in_force"]), ("recommended", data["recommended"])):
        if figures is not None:
            table.add_row(*_cuts(figures), name, *_row(figures))
    out.print(table)
    wanted = percent(data["wanted_precision"], 0)
    if data["recommended"] is None:
        out.print(f"no threshold is recommended: none keeps {wanted} precision, with 95 % confidence, on what it was")
        out.print("not chosen on; more duplicates that people linked would be needed")
    else:
        out.print(f"recommended: the lowest threshold that keeps {wanted} precision on folds that it was not chosen on")
    out.print("Only what people linked counts as a duplicate: precision is a lower bound.")
    for one in data["worst"]:
        out.print(f"  {one['probability']:.2f}  {one['url']} → {one['named_url']}", markup=False)


def _cuts(figures: Mapping[str, Any]) -> tuple[str, str]:
    return f"{figures['threshold']:.3f}", f"{figures['threshold_elsewhere']:.3f}"


def _row(figures: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(figures["flagged"]), _share(figures["precision"]), _share(figures["recall"])


def _share(share: Mapping[str, Any]) -> str:
    if share["part"] is None:
        return "–"
    return f"{share['part']:.2f} ({share['low']:.2f}–{share['high']:.2f})"
