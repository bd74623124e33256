"""`triage replay`: recorded deliveries, signed anew and posted to a server."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.opened import out, print_json, settings_for_command

if TYPE_CHECKING:
    from bot.demo.posting import Answer, Delivery

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", help="Payloads or recorded deliveries as JSON, an array, or JSON lines."),
]
Url = Annotated[str | None, typer.Option(help="The server; without it TRIAGE_HOST and TRIAGE_PORT.")]
Event = Annotated[str | None, typer.Option(help="The event of payloads that do not show it, such as issues.")]
NewIds = Annotated[
    bool, typer.Option("--new-ids", help="Give every delivery a fresh id, so that none counts as known.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def replay(files: Files, url: Url = None, event: Event = None, new_ids: NewIds = False, as_json: AsJson = False) -> int:
    """Post recorded deliveries, signed with TRIAGE_WEBHOOK_SECRET; exit 1 if the server refused one."""
    from bot.demo.posting import Poster  # noqa: PLC0415 - the other commands post nothing
    from bot.demo.recorded import read_deliveries  # noqa: PLC0415 - the same

    settings = settings_for_command()
    secret = settings.secret()
    found = [one for file in files for one in read_deliveries(file, event)]
    deliveries = _with_new_ids(found) if new_ids else found
    rows: list[tuple[Delivery, Answer]] = []
    with Poster(url or f"http://{_reachable(settings.host)}:{settings.port}", secret) as poster:
        for delivery in deliveries:
            rows.append((delivery, poster.post(delivery)))
            if not as_json:
                _show(*rows[-1])
    if as_json:
        print_json([_as_json(*row) for row in rows])
    return 0 if all(answer.was_taken for _, answer in rows) else 1


def _with_new_ids(deliveries: Sequence[Delivery]) -> list[Delivery]:
    return [replace(one, id=str(uuid.uuid4())) for one in deliveries]


def _reachable(host: str) -> str:
    """An address to connect to, for one that is listened on."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    return f"[{shown}]" if ":" in shown else shown


def _show(delivery: Delivery, answer: Answer) -> None:
    name = f"{delivery.event}.{delivery.action}" if delivery.action else delivery.event
    style = "green" if answer.was_taken else "bold red"
    out.print(f"[{style}]{answer.status}[/]  {name:<34}  {delivery.id}  ", end="", soft_wrap=True)
    out.print(answer.said, markup=False, soft_wrap=True)


def _as_json(delivery: Delivery, answer: Answer) -> dict[str, Any]:
    return {
        "delivery": delivery.id,
        "event": delivery.event,
        "action": delivery.action,
        "status": answer.status,
        "taken": answer.was_taken,
        "answer": dict(answer.data),
    }
