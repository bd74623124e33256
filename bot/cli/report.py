"""`triage report`: an issue, what it is linked with, its cluster, and what helped others, in Markdown."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from bot.activities.observe import observe_issue
from bot.activities.report import gathered
from bot.cli.opened import known_repository, services_for, settings_for_command
from bot.errors import NotFound
from bot.report import report as written
from models.issue import IssueRef

_URL = re.compile(r"https?://[^/\s]+/(?P<repository>[^/\s]+/[^/\s]+)/(?:issues|pull)/(?P<number>[1-9]\d*)(?:[/?#].*)?")

Target = Annotated[str, typer.Argument(help="the issue's address, or OWNER/REPO#12", metavar="URL|OWNER/REPO#N")]


def report(target: Target) -> None:
    """Write an issue-graph report in Markdown to standard output."""
    try:
        ref = named(target)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with services_for(settings_for_command(), offline=True) as services:
        repository = known_repository(services, ref.repository)
        known = services.storage.issue(repository.id, ref.number)
        if known is None and observe_issue(services, repository, ref.number) is None:
            raise NotFound(f"{ref} does not exist on GitHub")
        text = written(gathered(services, repository, ref.number))
    print(text, end="")  # noqa: T201 - Markdown as it is; rich would read it as markup


def named(target: str) -> IssueRef:
    """The issue that an address or `owner/name#12` names; raises ValueError."""
    found = _URL.fullmatch(target.strip())
    return IssueRef.parse(f"{found['repository']}#{found['number']}" if found is not None else target)
