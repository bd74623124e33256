"""`triage backtest` and `triage report`: from a history that was read, without a write to GitHub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import wiring
from bot.rules import UNNAMED_AT_LEAST
from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from tests.bot.cli.conftest import Run
from tests.fakes.played import HISTORY, Played
from tests.fakes.small_world import NAME, CountingEmbedder


def test_a_backtest_says_what_the_bot_would_have_said(triage: Run, tracker: Played, tmp_path: Path) -> None:
    first, second = tracker.report().number, tracker.report().number
    assert triage("import", NAME).code == 0
    ran = triage("backtest", NAME, "--json")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told["repository"] == NAME
    assert told["issues"] >= second - first + 1
    assert told["recommended"] is None, "a handful of issues recommends nothing"
    assert told["in_force"]["precision"]["whole"] == told["in_force"]["flagged"]
    cut = told["in_force"]["threshold"]
    assert told["in_force"]["threshold_elsewhere"] == max(cut, UNNAMED_AT_LEAST), "what the policy asks for"
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}")
    repository = storage.repository(NAME)
    assert repository is not None
    kept = storage.last_backtest(repository.id)
    storage.close()
    assert kept is not None
    assert kept.issues == told["issues"]


def test_a_backtest_is_a_table_for_people_and_can_be_sampled(triage: Run, tracker: Played) -> None:
    tracker.report()
    assert triage("import", NAME).code == 0
    ran = triage("backtest", NAME, "--sample", "2")
    assert ran.code == 0
    assert f"{NAME}: 2 issues" in ran.out
    assert "no threshold is recommended" in ran.out


def test_a_backtest_of_what_was_never_read_says_what_to_do(triage: Run, tracker: Played, tmp_path: Path) -> None:
    ran = triage("backtest", "acme/unknown")
    assert (ran.code, "triage import acme/unknown" in ran.err) == (1, True)
    assert "'acme' is not OWNER/REPO" in triage("backtest", "acme").err
    storage = open_storage(f"sqlite:///{tmp_path / 'triage.db'}")
    storage.save_repository(RepositoryRecord(7, NAME, 1))
    storage.close()
    ran = triage("backtest", NAME)
    assert (ran.code, "is not read to its end: run `triage import" in ran.err) == (1, True)


def test_a_backtest_says_how_many_issues_another_model_left_out(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert triage("import", NAME).code == 0
    monkeypatch.setattr(wiring, "build_embedder", lambda _: CountingEmbedder("another"))
    ran = triage("backtest", NAME, "--json")
    assert (ran.code, json.loads(ran.out)["issues"]) == (0, 0)
    assert f"{len(HISTORY)} issues are left out: another" in ran.err


def test_a_report_is_markdown_on_standard_output(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    assert triage("import", NAME).code == 0
    for target in (f"{NAME}#{number}", f"https://github.com/{NAME}/issues/{number}#issuecomment-1"):
        ran = triage("report", target)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith(f"# [#{number}](")
        assert "## What helped others" in ran.out


def test_a_report_of_no_issue_is_wrong_usage(triage: Run) -> None:
    ran = triage("report", "not an issue")
    assert ran.code == 2
    assert "owner/name#12" in ran.err
