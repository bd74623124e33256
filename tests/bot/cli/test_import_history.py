"""`triage import`: the whole history is read, embedded and put into the known clusters, and nobody notices."""

from __future__ import annotations

import json

import pytest

from bot.cli import import_history
from bot.errors import Unavailable
from tests.bot.cli.conftest import Run
from tests.fakes.played import CANONICAL, HISTORY, Played
from tests.fakes.small_world import NAME

MANY = 130  # more than one page of GitHub's lists


def test_inv_34_every_page_is_read_and_the_known_clusters_are_filled(triage: Run, tracker: Played) -> None:
    more = [{"title": f"Gadget {n} blinks", "body": f"Gadget {n} blinks {n * 7} times."} for n in range(MANY)]
    tracker.do("POST", "/repositories", full_name=NAME, issues=more)
    ran = triage("import", NAME, "--json")
    assert (ran.code, ran.err) == (0, "")
    total = len(HISTORY) + MANY
    told = json.loads(ran.out)
    assert told.pop("clusters") == {"extra": 1}
    assert told == {"repository": NAME, "issues": total, "embedded": total, "duplicates": 0}


def test_inv_28_an_import_writes_nothing_and_holds_no_write_token(triage: Run, tracker: Played) -> None:
    tracker.report()
    assert triage("import", NAME).code == 0
    assert tracker.writes() == []
    assert {token["issues"] for token in tracker.tokens_for()} == {"read"}


def test_a_second_import_reads_what_changed_and_embeds_only_that(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    assert json.loads(triage("import", NAME, "--json").out)["embedded"] == 0
    tracker.report()
    told = json.loads(triage("import", NAME, "--json").out)
    assert (told["issues"], told["embedded"]) == (len(HISTORY) + 1, 1)


def test_for_people_it_prints_sentences_and_no_progress_without_a_terminal(triage: Run, tracker: Played) -> None:
    ran = triage("import", NAME)
    told = f"{NAME}: {len(HISTORY)} issues, {len(HISTORY)} embedded now, 0 called duplicates by people"
    assert ran.out.splitlines() == [told, "  extra: 1 members"]
    assert ran.err == ""


def test_a_plain_token_is_enough(triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRIAGE_APP_ID", "TRIAGE_PRIVATE_KEY", "TRIAGE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRIAGE_GITHUB_TOKEN", tracker.do("POST", "/tokens", login="operator")["token"])
    ran = triage("import", NAME, "--json")
    assert (ran.code, json.loads(ran.out)["issues"]) == (0, len(HISTORY))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"kind": "html"}, "GitHub answered 50"),
        ({"kind": "malformed_json"}, "malformed"),
        ({"status": 502}, "GitHub answered 502"),
        ({"kind": "secondary_limit", "retry_after": 1}, "GitHub asks for patience"),
    ],
)
def test_what_passes_by_itself_is_waited_for_with_a_sentence(
    triage: Run, tracker: Played, kind: dict[str, object], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_history, "PAUSE", 0.01)
    tracker.fault(f"/repos/{NAME}/issues$", **kind)
    ran = triage("import", NAME, "--json")
    assert (ran.code, json.loads(ran.out)["issues"]) == (0, len(HISTORY))
    assert words in ran.err


def test_a_limit_is_waited_for_before_the_first_page_and_after_the_last(triage: Run, tracker: Played) -> None:
    for path in ("/installation$", f"/repos/{NAME}/issues$"):
        tracker.fault(path, kind="secondary_limit", retry_after=0)
        ran = triage("import", NAME, "--json")
        assert (ran.code, json.loads(ran.out)["issues"]) == (0, len(HISTORY))
        assert ran.err.count("it goes on in 1 s\n") == 1


def test_faults_are_counted_anew_where_more_was_done_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_history, "PAUSE", 0.0)
    tries: list[int] = []

    def page() -> str:
        tries.append(1)
        if len(tries) < 20:
            raise Unavailable("GitHub answered 502")
        return "read"

    assert import_history.patiently(page, lambda: len(tries) // 3) == "read"
    tries.clear()
    with pytest.raises(Unavailable):
        import_history.patiently(page)
    assert len(tries) == import_history.TRIES


def test_what_does_not_pass_is_a_sentence_and_the_next_attempt_goes_on(triage: Run, tracker: Played) -> None:
    tracker.fault(f"/repos/{NAME}/issues$", status=403, message="Resource not accessible by integration")
    ran = triage("import", NAME)
    assert (ran.code, ran.out) == (1, "")
    assert "permission does not cover this" in ran.err
    assert "Traceback" not in ran.err
    assert json.loads(triage("import", NAME, "--json").out)["issues"] == len(HISTORY)


def test_a_github_that_stays_away_ends_it_with_a_sentence(
    triage: Run, tracker: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_history, "PAUSE", 0.001)
    tracker.fault(f"/repos/{NAME}/issues$", status=502, times=50)
    ran = triage("import", NAME)
    assert (ran.code, ran.out) == (1, "")
    assert "GitHub answered 502" in ran.err


def test_inv_27_a_wrong_configuration_does_not_keep_the_history_out(triage: Run, tracker: Played) -> None:
    tracker.change(config="clusterz: []")
    ran = triage("import", NAME, "--json")
    assert json.loads(ran.out) == {
        "repository": NAME,
        "issues": len(HISTORY),
        "embedded": len(HISTORY),
        "duplicates": 0,
        "clusters": {},
    }
    assert "clusterz" in ran.err


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("shop", 2, "'shop' is not OWNER/REPO"),
        ("acme/unknown", 1, "no such repository, or the App is not installed there"),
    ],
)
def test_a_repository_that_is_not_there_is_a_sentence(
    triage: Run, tracker: Played, name: str, code: int, words: str
) -> None:
    ran = triage("import", name)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_without_any_credentials_it_says_which_settings_are_missing(triage: Run) -> None:
    ran = triage("import", NAME)
    assert ran.code == 1
    assert "TRIAGE_GITHUB_TOKEN" in ran.err


def test_the_canonical_is_a_member_of_its_cluster_afterwards(triage: Run, tracker: Played) -> None:
    assert triage("import", NAME).code == 0
    told = json.loads(triage("rerun", NAME, "--cluster", "extra", "--dry-run", "--json").out)
    assert [one["number"] for one in told["issues"]] == [CANONICAL]
