"""`triage rerun` against the GitHub double: the difference is shown, and GitHub changes only where it should."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.cli import rerun
from bot.storage.open import open_storage
from bot.storage.records import FeedbackRecord
from tests.bot.cli.conftest import Ran, Run
from tests.fakes.played import CANONICAL, HISTORY, Played
from tests.fakes.small_world import CLUSTER_LABEL, CONFIG, LABEL, NAME

DATABASE = "sqlite:///triage.db"


def issues_of(ran: Ran) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran.out)["issues"]
    return found


def numbers_of(ran: Ran) -> list[int]:
    return [one["number"] for one in issues_of(ran)]


def test_one_named_issue_is_decided_and_written_to(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    ran = triage("rerun", f"{NAME}#{number}")
    assert ran.code == 0, ran.err
    assert f"#{number}: never decided → duplicate #{CANONICAL} · extra (comment: done, " in ran.out
    assert "1 decided again: 1 changed, 0 the same" in ran.out
    assert len(tracker.comments(number)) == 1
    assert tracker.labels(number) == [LABEL, CLUSTER_LABEL]


def test_inv_23_the_same_conclusion_changes_nothing_at_all(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    triage("rerun", f"{NAME}#{number}")
    before, writes = tracker.issue(number), tracker.writes()
    ran = triage("rerun", f"{NAME}#{number}", "--json")
    [one] = issues_of(ran)
    assert (one["changed"], one["effects"], one["before"]) == (False, [], one["after"])
    assert tracker.issue(number) == before
    assert tracker.writes() == writes


def test_a_dry_run_shows_the_difference_and_asks_for_no_write_token(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    for _ in range(2):  # nothing was recorded either, so it is told again
        ran = triage("rerun", f"{NAME}#{number}", "--dry-run")
        assert ran.code == 0
        assert f"never decided → duplicate #{CANONICAL}" in ran.out
        assert "(dry run)" in ran.out
    assert tracker.writes() == []
    assert {token["issues"] for token in tracker.tokens_for()} == {"read"}


def test_inv_28_many_issues_get_no_first_comment_unless_it_is_asked_for(triage: Run, tracker: Played) -> None:
    first, last = tracker.report().number, tracker.report().number
    ran = triage("rerun", f"{NAME}#{first}-{last}")
    assert ran.code == 0
    assert "2 would get a new comment: a run over many issues writes none without --notify" in ran.out
    assert tracker.writes() == []
    ran = triage("rerun", f"{NAME}#{first}-#{last}", "--notify", "--json")
    assert numbers_of(ran) == [first, last]
    assert [len(tracker.comments(number)) for number in (first, last)] == [1, 1]


def test_what_shadow_mode_only_recorded_is_written_and_shown_once_the_mode_changes(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.activities.observe.CONFIG_AGE", timedelta(seconds=-1))  # look each time
    tracker.change(config=CONFIG.decode() + "mode: shadow\n")
    number = tracker.report().number
    shadow = triage("rerun", f"{NAME}#{number}")
    assert "(comment: shadow, " in shadow.out
    assert tracker.writes() == []
    assert {token["issues"] for token in tracker.tokens_for()} == {"read"}
    tracker.change(config=CONFIG.decode())
    ran = triage("rerun", f"{NAME}#{number}")
    assert "0 changed, 1 the same" in ran.out
    assert "(comment: done, " in ran.out
    assert len(tracker.comments(number)) == 1


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--all"], [1, 2, 3, 5, 6, 7]),  # 4 is closed
        (["--since", "2026-05-02"], [6, 7]),
        (["--cluster", "extra"], [5, 7]),
        (["--cluster", "extra", "--since", "2026-05-02"], [7]),
    ],
)
def test_a_selection_holds_the_open_issues_that_fit(
    triage: Run, tracker: Played, options: list[str], chosen: list[int]
) -> None:
    reports = [
        {"number": number, "title": title, "body": body, "created_at": f"2026-05-0{1 + number // 6}T12:00:00Z"}
        for number, (title, body) in enumerate([*HISTORY, HISTORY[CANONICAL - 1]], 1)
    ]
    reports[3]["state"] = "closed"
    tracker.do("POST", "/repositories", full_name=NAME, issues=reports)
    assert triage("import", NAME).code == 0
    ran = triage("rerun", NAME, *options, "--dry-run", "--json")
    assert ran.code == 0, ran.err
    assert numbers_of(ran) == chosen


def test_an_interrupted_run_goes_on_where_it_was(triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[int] = []
    real = rerun.decide_again

    def interrupted(services: Any, repository: Any, number: int, *rest: Any, **more: Any) -> Any:
        if number == 3 and 3 not in decided:
            decided.append(number)
            raise KeyboardInterrupt
        decided.append(number)
        return real(services, repository, number, *rest, **more)

    monkeypatch.setattr(rerun, "decide_again", interrupted)
    stopped = triage("rerun", NAME, "--all", "--notify")
    assert stopped.code == 1
    assert "interrupted; what was finished is kept" in stopped.err
    assert triage("rerun", NAME, "--all", "--notify").code == 0
    assert decided == [1, 2, 3, 3, 4, 5, 6]
    assert triage("rerun", NAME, "--all", "--notify").code == 0
    assert decided[7:] == [1, 2, 3, 4, 5, 6]  # it had finished: the next one is a run of its own


def test_where_github_asks_for_patience_the_run_stops_says_so_and_goes_on_later(triage: Run, tracker: Played) -> None:
    first, last = tracker.report().number, tracker.report().number
    tracker.fault(f"/issues/{last}/comments", kind="secondary_limit", retry_after=30)
    ran = triage("rerun", f"{NAME}#{first}-{last}", "--notify", "--json")
    assert ran.code == 1
    said = json.loads(ran.out)
    assert [one["number"] for one in said["issues"]] == [first]
    assert "run the same command again in 30 s" in said["stopped"]
    ran = triage("rerun", f"{NAME}#{first}-{last}", "--notify", "--json")
    assert (ran.code, numbers_of(ran)) == (0, [last])
    assert [len(tracker.comments(number)) for number in (first, last)] == [1, 1]


def test_a_write_that_github_refuses_is_a_failure_that_is_shown(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    tracker.fault(f"/issues/{number}/comments", method="POST", status=422)
    ran = triage("rerun", f"{NAME}#{number}")
    assert ran.code == 1
    assert "comment: failed, add-label possible-duplicate: failed" in ran.out
    assert tracker.labels(number) == []  # INV 25


def test_inv_18_an_objection_outlives_a_rerun_of_the_very_issue(triage: Run, tracker: Played) -> None:
    number = tracker.report().number
    triage("rerun", f"{NAME}#{number}")
    storage = open_storage(DATABASE)
    repository = storage.repository(NAME)
    assert repository is not None
    at = datetime.now(UTC)
    storage.save_feedback(FeedbackRecord(repository.id, number, "separated", at, "reporter", "command", CANONICAL))
    storage.save_feedback(FeedbackRecord(repository.id, number, "objection", at, "reporter", "command"))
    storage.close()
    for _ in range(2):
        assert triage("rerun", f"{NAME}#{number}").code == 0
        assert "not counted as a duplicate" in tracker.comments(number)[0]
        assert len(tracker.comments(number)) == 1
        assert tracker.labels(number) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([NAME], "say which issues"),
        (["shop", "--all"], "'shop' is not OWNER/REPO"),
        ([f"{NAME}#0"], f"'{NAME}#0' is not OWNER/REPO"),
        ([f"{NAME}#1-٣"], f"'{NAME}#1-٣' is not OWNER/REPO"),
        ([f"{NAME}#9-3"], "#9-3 ends before it begins"),
        ([f"{NAME}#1", "--all"], "none of --since, --cluster and --all"),
        ([NAME, "--since", "soon"], "--since 'soon' is not a date"),
    ],
)
def test_a_wrong_usage_is_2_and_asks_github_for_nothing(
    triage: Run, tracker: Played, arguments: list[str], words: str
) -> None:
    ran = triage("rerun", *arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.replace("│", "").split())
    assert tracker.do("GET", "/requests") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([f"{NAME}#999"], f"{NAME}#999 does not exist on GitHub"),
        (["acme/unknown#1"], "no such repository, or the App is not installed there"),
        ([NAME, "--cluster", "nope"], "has no cluster 'nope'"),
        ([NAME, "--since", "2999-01-01"], "no issue of the repository is in that selection"),
    ],
)
def test_what_does_not_exist_is_a_sentence(triage: Run, tracker: Played, arguments: list[str], words: str) -> None:
    ran = triage("rerun", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err


def test_a_cluster_that_was_configured_after_the_import_takes_its_first_member(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.activities.observe.CONFIG_AGE", timedelta(seconds=-1))  # look each time
    tracker.change(config="version: 1")
    assert triage("import", NAME).code == 0
    tracker.change(config=CONFIG.decode())
    number = tracker.report().number
    ran = triage("rerun", f"{NAME}#{number}")
    assert ran.code == 0, ran.err
    assert tracker.labels(number) == [LABEL, CLUSTER_LABEL]


def test_a_repository_that_was_renamed_is_found_under_its_new_name(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    number = tracker.report().number
    tracker.change(full_name="acme/store")
    assert triage("rerun", f"{NAME}#{number}").code == 0
    assert len(tracker.comments(number, "acme/store")) == 1


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_without_credentials_it_says_what_it_needs_them_for(
    triage: Run, monkeypatch: pytest.MonkeyPatch, more: list[str]
) -> None:
    monkeypatch.setenv("TRIAGE_WEBHOOK_SECRET", "s" * 32)
    ran = triage("rerun", f"{NAME}#1", *more)
    said = " ".join(ran.err.split())
    assert (ran.code, ran.out) == (1, "")
    assert "a rerun, --dry-run too, reads the issues as they are now" in said
    assert "`triage explain` needs only the database" in said
