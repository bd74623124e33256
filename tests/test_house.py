"""The house keeps its own rules: sizes, doors, floors, and a plan that names every room."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STOREYS = ("bot", "models", "webhooks")
PLAN = ROOT / "docs" / "architecture.md"
LONGEST_FILE = 350
LONGEST_FUNCTION = 50
SOURCES = sorted(path for storey in STOREYS for path in (ROOT / storey).rglob("*.py"))
ONLY_READER_OF_THE_ENVIRONMENT = "bot/settings.py"
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_the_sources_are_found() -> None:
    assert {name_of(path).partition("/")[0] for path in SOURCES} == set(STOREYS)
    assert len(SOURCES) > 50


def test_a_file_is_short_enough_to_be_read_at_once() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_is_short_enough_to_be_understood_at_once() -> None:
    assert {
        (name_of(path), one.name): length
        for path in SOURCES
        for one in functions(tree_of(path))
        if (length := (one.end_lineno or 0) - one.lineno + 1) > LONGEST_FUNCTION
    } == {}


def test_a_module_says_in_its_first_sentence_what_it_is_for() -> None:
    texts = {  # a migration's name says it
        name_of(path): ast.get_docstring(tree_of(path)) for path in SOURCES if "versions" not in path.parts
    }
    assert [name for name, text in texts.items() if not (text or "").split("\n")[0].strip()] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        name_of(path)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node) in {"os.environ", "os.getenv", "os.putenv", "os.environb", "environ", "getenv"}
    }
    assert readers == {ONLY_READER_OF_THE_ENVIRONMENT}


def test_nothing_is_left_to_be_done_later() -> None:
    left = re.compile(r"#.*\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError")
    assert [name_of(path) for path in SOURCES if left.search(path.read_text(encoding="utf-8"))] == []
    assert [
        (name_of(path), one.name)
        for path in SOURCES
        for one in functions(tree_of(path))
        if [ast.unparse(node) for node in one.body] == ["pass"]
    ] == []


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name_of(path) for path in SOURCES if path.stem in FORBIDDEN_NAMES] == []


def test_every_package_is_one_on_purpose() -> None:
    folders = {path.parent for path in SOURCES if "migrations" not in path.parts}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_plan_of_the_house_names_every_room() -> None:
    text = PLAN.read_text(encoding="utf-8")
    rooms = sorted({name_of(path.parent) for path in SOURCES if path.name == "__init__.py"})
    assert [room for room in rooms if not re.search(rf"(?<![\w/]){re.escape(room.rpartition('/')[2])}/", text)] == []


def test_the_plan_of_the_house_names_nothing_that_is_gone() -> None:
    text = PLAN.read_text(encoding="utf-8")
    paths = re.findall(r"`((?:bot|models|webhooks)/[\w./-]+)`", text)
    assert [one for one in paths if not (ROOT / one.rstrip("/")).exists()] == []
    there = {path.name for path in SOURCES}
    assert sorted({one for one in re.findall(r"\b\w+\.py\b", text) if one not in there}) == []


INVARIANTS = range(1, 46)  # the promises of the product, by their numbers
TESTS = ROOT / "tests"


def test_every_promise_has_a_test_that_is_named_after_it() -> None:
    names = [one.name for path in TESTS.rglob("test_*.py") for one in functions(tree_of(path))]
    tested = {int(number) for name in names if name.startswith("test_") for number in re.findall(r"inv_(\d\d)", name)}
    assert sorted(set(INVARIANTS) ^ tested) == []


def test_every_promise_is_named_by_the_code_that_keeps_it() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    lists = re.findall(r"(?:INV|invariant) (\d+(?:(?:, | and | to )\d+)*)", code)
    named = {int(number) for found in lists for number in re.findall(r"\d+", found)}
    assert sorted(set(INVARIANTS) - named) == []


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after the statement."""
    script = f"{statement}\nimport sys\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(run.stdout.split())


@pytest.mark.parametrize("statement", ["import webhooks.app", "import bot.wiring", "import bot.cli.serve"])
def test_the_web_process_loads_no_model(statement: str) -> None:
    heavy = {"torch", "sentence_transformers", "transformers", "sklearn", "scipy"}
    assert not heavy & loaded_by(statement)


def test_the_import_contracts_are_kept() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "0 broken" in run.stdout
