"""The documents say what the code does: every setting, command, key and example."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from bot.cli.main import COMMANDS
from bot.commands import BY_AUTHOR
from bot.commands import parse as parse_command
from bot.repo_config import RepoConfig, parse
from bot.settings import Settings
from bot.vetoes import VETOES
from webhooks import receiver, setup

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in DOCUMENTS}

EXAMPLES = [
    pytest.param(example, id=f"{name}-{place}")
    for name, text in TEXT.items()
    for place, example in enumerate(re.findall(r"^```ya?ml\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
]


def variables() -> set[str]:
    return {f"TRIAGE_{name.upper()}" for name in Settings.model_fields}


def keys(part: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that holds a value, as the documents write it (`limits.links`, `clusters[].slug`), and its default."""
    for name, field in part.model_fields.items():
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
        deeper = next((one for one in inner if issubclass(one, BaseModel)), None)
        if deeper is None:
            yield prefix + name, field.default
        else:
            yield from keys(deeper, f"{prefix}{name}{'' if deeper is field.annotation else '[]'}.")


def rows(document: str) -> list[list[str]]:
    """The cells of the document's tables."""
    return [line.strip("| ").split(" | ") for line in TEXT[document].splitlines() if line.startswith("| ")]


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    documented = {name for row in rows("docs/operations.md") for name in re.findall(r"TRIAGE_[A-Z_]+", row[0])}
    assert documented == variables()


@pytest.mark.parametrize("document", TEXT)
def test_no_document_names_a_setting_that_does_not_exist(document: str) -> None:
    assert set(re.findall(r"TRIAGE_[A-Z_]*[A-Z]", TEXT[document])) <= variables()


def test_the_documented_defaults_are_those_in_force() -> None:
    checked = 0
    settings = [row for row in rows("docs/operations.md") if "TRIAGE_" in row[0]]
    for names, _, defaults in settings:
        found = re.findall(r"TRIAGE_([A-Z_]+)", names)
        said = re.findall(r"`([^`]+)`", defaults) or ["None"] * len(found)
        assert said == [str(Settings.model_fields[name.lower()].default) for name in found]
        checked += len(found)
    assert checked == len(variables())


def test_every_command_is_in_the_readme_or_the_documents() -> None:
    named = set(
        re.findall(r"\btriage ([a-z]+)", "".join(text for name, text in TEXT.items() if name != "CHANGELOG.md"))
    )
    assert set(COMMANDS) <= named


@pytest.mark.parametrize("document", TEXT)
def test_no_document_names_a_command_that_does_not_exist(document: str) -> None:
    code = re.findall(r"`(?:\.venv/bin/)?triage ([a-z]+)", TEXT[document])
    assert set(code) <= set(COMMANDS)


@pytest.mark.parametrize("document", TEXT)
def test_every_command_to_a_comment_that_is_documented_is_understood(document: str) -> None:
    for said in re.findall(r"`(/triage [^`]+)`", TEXT[document]):
        assert parse_command(said, "acme/shop"), said


def test_what_an_author_may_say_is_in_the_readme() -> None:
    assert all(f"`/triage {verb}" in TEXT["README.md"] for verb in BY_AUTHOR)


def test_every_key_of_the_configuration_is_documented_and_every_documented_one_exists() -> None:
    documented = [key for row in rows("docs/configuration.md")[1:] for key in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(documented) == sorted(name for name, _ in keys(RepoConfig))


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_a_configuration_is_valid(example: str) -> None:
    assert parse(example) != RepoConfig()


def test_there_are_examples() -> None:
    assert {"README.md-0", "docs/configuration.md-0"} <= {example.id for example in EXAMPLES}


def test_limits_and_labels_in_the_full_example_are_the_defaults() -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```", TEXT["docs/configuration.md"], re.MULTILINE | re.DOTALL)
    shown = yaml.safe_load(example)
    for part in ("limits", "labels"):
        assert shown[part] == getattr(RepoConfig(), part).model_dump()


@pytest.mark.parametrize("document", TEXT)
def test_every_link_into_the_repository_leads_somewhere(document: str) -> None:
    folder = (ROOT / document).parent
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", TEXT[document])
    assert [link for link in links if not (folder / link).exists()] == []


def test_the_documented_paths_are_those_that_are_served() -> None:
    together = "".join(TEXT.values())
    for path in (receiver.PATH, setup.PATH, "/healthz", "/readyz", "/metrics"):
        assert path in together


def test_every_veto_is_documented_with_its_sentence() -> None:
    documented = {row[0].strip("`"): row[1] for row in rows("docs/policy.md") if row[0].strip("`") in VETOES}
    assert documented == VETOES
