"""`triage config`: check a repository's triage.yml offline, show which one is in force, print its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from bot.cli.opened import (
    can_ask,
    err,
    known_repository,
    named_repository,
    out,
    print_json,
    services_for,
    settings_for_command,
)
from bot.errors import ConfigError, TriageError
from bot.github.config_file import decoded
from bot.repo_config import CONFIG_PATH, MAX_BYTES, TOO_LARGE, is_unknown, json_schema, parse
from bot.storage.records import ConfigRecord

config_app = typer.Typer(
    help="A repository's triage.yml: check it offline, show what is in force.", no_args_is_help=True
)

WIDEST = 4  # bytes of a character in UTF-16, at most; what is longer cannot be short enough in UTF-8

File = Annotated[Path, typer.Argument(help="The file to check.", show_default=True)]
Repository = Annotated[str, typer.Argument(help="OWNER/REPO", metavar="OWNER/REPO")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@config_app.command("check")
def check(file: File = Path(CONFIG_PATH), as_json: AsJson = False) -> int:
    """Print the configuration that the file means, defaults included, or every problem with its line."""
    try:
        config = parse(_text(file))
    except ConfigError as error:
        _show_problems(file, error.problems, as_json=as_json)
        return 1
    effective = config.model_dump(mode="json")
    if as_json:
        print_json({"file": str(file), "valid": True, "problems": [], "config": effective})
        return 0
    err.print(f"{file} is valid; it means:", markup=False, soft_wrap=True)
    out.print(_yaml(effective), markup=False, soft_wrap=True)
    return 0


@config_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    print_json(json_schema())


@config_app.command("show")
def show(repository: Repository, as_json: AsJson = False) -> int:
    """Print the configuration in force and where it comes from; exit 1 where the file is wrong."""
    from bot.activities.observe import config_in_force, current_config  # noqa: PLC0415 - the others need no GitHub

    with services_for(settings_for_command(), offline=True) as services:
        asks = can_ask(services.settings)
        record = named_repository(services, repository) if asks else known_repository(services, repository)
        config = current_config(services, record) if asks else config_in_force(services, record)
        kept = services.storage.config(record.id)
    problems = kept.error.splitlines() if kept.error else []
    data = {
        "repository": record.full_name,
        "source": kept.source,
        "checked_at": kept.checked_at,
        "problems": problems,
        "since": kept.failed_since,
        "notice": kept.notice_number,
        "config": config.model_dump(mode="json"),
    }
    if as_json:
        print_json(data)
        return 1 if problems else 0
    err.print(f"{record.full_name}: {in_words(kept, record.full_name)}", markup=False, soft_wrap=True)
    for problem in problems:
        err.print(f"{CONFIG_PATH}: {problem}", markup=False, soft_wrap=True)
    out.print(_yaml(data["config"]), markup=False, soft_wrap=True)
    return 1 if problems else 0


def in_words(record: ConfigRecord, full_name: str) -> str:
    """Where the configuration in force comes from."""
    owner = full_name.partition("/")[0]
    words = {
        "repository": f"its own {CONFIG_PATH} is in force",
        "owner": f"{owner}/.github's {CONFIG_PATH} is in force",
        "absent": f"the defaults are in force: there is no {CONFIG_PATH} here or in {owner}/.github",
        "out of reach": f"the defaults are in force: there is no {CONFIG_PATH} here, and this installation does not"
        f" cover {owner}/.github, which would be the fall-back",
    }
    said = words.get(record.source or "", "the defaults are in force: no file was read yet")
    if record.error is None:
        return said
    since = f" since {record.failed_since:%Y-%m-%d %H:%M} UTC" if record.failed_since else ""
    nothing = "no valid one was read before, so the bot decides and records and writes nothing (shadow)"
    held = nothing if is_unknown(record.valid_text, record.error) else "the last valid one holds"
    told = f"; #{record.notice_number} tells of it" if record.notice_number else ""
    return f"its {CONFIG_PATH} is wrong{since}, and {held}{told}"


def _yaml(effective: Any) -> str:
    return yaml.safe_dump(effective, sort_keys=False, allow_unicode=True, width=1000).rstrip()


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(WIDEST * MAX_BYTES + 1)
    except OSError as error:
        raise TriageError(f"{file}: {error.strerror}") from None
    if len(content) > WIDEST * MAX_BYTES:
        raise ConfigError([TOO_LARGE])
    try:
        return decoded(content)
    except UnicodeDecodeError as error:
        raise TriageError(f"{file}: not UTF-8 text (byte {error.start})") from None


def _show_problems(file: Path, problems: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "valid": False, "problems": problems, "config": None})
        return
    for problem in problems:
        out.print(f"{file}: {problem}", markup=False, soft_wrap=True)
