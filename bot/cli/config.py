"""`triage config check` and `triage config schema`: a repository's triage.yml without GitHub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml

from bot.cli.opened import err, out, print_json
from bot.errors import ConfigError, TriageError
from bot.repo_config import CONFIG_PATH, MAX_BYTES, RepoConfig, parse

config_app = typer.Typer(help="Check a repository's triage.yml, offline.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="The file to check.", show_default=True)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@config_app.command("check")
def check(file: File = Path(CONFIG_PATH), as_json: AsJson = False) -> int:
    """Print the configuration that the file means, defaults included, or every problem with its line."""
    text = _text(file)
    try:
        config = parse(text)
    except ConfigError as error:
        _show_problems(file, error.problems, as_json=as_json)
        return 1
    effective = config.model_dump(mode="json")
    if as_json:
        print_json({"file": str(file), "valid": True, "problems": [], "config": effective})
        return 0
    err.print(f"{file} is valid; it means:", markup=False, soft_wrap=True)
    out.print(
        yaml.safe_dump(effective, sort_keys=False, allow_unicode=True, width=1000).rstrip(),
        markup=False,
        soft_wrap=True,
    )
    return 0


@config_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the file, for editors."""
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **RepoConfig.model_json_schema()})


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise TriageError(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise TriageError(f"{file}: not UTF-8 text (byte {error.start})") from None


def _show_problems(file: Path, problems: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"file": str(file), "valid": False, "problems": problems, "config": None})
        return
    for problem in problems:
        out.print(f"{file}: {problem}", markup=False, soft_wrap=True)
