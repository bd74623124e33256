"""`triage clusters`: what is shown, and that what a person sets is followed at once and survives every refit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.storage.open import open_storage
from bot.storage.records import RepositoryRecord
from models.tallies import BARS
from tests.bot.cli.conftest import Ran, Run
from tests.fakes.played import CANONICAL, HISTORY, Played
from tests.fakes.small_world import NAME

UPLOAD = (
    "Upload of pictures never ends",
    "The upload stays at 99 percent: Error: socket hang up, version 2.1.{} on {}.",
)
SEARCH = (
    "Search finds no archived notes",
    "The search box answers 'nothing found' for every archived note since {} ({}).",
)
FIRST = len(HISTORY) + 1  # of the uploads
UPLOADS, SEARCHES = [FIRST, FIRST + 1, FIRST + 2, FIRST + 3], [FIRST + 4, FIRST + 5, FIRST + 6]
UPLOAD_ID, SEARCH_ID = f"c{UPLOADS[0]}", f"c{SEARCHES[0]}"


@pytest.fixture
def clustered(triage: Run, tracker: Played) -> Played:
    """Two clusters that nobody named beside the known one."""
    for number, system in enumerate(["macOS", "Linux", "Linux", "Windows"]):
        tracker.report(UPLOAD[0], UPLOAD[1].format(number, system), user=f"up-{number}")
    for number in range(3):
        tracker.report(SEARCH[0], SEARCH[1].format(number, "Linux"), user=f"find-{number}")
    assert triage("refit", NAME).code == 0
    return tracker


def told(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def listed(triage: Run) -> dict[str, dict[str, Any]]:
    found = told(triage("clusters", "list", NAME, "--json"))
    return {one["id"]: one for one in found["clusters"]}


def members(triage: Run) -> dict[str, list[int]]:
    return {name: one["members"] for name, one in listed(triage).items()}


@pytest.mark.usefixtures("clustered")
def test_the_clusters_are_listed_the_largest_first(triage: Run) -> None:
    assert members(triage) == {UPLOAD_ID: UPLOADS, SEARCH_ID: SEARCHES, "extra": [CANONICAL]}
    ran = triage("clusters", "list", NAME)
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines if line[0] != " "][1:4] == [UPLOAD_ID, SEARCH_ID, "extra"]
    assert lines[-1].startswith("generation 1, published ")
    assert BARS[-1] in lines[1]
    assert triage("clusters", "list", NAME, "--held").out == f"{NAME}: none\n"


@pytest.mark.usefixtures("clustered")
def test_one_is_shown_with_its_variants_versions_platforms_and_growth(triage: Run) -> None:
    shown = told(triage("clusters", "show", NAME, UPLOAD_ID, "--json"))
    assert shown["members"] == UPLOADS
    assert (shown["reports"], shown["open"], sum(shown["growth"])) == (4, 4, 4)
    assert shown["platforms"] == {"linux": 2, "macos": 1, "windows": 1}
    assert shown["versions"] == ["2.1.0", "2.1.1", "2.1.2", "2.1.3"]
    assert all(isinstance(count, int) for counts in shown["variants"].values() for count in counts.values())
    assert shown["canonical"] == UPLOADS[0]
    assert shown["canonical_reason"]
    text = triage("clusters", "show", NAME, UPLOAD_ID).out
    for words in ("2.1.0 – 2.1.3", "linux (2)", f"#{UPLOADS[0]}", "4, 4 of them open", shown["canonical_reason"]):
        assert words in text


@pytest.mark.usefixtures("clustered")
@pytest.mark.parametrize("name", ["EXTRA", "extra usage 400 despite balance", "extra"])
def test_a_cluster_is_known_by_its_id_slug_or_title(triage: Run, name: str) -> None:
    assert told(triage("clusters", "show", NAME, name, "--json"))["id"] == "extra"


@pytest.mark.usefixtures("clustered")
def test_a_cluster_that_is_not_there_is_a_sentence_with_what_was_meant(triage: Run) -> None:
    ran = triage("clusters", "show", NAME, "extar")
    assert (ran.code, ran.out) == (1, "")
    assert "did you mean extra?" in ran.err
    assert "triage clusters list" in triage("clusters", "pin", NAME, "zzzzzzz", "1").err


@pytest.mark.usefixtures("clustered")
def test_what_a_person_names_holds_at_once_and_after_a_refit(triage: Run) -> None:
    done = told(triage("clusters", "rename", NAME, UPLOAD_ID, "Uploads  hang", "--as", "mia", "--json"))
    assert (done["changed"][0]["title"], done["changed"][0]["title_by"]) == ("Uploads hang", "person")
    assert triage("clusters", "label", NAME, UPLOAD_ID, "upload").code == 0
    assert triage("clusters", "set-canonical", NAME, UPLOAD_ID, str(UPLOADS[2])).code == 0
    for _ in range(2):
        one = listed(triage)[UPLOAD_ID]
        assert (one["title"], one["label"], one["canonical"]) == ("Uploads hang", "upload", UPLOADS[2])
        assert told(triage("refit", NAME, "--json"))["changes"] == []
    acts = told(triage("clusters", "edits", NAME, "--json"))["edits"]
    assert [(act["kind"], act["cluster"]) for act in acts] == [
        ("rename", UPLOAD_ID),
        ("label", UPLOAD_ID),
        ("canonical", UPLOAD_ID),
    ]
    assert acts[0]["actor"] == "mia"
    assert "rename" in triage("clusters", "edits", NAME).out.splitlines()[0]


@pytest.mark.usefixtures("clustered")
def test_an_issue_is_pinned_and_excluded_for_good(triage: Run) -> None:
    assert triage("clusters", "pin", NAME, UPLOAD_ID, "1").code == 0
    assert triage("clusters", "exclude", NAME, UPLOAD_ID, str(UPLOADS[1])).code == 0
    wanted = sorted({1, *UPLOADS} - {UPLOADS[1]})
    for _ in range(2):
        assert members(triage)[UPLOAD_ID] == wanted
        assert triage("refit", NAME).code == 0
    assert members(triage)[UPLOAD_ID] == wanted


@pytest.mark.usefixtures("clustered")
def test_clusters_are_merged_and_split_for_good_and_the_undoing_is_too(triage: Run) -> None:
    merged = told(triage("clusters", "merge", NAME, SEARCH_ID, UPLOAD_ID, "--json"))
    assert merged["gone"] == [SEARCH_ID]
    for _ in range(2):
        assert members(triage)[UPLOAD_ID] == UPLOADS + SEARCHES
        assert SEARCH_ID not in members(triage)
        assert triage("refit", NAME).code == 0
    assert triage("clusters", "undo", NAME).code == 0
    for _ in range(2):
        assert members(triage) == {UPLOAD_ID: UPLOADS, SEARCH_ID: SEARCHES, "extra": [CANONICAL]}
        assert triage("refit", NAME).code == 0
    parts = [str(number) for number in UPLOADS[2:]]
    made = told(triage("clusters", "split", NAME, UPLOAD_ID, *parts, "--json"))
    new = next(one["id"] for one in made["changed"] if one["id"] != UPLOAD_ID)
    for _ in range(2):
        assert members(triage)[UPLOAD_ID] == UPLOADS[:2]
        assert members(triage)[new] == UPLOADS[2:]
        assert triage("refit", NAME).code == 0
    assert triage("clusters", "undo", NAME).code == 0
    assert members(triage)[UPLOAD_ID] == UPLOADS
    assert new not in members(triage)


@pytest.mark.usefixtures("clustered")
def test_a_name_that_is_taken_back_is_the_machines_again(triage: Run) -> None:
    before = listed(triage)[UPLOAD_ID]
    triage("clusters", "rename", NAME, UPLOAD_ID, "Uploads hang")
    ran = triage("clusters", "undo", NAME, "1")
    assert (ran.code, ran.out.splitlines()[0]) == (0, f"undone: rename of {UPLOAD_ID}")
    assert listed(triage)[UPLOAD_ID] == before
    ran = triage("clusters", "undo", NAME, "1")
    assert (ran.code, "no act 1" in ran.err) == (1, True)
    assert triage("clusters", "undo", NAME).code == 1


@pytest.mark.usefixtures("clustered")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("merge", NAME, "extra", UPLOAD_ID), "defined in the configuration"),
        (("merge", NAME, UPLOAD_ID, UPLOAD_ID), "into itself"),
        (("pin", NAME, UPLOAD_ID, "99"), "#99 is not known here"),
        (("merge", NAME, UPLOAD_ID, "c999"), "no cluster 'c999'"),
        (("split", NAME, UPLOAD_ID, "1"), f"#1 is not in {UPLOAD_ID}"),
        (("split", NAME, UPLOAD_ID, *map(str, UPLOADS)), "nothing to split"),
        (("set-canonical", NAME, UPLOAD_ID, "99"), "#99 is not known here"),
        (("pin", NAME, UPLOAD_ID, "99999999999999999999"), "too large"),
        (("pin", NAME, "c999", "1"), "no cluster 'c999'"),
        (("pin", "acme/unknown", UPLOAD_ID, "1"), "triage import acme/unknown"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(triage: Run, arguments: tuple[str, ...], words: str) -> None:
    before = listed(triage)
    ran = triage("clusters", *arguments)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err
    assert listed(triage) == before
    assert told(triage("clusters", "edits", NAME, "--json"))["edits"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("pin", NAME, "extra"),
        ("pin", NAME, "extra", "twelve"),
        ("pin", NAME, "extra", "0"),
        ("rename", NAME, "extra", "x"),
        ("rename", NAME, "extra", "x" * 121),
        ("rename", NAME, "extra", " \t "),
        ("rename", NAME, "extra", "red \x1b[31m title"),
        ("rename", NAME, "extra", "turned \u202eround"),
        ("rename", NAME, "extra", "A fine title", "--as", "ann\x07"),
        ("label", NAME, "extra", "bell\x07"),
        ("label", NAME, "extra", "x" * 51),
        ("label", NAME, "extra"),
        ("set-canonical", NAME, "extra", "3", "--none"),
        ("list", "shop"),
        ("list", "acme/"),
        ("list", "/"),
        ("list", "a" * 999 + "/b"),
    ],
)
def test_a_wrong_usage_ends_with_2(triage: Run, tracker: Played, arguments: tuple[str, ...]) -> None:
    assert triage("clusters", *arguments).code == 2


@pytest.mark.usefixtures("clustered")
def test_a_very_long_name_of_a_cluster_is_not_said_again_in_full(triage: Run) -> None:
    ran = triage("clusters", "show", NAME, "x" * 100_000)
    assert (ran.code, ran.out, len(ran.err) < 300) == (1, "", True)


def test_a_name_that_is_too_long_is_told_as_one(triage: Run, tracker: Played) -> None:
    ran = triage("clusters", "rename", NAME, "extra", "Usage is gone", "--as", "x" * 51)
    assert (ran.code, "a name has at most 50" in ran.err) == (2, True)


@pytest.mark.usefixtures("clustered")
def test_a_cluster_that_bears_anothers_id_for_a_title_takes_nobodys_place(triage: Run) -> None:
    assert triage("clusters", "rename", NAME, UPLOAD_ID, SEARCH_ID).code == 0
    assert told(triage("clusters", "show", NAME, SEARCH_ID, "--json"))["members"] == SEARCHES
    assert told(triage("clusters", "show", NAME, SEARCH_ID.upper(), "--json"))["members"] == SEARCHES


@pytest.mark.usefixtures("clustered")
def test_a_merged_clusters_id_means_the_one_that_took_it_in(triage: Run) -> None:
    assert triage("clusters", "merge", NAME, SEARCH_ID, UPLOAD_ID).code == 0
    assert triage("refit", NAME).code == 0
    assert told(triage("clusters", "show", NAME, SEARCH_ID, "--json"))["id"] == UPLOAD_ID
    ran = triage("clusters", "merge", NAME, SEARCH_ID, UPLOAD_ID)
    assert (ran.code, "into itself" in ran.err) == (1, True)
    assert triage("clusters", "pin", NAME, SEARCH_ID, "1").code == 0
    assert members(triage)[UPLOAD_ID] == [1, *UPLOADS, *SEARCHES]


@pytest.mark.usefixtures("clustered")
def test_a_canonical_issue_that_is_set_becomes_a_member_and_stays_one(triage: Run) -> None:
    assert triage("clusters", "set-canonical", NAME, UPLOAD_ID, str(SEARCHES[0])).code == 0
    assert triage("refit", NAME).code == 0
    found = listed(triage)[UPLOAD_ID]
    assert (found["canonical"], found["members"]) == (SEARCHES[0], [*UPLOADS, SEARCHES[0]])


@pytest.mark.usefixtures("clustered")
def test_where_the_policy_would_choose_another_canonical_issue_by_now_that_is_said(triage: Run) -> None:
    storage = open_storage("sqlite:///triage.db")
    repository = storage.repository(NAME)
    assert repository is not None
    liked = storage.issue(repository.id, UPLOADS[2])
    assert liked is not None
    storage.save_issues(repository.id, [replace(liked, issue=replace(liked.issue, reactions=9))])
    storage.close()
    shown = told(triage("clusters", "show", NAME, UPLOAD_ID, "--json"))
    assert (shown["canonical"], shown["canonical_by_policy"]) == (UPLOADS[0], UPLOADS[2])
    words = f"#{UPLOADS[0]}: chosen when the clusters were made; now the policy would choose #{UPLOADS[2]}"
    assert words in " ".join(triage("clusters", "show", NAME, UPLOAD_ID).out.split())


def test_what_was_closed_as_a_duplicate_or_is_a_bots_is_no_canonical_issue(triage: Run, clustered: Played) -> None:
    clustered.rest("up-0", "PATCH", f"/repos/{NAME}/issues/{UPLOADS[0]}", state="closed", state_reason="duplicate")
    assert triage("refit", NAME).code == 0
    ran = triage("clusters", "set-canonical", NAME, UPLOAD_ID, str(UPLOADS[0]))
    assert (ran.code, "closed as a duplicate" in ran.err) == (1, True)
    clustered.rest("up-0", "PATCH", f"/repos/{NAME}/issues/{UPLOADS[0]}", state="closed", state_reason="completed")
    assert triage("refit", NAME).code == 0
    assert triage("clusters", "set-canonical", NAME, UPLOAD_ID, str(UPLOADS[0])).code == 0
    assert listed(triage)[UPLOAD_ID]["canonical"] == UPLOADS[0]


@pytest.mark.usefixtures("clustered")
def test_a_secret_in_a_title_is_redacted(triage: Run) -> None:
    assert triage("clusters", "rename", NAME, UPLOAD_ID, "Mail to jane@example.org fails").code == 0
    assert "jane@" not in listed(triage)[UPLOAD_ID]["title"]


def test_before_the_first_refit_there_are_no_clusters(triage: Run, tracker: Played) -> None:
    storage = open_storage("sqlite:///triage.db")
    storage.save_repository(RepositoryRecord(7, "acme/empty"))
    storage.close()
    assert triage("clusters", "list", "acme/empty").out == "acme/empty: no clusters yet\n"
    assert told(triage("clusters", "list", "acme/empty", "--json")) == {"generation": None, "clusters": []}
    ran = triage("clusters", "rename", "acme/empty", "c1", "Uploads")
    assert (ran.code, "triage refit acme/empty" in ran.err) == (1, True)


@pytest.mark.usefixtures("clustered")
def test_it_is_said_where_a_newer_act_makes_an_older_one_void(triage: Run) -> None:
    assert triage("clusters", "pin", NAME, UPLOAD_ID, "1").code == 0
    assert triage("clusters", "pin", NAME, SEARCH_ID, "1").code == 0
    found = members(triage)
    assert 1 in found[SEARCH_ID]
    assert 1 not in found[UPLOAD_ID]
    assert told(triage("refit", NAME, "--json"))["changes"] == []
    assert 1 in members(triage)[SEARCH_ID]


@pytest.mark.usefixtures("clustered")
def test_a_narrow_terminal_still_has_the_titles(triage: Run) -> None:
    titles = [one["title"] for one in told(triage("clusters", "list", NAME, "--json"))["clusters"]]
    said = triage("clusters", "list", NAME).out
    assert "title" in said.splitlines()[0]
    assert all(title.split()[0] in said for title in titles)


@pytest.mark.usefixtures("clustered")
@pytest.mark.parametrize(("kind", "number"), [("pin", SEARCHES[0]), ("exclude", UPLOADS[1])])
def test_an_undo_puts_issues_back_where_they_were(triage: Run, kind: str, number: int) -> None:
    before = members(triage)
    assert triage("clusters", kind, NAME, UPLOAD_ID, str(number)).code == 0
    assert members(triage) != before
    assert triage("clusters", "undo", NAME).code == 0
    assert members(triage) == before
