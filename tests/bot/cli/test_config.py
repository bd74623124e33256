"""`triage config`: offline, with every problem and its line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import yaml

from bot.repo_config import RepoConfig, parse


def written(folder: Path, text: str) -> str:
    path = folder / "triage.yml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_valid_file_is_printed_with_its_defaults(triage, tmp_path):
    ran = triage("config", "check", written(tmp_path, "mode: shadow\n"))
    assert ran.code == 0
    assert parse(ran.out) == RepoConfig(mode="shadow")
    assert "comments_per_hour: 60" in ran.out


def test_every_problem_is_printed_with_its_line_and_the_exit_code_is_1(triage, tmp_path):
    ran = triage("config", "check", written(tmp_path, "version: 1\nmod: shadow\nlimits: {links: 99}\n"))
    assert ran.code == 1
    assert "line 2: mod: unknown key" in ran.out
    assert "line 3: limits.links" in ran.out


def test_json_holds_the_effective_configuration_or_the_problems(triage, tmp_path):
    good = json.loads(triage("config", "check", written(tmp_path, ""), "--json").out)
    assert good["valid"]
    assert RepoConfig.model_validate_json(json.dumps(good["config"])) == RepoConfig()
    bad = json.loads(triage("config", "check", written(tmp_path, "mode: loud"), "--json").out)
    assert not bad["valid"]
    assert len(bad["problems"]) == 1


def test_without_a_file_name_the_repository_s_own_place_is_read(triage, tmp_path):
    assert triage("config", "check").code == 1
    (tmp_path / ".github").mkdir()
    written(tmp_path / ".github", "version: 1")
    assert triage("config", "check").code == 0


def test_a_file_that_is_missing_a_folder_or_not_text_is_named(triage, tmp_path):
    (tmp_path / "binary.yml").write_bytes(b"mode: \xff\xfe")
    for name in ("none.yml", ".", "binary.yml"):
        ran = triage("config", "check", name)
        assert ran.code == 1
        assert f"triage: {name}: " in ran.err


def test_a_file_that_is_too_large_is_refused(triage, tmp_path):
    ran = triage("config", "check", written(tmp_path, "# " + "x" * 70_000))
    assert ran.code == 1
    assert "64 KiB" in ran.out


def test_the_schema_accepts_what_the_parser_accepts(triage):
    schema = json.loads(triage("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    sample = Path(__file__).parents[3] / "bot" / "sample" / "triage.yml"
    jsonschema.validate(yaml.safe_load(sample.read_text(encoding="utf-8")), schema)
    assert not jsonschema.Draft202012Validator(schema).is_valid({"mod": "shadow"})
