"""`triage explain`: the evidence behind a decision, or between two issues, without changing anything."""

from __future__ import annotations

import json

import pytest

from bot import wiring
from bot.cli.explain_pair import SAME
from tests.bot.cli.conftest import Run
from tests.fakes.played import CANONICAL, Played
from tests.fakes.small_world import CONFIG, NAME, CountingEmbedder


@pytest.fixture
def reported(triage: Run, tracker: Played) -> int:
    """A report of the known problem, in an imported repository."""
    number = tracker.report().number
    assert triage("import", NAME).code == 0
    return number


def test_the_verdict_its_evidence_and_the_cuts_are_told(triage: Run, reported: int) -> None:
    ran = triage("explain", f"{NAME}#{reported}")
    assert (ran.code, ran.err) == (0, "")
    assert f"#{reported}: duplicate #{CANONICAL} with probability" in ran.out
    assert "status_code: 400" in ran.out
    assert "thresholds: duplicate" in ran.out
    assert "cluster extra:" in ran.out


def test_as_json_it_is_one_document_with_everything_in_it(triage: Run, reported: int) -> None:
    told = json.loads(triage("explain", f"{NAME}#{reported}", "--json").out)
    assert told["repository"] == NAME
    assert told["decision"]["verdict"] == "duplicate"
    assert told["candidates"][0]["number"] == CANONICAL
    assert told["candidates"][0]["matches"]
    assert told["clusters"][0]["slug"] == "extra"
    assert told["facts"]["status_code"] == ["400"]
    assert told["changed"] is True  # it was never decided
    assert told["last_decided_at"] is None


@pytest.mark.parametrize("other", [(), (str(CANONICAL),)])
def test_inv_13_after_a_change_of_model_it_says_what_is_missing_and_compares_nothing(
    triage: Run, reported: int, monkeypatch: pytest.MonkeyPatch, other: tuple[str, ...]
) -> None:
    monkeypatch.setattr(wiring, "build_embedder", lambda _: CountingEmbedder("another-model"))
    ran = triage("explain", f"{NAME}#{reported}", *other)
    assert (ran.code, ran.out) == (1, "")
    said = " ".join(ran.err.split())
    assert f"0 of {reported} issues of {NAME} are embedded by the model in force (another-model" in said
    assert f"`triage refit {NAME}`" in said
    assert triage("refit", NAME).code == 0
    assert triage("explain", f"{NAME}#{reported}", *other).code == 0


def test_what_held_the_verdict_back_is_told_by_name_and_in_a_sentence(triage: Run, tracker: Played) -> None:
    tracker.add_repository("acme/closing", config="mode: close\n" + CONFIG.decode())
    number = tracker.report(name="acme/closing").number
    assert triage("import", "acme/closing").code == 0
    said = " ".join(triage("explain", f"acme/closing#{number}").out.split())
    assert "also weighed, and the verdict stands: close-not-earned" in said
    assert "held back by" not in said
    assert "close-not-earned: mode: close is not earned, so the bot only comments" in said
    told = json.loads(triage("explain", f"acme/closing#{number}", "--json").out)
    assert told["decision"]["vetoes"] == ["close-not-earned"]
    assert told["closing"].startswith("mode: close is not earned")


def test_which_calibration_is_in_force_is_told(triage: Run, reported: int) -> None:
    said = "calibration: as shipped (0 judged decisions, 0 right: 30 are needed"
    assert said in " ".join(triage("explain", f"{NAME}#{reported}").out.split())
    told = json.loads(triage("explain", f"{NAME}#{reported}", "--json").out)
    assert told["calibration"].startswith("as shipped")
    assert told["scorer"].startswith("scorer-")


def test_it_writes_nothing_and_needs_no_credentials(
    triage: Run, tracker: Played, reported: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRIAGE_APP_ID", "TRIAGE_PRIVATE_KEY", "TRIAGE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)
    before = len(tracker.do("GET", "/requests"))
    for _ in range(2):
        assert json.loads(triage("explain", f"{NAME}#{reported}", "--json").out)["last_decided_at"] is None
    assert len(tracker.do("GET", "/requests")) == before


def test_without_credentials_an_issue_that_is_not_there_is_a_sentence(
    triage: Run, reported: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRIAGE_APP_ID", "TRIAGE_PRIVATE_KEY", "TRIAGE_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)
    ran = triage("explain", f"{NAME}#999")
    assert (ran.code, ran.out) == (1, "")
    assert f"{NAME}#999 is not in the database, and without credentials GitHub cannot be asked" in " ".join(
        ran.err.split()
    )


def test_an_error_message_is_told_in_its_words(triage: Run, tracker: Played) -> None:
    body = "Error: the exporter of jane.roe@example.org timed out while it wrote the invoices"
    number = tracker.report("The export stops", body).number
    assert triage("import", NAME).code == 0
    said = " ".join(triage("explain", f"{NAME}#{number}").out.split())
    assert "error_message: “Error: the exporter of" in said
    assert "jane.roe" not in said
    told = json.loads(triage("explain", f"{NAME}#{number}", "--json").out)
    assert set(told["facts"]["error_message"]) <= set(told["messages"])


def test_a_pair_says_why_the_decision_is_surer_than_the_pair(triage: Run, tracker: Played) -> None:
    number = tracker.report("Refused", "API Error: 400 out of extra usage, although the balance is there").number
    assert triage("import", NAME).code == 0
    told = json.loads(triage("explain", f"{NAME}#{number}", str(CANONICAL), "--json").out)
    assert told["decision"]["canonical"] == CANONICAL
    assert abs(told["decision"]["probability"] - told["probability"]) >= SAME
    assert told["why_decided_otherwise"].startswith(f"the decision on #{number} says ")
    assert "the cluster extra" in told["why_decided_otherwise"]
    assert told["why_decided_otherwise"] in " ".join(triage("explain", f"{NAME}#{number}", str(CANONICAL)).out.split())


def test_after_a_decision_it_says_that_nothing_changed(triage: Run, reported: int) -> None:
    assert triage("rerun", f"{NAME}#{reported}").code == 0
    told = json.loads(triage("explain", f"{NAME}#{reported}", "--json").out)
    assert told["changed"] is False
    assert told["last_decided_at"]


@pytest.mark.parametrize("other", [str(CANONICAL), f"#{CANONICAL}"])
def test_with_two_numbers_it_says_why_they_match(triage: Run, reported: int, other: str) -> None:
    told = json.loads(triage("explain", f"{NAME}#{reported}", other, "--json").out)
    assert (told["number"], told["other"]) == (reported, CANONICAL)
    assert told["probability"] > 0.5
    assert told["matches"]
    ran = triage("explain", f"{NAME}#{reported}", other)
    assert ran.code == 0
    assert "matches on" in ran.out


def test_with_two_unlike_numbers_it_says_why_not(triage: Run, reported: int) -> None:
    ran = triage("explain", f"{NAME}#{reported}", "#1")
    assert ran.code == 0
    assert "not the same problem" in ran.out


def test_an_issue_that_was_never_read_is_read_now(triage: Run, tracker: Played, reported: int) -> None:
    number = tracker.report().number
    ran = triage("explain", f"{NAME}#{number}", "--json")
    assert json.loads(ran.out)["decision"]["canonical"] == CANONICAL
    assert tracker.writes() == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([NAME], 2, "is not an issue reference like owner/name#12"),
        ([f"{NAME}#1", "abc"], 2, "'abc' is not another issue's number like #7"),
        ([f"{NAME}#1", "#1"], 1, "two different issues are needed"),
        (["acme/unknown#1"], 1, "run `triage import acme/unknown` first"),
        ([f"{NAME}#999"], 1, f"{NAME}#999 does not exist on GitHub"),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(
    triage: Run, reported: int, arguments: list[str], code: int, words: str
) -> None:
    ran = triage("explain", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in " ".join(ran.err.replace("│", "").split())
