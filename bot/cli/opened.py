"""What a command opens and closes again: settings, logs, database, services, one repository."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from bot import log
from bot.activities.observe import Stopped, open_repository
from bot.errors import NotFound, TriageError
from bot.github.offline import Offline
from bot.services import Services
from bot.settings import Settings, load, unknown_variables
from bot.storage.records import RepositoryRecord
from bot.wiring import build_services, open_database

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
LONGEST = 100  # characters of a name that is said again, and of each part of a repository's
_FULL_NAME = re.compile(rf"[^/\s]{{1,{LONGEST}}}/[^/\s]{{1,{LONGEST}}}")
NOT_ASKED = "GitHub cannot be asked (TRIAGE_GITHUB_TOKEN, or TRIAGE_APP_ID and TRIAGE_PRIVATE_KEY of the App)"


def settings_for_command(*, tells_unknown: bool = True) -> Settings:
    """The operator's settings, with the logs turned on at warnings: a command's own output is what counts. What looks
    like a setting and is none is named on standard error: what was meant has its default."""
    settings = load()
    for sentence in unknown_variables().values() if tells_unknown else ():
        err.print(f"triage: {sentence}", markup=False, soft_wrap=True)
    log.configure(settings.log_format, "warning" if settings.log_level == "info" else settings.log_level)
    return settings


@contextmanager
def services_for(settings: Settings, *, offline: bool = False) -> Iterator[Services]:
    """The services over an open database, closed at the end. `offline`: the command can do without GitHub."""
    storage = open_database(settings)
    github = Offline() if offline and not can_ask(settings) else None
    try:
        yield build_services(settings, storage, github=github)
    finally:
        storage.close()


def can_ask(settings: Settings) -> bool:
    """Whether GitHub can be asked: there are credentials."""
    return settings.is_app or settings.github_token is not None


def named_repository(services: Services, full_name: str) -> RepositoryRecord:
    """A repository that a person typed; known, or visible on GitHub with the credentials at hand."""
    _check_form(full_name)
    try:
        return open_repository(services, full_name)
    except Stopped as stopped:
        raise TriageError(f"{full_name}: {stopped}") from None


def known_repository(services: Services, full_name: str) -> RepositoryRecord:
    """A repository that is in the database; GitHub is not asked."""
    _check_form(full_name)
    known = services.storage.repository(full_name)
    if known is None:
        raise NotFound(f"{full_name} is not in the database: run `triage import {full_name}` first")
    return known


def _check_form(full_name: str) -> None:
    if not _FULL_NAME.fullmatch(full_name):
        raise typer.BadParameter(f"{full_name[:LONGEST]!r} is not OWNER/REPO")


def print_json(data: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False, default=str))  # noqa: T201 - rich would wrap it
