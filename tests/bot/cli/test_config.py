"""`triage config`: offline, with every problem and its line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.errors import ConfigError
from bot.repo_config import RepoConfig, json_schema, parse
from bot.storage.open import open_storage
from tests.fakes.played import Played
from tests.fakes.small_world import NAME

SCHEMA = Path(__file__).parents[3] / "docs" / "triage.schema.json"


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


@pytest.mark.parametrize("text", ["# " + "x" * 70_000, "# " + "ü" * 40_000, "# " + "x" * 300_000])
def test_a_file_that_is_too_large_is_refused(triage, tmp_path, text: str):
    ran = triage("config", "check", written(tmp_path, text))
    assert ran.code == 1
    assert "larger than 64 KiB" in ran.out


def test_the_schema_accepts_what_the_parser_accepts(triage):
    schema = json.loads(triage("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    sample = Path(__file__).parents[3] / "bot" / "sample" / "triage.yml"
    jsonschema.validate(yaml.safe_load(sample.read_text(encoding="utf-8")), schema)
    assert not jsonschema.Draft202012Validator(schema).is_valid({"mod": "shadow"})


def test_the_published_schema_is_that_of_the_model():
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version: 1\nmode: shadow",
        "limits: {links: 1, comments_per_hour: 0, comments_per_day: 9, churn: 1}",
        "refit: {at: '03:30', zone: UTC}\ndigest: true",
        "ignore: {labels: [wontfix], authors: ['*[bot]', ann]}",
        "facts: [{name: plan, pattern: 'pro|free', heading: Plan}]",
        "clusters: [{slug: a-b, title: A cause, requires: {status: 400, plan: pro}, canonical: 3, label: cause}]\n"
        "facts: [{name: plan, pattern: 'pro|free'}]",
    ],
)
def test_schema_and_parser_take_the_same_good_files(text):
    parse(text)
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(text) or {})


@pytest.mark.parametrize(
    "text",
    [
        "version: 2",
        "mode: loud",
        "mod: shadow",
        "limits: {links: 0}",
        "limits: {comments_per_day: many}",
        "labels: {candidate: ''}",
        "ignore: {labels: bug}",
        "facts: [{name: Plan, pattern: x}]",
        "facts: [{name: plan}]",
        "clusters: [{title: Without a slug}]",
        "clusters: [{slug: a, title: A cause, canonical: 0}]",
        'clusters: [{slug: a, title: "\\u200b\\u200b\\u200b\\u200b"}]',
        "digest: maybe",
        "refit: {at: '25:00'}",
    ],
)
def test_schema_and_parser_refuse_the_same_bad_files(text):
    with pytest.raises(ConfigError):
        parse(text)
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))


def test_show_says_which_file_is_in_force(triage, tracker: Played):
    tracker.change(config="mode: shadow")
    ran = triage("config", "show", NAME)
    assert ran.code == 0
    assert f"{NAME}: its own .github/triage.yml is in force" in ran.err
    assert parse(ran.out) == RepoConfig(mode="shadow")


def test_show_says_that_the_owners_file_is_in_force(triage, tracker: Played):
    owner = NAME.partition("/")[0]
    tracker.change(config="")
    tracker.do("POST", "/repositories", full_name=f"{owner}/.github", config="mode: shadow")
    told = json.loads(triage("config", "show", NAME, "--json").out)
    assert (told["source"], told["config"]["mode"], told["problems"]) == ("owner", "shadow", [])


def test_show_says_that_the_owners_repository_is_out_of_reach(triage, tracker: Played):
    owner = NAME.partition("/")[0]
    tracker.change(config="")
    tracker.do(
        "POST", "/repositories", full_name=f"{owner}/.github", private=True, install=False, config="mode: shadow"
    )
    ran = triage("config", "show", NAME)
    assert ran.code == 0
    assert "does not cover" in ran.err
    assert parse(ran.out) == RepoConfig()


def test_inv_27_show_tells_every_problem_since_when_and_what_holds(triage, tracker: Played):
    tracker.change(config="mode: shadow")
    assert triage("config", "show", NAME).code == 0
    storage = open_storage("sqlite:///triage.db")
    repository = storage.repository(NAME)
    assert repository is not None
    tracker.change(config="mode: loud\nlimits: {links: 99}")
    kept = storage.config(repository.id)
    storage.save_config(
        repository.id, replace(kept, checked_at=kept.checked_at and kept.checked_at - timedelta(hours=1))
    )
    ran = triage("config", "show", NAME, "--json")
    told = json.loads(ran.out)
    assert ran.code == 1
    assert [one.partition(":")[0] for one in told["problems"]] == ["line 1", "line 2"]
    assert (told["config"]["mode"], told["source"]) == ("shadow", "repository")
    assert told["since"]
    storage.close()
