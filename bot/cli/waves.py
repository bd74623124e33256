"""`triage waves`: the waves that are on, and those that were."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.activities.tell import told
from bot.cli.opened import known_repository, out, print_json, services_for, settings_for_command
from bot.errors import NotFound
from bot.services import Services
from bot.storage.records import RepositoryRecord, WaveRecord
from bot.wave_words import draft as draft_of
from bot.wave_words import notice

Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
Draft = Annotated[
    int | None, typer.Option("--draft", help="Print a tracking issue for this wave, as Markdown.", metavar="ID")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def waves(repository: Repository, draft: Draft = None, as_json: AsJson = False) -> None:
    """Current and past waves of a repository, newest first; `--draft` writes a tracking issue to copy."""
    with services_for(settings_for_command(), offline=True) as services:
        record = known_repository(services, repository)
        rows = list(services.storage.waves(record.id))
        if draft is not None:
            chosen = next((row for row in rows if row.id == draft), None)
            if chosen is None:
                raise NotFound(f"{record.full_name} has no wave {draft}: `triage waves {record.full_name}` lists them")
            print(draft_of(told(services, record, chosen)))  # noqa: T201 - rich would wrap it
        elif as_json:
            print_json({"repository": record.full_name, "waves": [_data(services, record, row) for row in rows]})
        else:
            _print(services, record, rows)


def _data(services: Services, repository: RepositoryRecord, row: WaveRecord) -> dict[str, Any]:
    said = told(services, repository, row)
    data = notice(said, ended=row.wave.ended_at is not None)
    del data["text"], data["event"]
    return data | {"id": row.id, "alarmed": row.alarmed, "numbers": list(said.reports)}


def _print(services: Services, repository: RepositoryRecord, rows: list[WaveRecord]) -> None:
    if not rows:
        out.print("there has been no wave")
        return
    table = Table("id", "cluster", "began (UTC)", "ended", "reports", "expected", "peak/h", box=None, pad_edge=False)
    for row in rows:
        wave, title = row.wave, told(services, repository, row).title or row.cluster_id
        ended = Text("on", style="bold red") if wave.ended_at is None else Text(f"{wave.ended_at:%Y-%m-%d %H:%M}")
        began = f"{wave.began_at:%Y-%m-%d %H:%M}"
        figures = (str(wave.reports), f"{wave.expected:.1f}", str(wave.peak_per_hour))
        table.add_row(str(row.id), Text(title), began, ended, *figures)
    out.print(table)
