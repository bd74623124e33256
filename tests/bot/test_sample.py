"""The sample repository of the demo keeps what its README promises."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from datetime import datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
import yaml

from bot.commands import duplicate_claim, past_claim
from bot.demo.said import read_said

SAMPLE = files("bot") / "sample"
KEYS = {
    *("number", "title", "body", "created_at", "author", "labels", "state", "state_reason"),
    *("duplicate_of", "gold_cluster", "form", "lang", "note"),
}
WAVES = {"extra-usage-400": 28, "promo-credit-not-shown": 22, "charged-twice-on-upgrade": 18}
DELIVERED = 40


@pytest.fixture(scope="module")
def issues() -> list[dict[str, Any]]:
    text = (SAMPLE / "issues.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    return yaml.safe_load((SAMPLE / "triage.yml").read_text(encoding="utf-8"))


def members(issues: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for issue in issues:
        if issue["gold_cluster"]:
            found.setdefault(issue["gold_cluster"], []).append(issue)
    return found


def filed(issue: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(issue["created_at"])


def noted(issues: list[dict[str, Any]], start: str) -> list[dict[str, Any]]:
    return [issue for issue in issues if (issue["note"] or "").startswith(start)]


def test_every_line_has_the_same_keys_and_known_values(issues):
    for issue in issues:
        assert set(issue) == KEYS
        assert issue["title"].strip()
        assert len(issue["title"]) <= 256
        assert len(issue["body"]) <= 65_536
        assert issue["form"] in {"issue-form", "in-app", "freeform"}
        assert filed(issue).tzinfo is not None
        assert "\0" not in issue["title"] + issue["body"]


def test_a_state_has_its_reason(issues):
    for issue in issues:
        reasons = {"open": {None}, "closed": {"completed", "not_planned", "duplicate"}}[issue["state"]]
        assert issue["state_reason"] in reasons
        if issue["state_reason"] == "duplicate":
            assert issue["duplicate_of"] is not None


def test_numbers_ascend_with_the_time_of_filing_over_seven_weeks(issues):
    assert 190 <= len(issues) <= 220
    assert all(a["number"] < b["number"] and filed(a) < filed(b) for a, b in pairwise(issues))
    assert timedelta(weeks=6) < filed(issues[-1]) - filed(issues[0]) < timedelta(weeks=8)


def test_duplicate_of_is_the_first_report_of_the_same_cluster(issues):
    first: dict[str, int] = {}
    for issue in issues:
        slug = issue["gold_cluster"]
        if slug is None:
            assert issue["duplicate_of"] is None
        else:
            canonical = first.setdefault(slug, issue["number"])
            assert issue["duplicate_of"] == (None if canonical == issue["number"] else canonical)


def test_three_waves_burst_at_first_and_rise_again_at_the_end(issues):
    for slug, least in WAVES.items():
        times = [filed(issue) for issue in members(issues)[slug]]
        assert len(times) >= least
        assert sum(time - times[0] < timedelta(days=2) for time in times) >= 6
        assert sum(times[-1] - time < timedelta(days=3) for time in times) >= 4


def test_smaller_clusters_singles_and_near_misses_are_there_in_number(issues):
    small = [len(found) for slug, found in members(issues).items() if slug not in WAVES]
    assert 8 <= len(small) <= 12
    assert all(2 <= size <= 7 for size in small)
    assert len(noted(issues, "near miss: ")) >= 15
    singles = [i for i in issues if i["gold_cluster"] is None and not i["note"]]
    assert len(singles) >= 50


def test_a_near_miss_is_in_no_cluster(issues):
    assert all(issue["gold_cluster"] is None for issue in noted(issues, "near miss: "))


def test_the_newest_forty_are_a_fair_mix(issues):
    newest = issues[-DELIVERED:]
    earlier = {issue["gold_cluster"] for issue in issues[:-DELIVERED]}
    known = [issue for issue in newest if issue["gold_cluster"] and issue["gold_cluster"] in earlier]
    assert 22 <= len(known) <= 26
    assert set(WAVES) < {issue["gold_cluster"] for issue in known}
    assert len(noted(newest, "near miss: ")) >= 5
    assert len(noted(newest, "hard: ")) >= 5
    assert all(issue["state"] == "open" for issue in newest)


def test_texts_are_individual(issues):
    assert max(Counter(issue["title"] for issue in issues).values()) == 1
    assert max(Counter(issue["body"] for issue in issues).values()) == 1
    assert max(Counter(issue["author"] for issue in issues).values()) == 1


def test_other_languages_belong_to_clusters(issues):
    foreign = {issue["lang"]: issue for issue in issues if issue["lang"] != "en" and issue["gold_cluster"]}
    assert set(foreign) == {"de", "es", "pt", "ja", "fr", "zh"}
    assert sum(issue["lang"] != "en" and issue["gold_cluster"] is not None for issue in issues) >= 6


def test_hard_forms_are_there(issues):
    bodies = {issue["number"]: issue["body"] for issue in issues}
    assert any(len(body) > 30_000 for body in bodies.values())
    assert any(re.fullmatch(r"!\[\w+\]\(\S+\)", body) for body in bodies.values())
    assert sum("_No response_" in body for body in bodies.values()) >= 20
    assert sum("**Recent errors**" in body for body in bodies.values()) >= 10
    assert any(issue["author"] == "dependabot[bot]" for issue in issues[-DELIVERED:])
    assert any("<script>" in issue["title"] and "@" in issue["title"] for issue in issues)
    assert any(unicodedata.bidirectional(char) == "RLO" for issue in issues for char in issue["title"])


def test_planted_secrets_are_named_in_the_note_of_their_issue(issues):
    (planted,) = noted(issues, "planted secrets (all fake): ")
    secrets = planted["note"].partition(": ")[2].split(" | ")
    assert len(secrets) >= 6
    assert all(secret in planted["body"] for secret in secrets)
    shapes = [r"sk-\w{40,}", r"ghp_\w{36}", r"AKIA[A-Z0-9]{16}", r"\S+@\S+", r"(\d{4} ){3}\d{4}", r"/Users/\w+"]
    assert all(any(re.fullmatch(shape, secret) for secret in secrets) for shape in shapes)


def test_no_other_report_holds_a_planted_secret(issues):
    (planted,) = noted(issues, "planted secrets (all fake): ")
    secrets = planted["note"].partition(": ")[2].split(" | ")
    others = [issue for issue in issues if issue is not planted]
    assert not any(secret in issue["title"] + issue["body"] for issue in others for secret in secrets)


def test_two_fixed_issues_are_reported_again_on_newer_versions(issues):
    fixed = [i for i in issues if i["state_reason"] == "completed" and i["gold_cluster"]]
    assert len(fixed) == 2
    for canonical in fixed:
        (version,) = (label.removeprefix("fixed-in: ") for label in canonical["labels"] if label.startswith("fixed-in"))
        assert version in canonical["body"]
        again = [i for i in noted(issues, "newer than the fixing") if i["duplicate_of"] == canonical["number"]]
        assert len(again) >= 2


def test_every_number_that_a_text_names_is_an_earlier_issue_or_none_of_ours(issues):
    ours = {issue["number"] for issue in issues}
    for issue in issues:
        named = {int(number) for number in re.findall(r"#(4\d{3})\b", issue["body"])}
        assert named <= ours
        assert all(number < issue["number"] for number in named)


def test_the_configuration_names_the_waves_and_open_canonical_issues(issues, config):
    by_number = {issue["number"]: issue for issue in issues}
    slugs = [cluster["slug"] for cluster in config["clusters"]]
    assert set(WAVES) < set(slugs)
    for cluster in config["clusters"]:
        canonical = by_number[cluster["canonical"]]
        assert canonical["gold_cluster"] == cluster["slug"]
        assert canonical["duplicate_of"] is None
        assert canonical["state"] == "open"
        assert 2 <= len(cluster["examples"]) <= 3


def test_the_plan_fact_reads_every_plan_of_the_product(config):
    (fact,) = config["facts"]
    found = [re.search(fact["pattern"], plan) for plan in ("Free", "Glow", "Beam", "Beam XL", "Team")]
    assert [match and match[1] for match in found] == ["Free", "Glow", "Beam", "Beam XL", "Team"]


def test_the_reports_of_the_wave_are_new_ones_of_a_known_cluster_in_the_last_week(issues):
    text = (SAMPLE / "wave.jsonl").read_text(encoding="utf-8")
    wave = [json.loads(line) for line in text.splitlines()]
    assert {issue["gold_cluster"] for issue in wave} == {"extra-usage-400"}
    canonical = members(issues)["extra-usage-400"][0]["number"]
    for issue in wave:
        assert set(issue) == KEYS
        assert issue["duplicate_of"] == canonical
        assert filed(issues[-1]) - timedelta(days=7) < filed(issue) < filed(issues[-1])
    assert not {issue[name] for issue in wave for name in ("number", "title", "body", "author")} & {
        issue[name] for issue in issues for name in ("number", "title", "body", "author")
    }
    everything = sorted([*issues, *wave], key=lambda issue: issue["number"])
    assert all(filed(one) < filed(following) for one, following in pairwise(everything))


def test_people_named_each_duplicate_of_the_history_that_they_could_and_no_other(issues):
    wave = (SAMPLE / "wave.jsonl").read_text(encoding="utf-8").splitlines()
    everything = sorted([*issues, *map(json.loads, wave)], key=filed)
    truth = {issue["number"]: issue["duplicate_of"] for issue in everything}
    again = {issue["number"] for issue in noted(everything, "newer than the fixing")}
    history = [issue["number"] for issue in everything[:-DELIVERED]]
    claims: dict[int, int] = {}
    for one in read_said((SAMPLE / "comments.jsonl").read_bytes().splitlines()):
        named = duplicate_claim(one.body, "") or past_claim(one.body, "")
        if named is not None:
            assert claims.setdefault(one.number, named) == named == truth[one.number]
    wanted = {number for number in history if truth[number] and number not in again}
    unclear = wanted - set(claims)  # said in words that nobody can be held to
    assert len(unclear) <= 4
    assert set(claims) & set(history) == wanted - unclear
    assert 10 <= len(set(claims) - set(history)) <= 25  # what people say after the bot


def test_who_names_a_duplicate_is_its_author_or_has_a_say(issues):
    authors = {issue["number"]: issue["author"] for issue in issues}
    said = read_said((SAMPLE / "comments.jsonl").read_bytes().splitlines())
    staff = {one.author for one in said if one.author != authors.get(one.number)}
    assert staff == {"ivo-lumen", "nadia-lumen"}
    assert not staff & set(authors.values())
