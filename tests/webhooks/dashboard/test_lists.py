"""Clusters, issues and the review queue as lists: filtered, sorted, paged, exported whole."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from bot.decision_data import to_data
from bot.storage.page_records import IssueQuery
from bot.storage.records import ADOPTED, DeliveryRecord
from models.decision import Decision, Verdict
from tests.fakes.dashboard import NAME, SHOP, DashboardRuntime, do
from tests.fakes.stored import decision, word
from webhooks.dashboard import lists
from webhooks.dashboard.every import PAGES
from webhooks.dashboard.pages import review
from webhooks.dashboard.pages.issues import searched
from webhooks.dashboard.pages.review import band_of

ROOT = f"/r/{NAME}"


async def data(http: httpx.AsyncClient, address: str) -> dict[str, object]:
    path, mark, query = address.partition("?")
    answer = await http.get(f"{ROOT}/{path}.json{mark}{query}")
    assert answer.status_code == 200
    return dict(answer.json())


async def rows(http: httpx.AsyncClient, address: str, name: str = "rows") -> list[dict[str, object]]:
    found = (await data(http, address))[name]
    assert isinstance(found, list)
    return found


async def test_clusters_are_sorted_and_filtered_by_the_address(maintainer: httpx.AsyncClient) -> None:
    ids = [row["id"] for row in await rows(maintainer, "clusters")]
    assert ids == ["extra-usage-400", "c-dark", "c-mixed"]
    assert [row["id"] for row in await rows(maintainer, "clusters?sort=size&order=asc")] == ids[::-1]
    assert [row["id"] for row in await rows(maintainer, "clusters?q=DARK+colours")] == ["c-dark"]
    assert [row["id"] for row in await rows(maintainer, "clusters?held=incoherent")] == ["c-mixed"]
    assert [row["id"] for row in await rows(maintainer, "clusters?label=yes")] == ["extra-usage-400"]
    (first, *_) = await rows(maintainer, "clusters")
    assert (first["reports"], first["is_rising"], sum(first["trend"])) == (24, True, 24)  # type: ignore[arg-type]


async def test_nonsense_in_the_address_is_as_if_it_was_not_there(maintainer: httpx.AsyncClient) -> None:
    for address in ("clusters?sort=;drop&held=x&page=-3&label=%00", "issues?verdict=%27&state=x&page=999999999999"):
        assert (await maintainer.get(f"{ROOT}/{address}")).status_code == 200


async def test_a_search_without_a_hit_says_what_to_do(maintainer: httpx.AsyncClient) -> None:
    for page in ("clusters", "issues"):
        assert "Take a filter away" in (await maintainer.get(f"{ROOT}/{page}?q=zebra")).text


async def test_issues_are_found_by_words_number_state_verdict_and_cluster(maintainer: httpx.AsyncClient) -> None:
    async def numbers(query: str) -> list[object]:
        return [row["number"] for row in await rows(maintainer, f"issues?{query}")]

    assert await numbers("q=%2312") == [12]
    assert await numbers("q=report+12") == [12]
    assert await numbers("q=12") == [12]
    assert len(await numbers("q=400")) == 60
    assert await numbers("cluster=c-mixed") == [42, 41, 40]
    assert await numbers("verdict=duplicate&cluster=extra-usage-400&q=report+2%3A") == [2]
    assert await numbers("state=closed") == []


async def test_a_page_has_fifty_issues_and_an_export_all(maintainer: httpx.AsyncClient) -> None:
    shown = (await maintainer.get(f"{ROOT}/issues")).text
    assert "1–50 of 60 issues" in shown
    following = re.search(r'rel="next" href="(\?[^"]+)"', shown)
    assert following is not None
    assert "51–60 of 60 issues" in (await maintainer.get(f"{ROOT}/issues{following[1].replace('&amp;', '&')}")).text
    exported = await maintainer.get(f"{ROOT}/issues.csv")
    table = list(csv.DictReader(io.StringIO(exported.text.removeprefix("\ufeff"))))
    assert len(table) == 60
    assert table[0]["number"] == "60"


async def test_titles_are_escaped_wherever_they_stand(maintainer: httpx.AsyncClient) -> None:
    for page in ("clusters", "clusters/c-dark", "clusters/extra-usage-400", "issues", "issues/4", "review?kind=near"):
        shown = (await maintainer.get(f"{ROOT}/{page}")).text
        assert "<b>400</b>" not in shown
        assert "<unreadable>" not in shown


async def test_a_cluster_tells_where_its_title_and_canonical_come_from(maintainer: httpx.AsyncClient) -> None:
    known = (await maintainer.get(f"{ROOT}/clusters/extra-usage-400")).text
    assert "title from the configuration" in known
    fact = (await rows(maintainer, "clusters/extra-usage-400", "facts"))[0]
    assert fact["values"] == [{"value": "400", "count": 24, "share": 1.0}]
    history = await rows(maintainer, "clusters/c-dark", "history")
    assert [one["words"] for one in history] == ["put #30 #31 in for good", "named it “Dark mode colours”"]


async def test_what_is_not_there_is_not_found(maintainer: httpx.AsyncClient) -> None:
    for page in ("clusters/nowhere", "issues/999", "issues/x", "clusters/%00"):
        assert (await maintainer.get(f"{ROOT}/{page}")).status_code == 404


async def test_an_issue_shows_its_evidence_and_the_comment_as_safe_html(maintainer: httpx.AsyncClient) -> None:
    shown = (await maintainer.get(f"{ROOT}/issues/4")).text
    assert "same status code: <code>400</code>" in shown
    assert "plan: <code>pro</code> here, <code>team</code> there" in shown
    assert "<strong>This looks like a report we already know</strong>" in shown
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    held = (await maintainer.get(f"{ROOT}/issues/3")).text
    assert "the score is under the threshold for a duplicate" in held


async def test_no_probability_is_shown_of_what_the_bot_said_before_it_forgot_everything(
    world: tuple[FastAPI, DashboardRuntime], maintainer: httpx.AsyncClient
) -> None:
    body = to_data(Decision(4, Verdict.DUPLICATE, canonical=1))
    said = decision(4, 1, repository_id=SHOP, trigger=ADOPTED, decided_at=datetime.now(UTC), body=body)
    world[1].storage.save_decision(said, [])
    shown = (await maintainer.get(f"{ROOT}/issues/4")).text
    assert "because the bot had said so before it was installed anew" in shown
    assert "with a probability of" not in shown


async def test_the_queue_begins_with_what_waits_and_counts_each_kind(
    world: tuple[FastAPI, DashboardRuntime], maintainer: httpx.AsyncClient
) -> None:
    found = await data(maintainer, "review")
    assert found["kind"] == "objection"
    assert found["counts"] == {"objection": 1, "missed": 2, "near": 8, "conflict": 1}
    (question,) = await rows(maintainer, "review", "questions")
    assert (question["number"], question["other"], question["why"]) == (
        10,
        1,
        "rita says that it is another problem",
    )
    world[1].storage.save_feedback(word(10, "separated", 1, source="dashboard", said_at=datetime.now(UTC)))
    assert (await data(maintainer, "review"))["kind"] == "missed"
    missed = await rows(maintainer, "review?kind=missed", "questions")
    assert "the other one was not among the candidates" in str([one["why"] for one in missed])
    assert "different values of a discriminating fact" in str([one["why"] for one in missed])


async def test_a_contradiction_links_to_the_issues_that_it_is_about(maintainer: httpx.AsyncClient) -> None:
    shown = (await maintainer.get(f"{ROOT}/review?kind=conflict")).text
    assert f'<a class="number" href="{ROOT}/issues/2">#2</a> and' in shown
    (conflict,) = await rows(maintainer, "review?kind=conflict", "conflicts")
    assert (conflict["number"], conflict["other"]) == (9, 2)
    assert (await do(maintainer, "dismiss", number="9", other="2")).status_code == 303
    assert await rows(maintainer, "review?kind=conflict", "conflicts") == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#12", ([], 12)),
        ("12", (["12"], 12)),
        ("login slow", (["login", "slow"], None)),
        ("", ([], None)),
        ("#", (["#"], None)),
        ("1" * 30, (["1" * 30], None)),
        ("#12 crash", (["#12", "crash"], None)),
    ],
)
def test_a_number_is_known_from_words(text: str, found: tuple[list[str], int | None]) -> None:
    assert searched(text) == found


@given(st.floats(0.01, 0.99))
def test_the_band_holds_the_threshold_and_stays_between_zero_and_one(threshold: float) -> None:
    low, high = band_of(threshold)
    assert 0 < low < threshold < high < 1


EXPORTS = (
    "issues",
    "issues?sort=updated&order=asc",
    "issues?sort=probability",
    "issues?q=report+1",
    "clusters",
    "clusters/extra-usage-400",
    "activity",
    "activity?view=people",
    "activity?view=failures",
    "review?kind=near",
    "review?kind=missed",
)


@pytest.mark.parametrize("address", EXPORTS)
@pytest.mark.parametrize("kind", ["csv", "json"])
async def test_an_export_that_is_read_in_parts_is_whole(
    world: tuple[FastAPI, DashboardRuntime],
    maintainer: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    kind: str,
) -> None:
    storage, at = world[1].storage, datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(1, 8):  # seven words of one moment, seven deliveries that failed
        storage.save_feedback(word(number, "reopened", said_at=at))
        storage.start_delivery(DeliveryRecord(f"d{number}", "issues", "opened", "triage_issue", at, NAME, SHOP, number))
        storage.finish_delivery(f"d{number}", "failed", "set aside", "a bug")
    path, mark, query = address.partition("?")
    asked = f"{ROOT}/{path}.{kind}{mark}{query}"
    whole = (await maintainer.get(asked)).text
    for size in (3, 1):
        monkeypatch.setattr(lists, "PART", size)
        monkeypatch.setattr(review, "PART", size)
        assert told(kind, (await maintainer.get(asked)).text) == told(kind, whole)


def told(kind: str, text: str) -> object:
    """The lists that a file holds."""
    if kind == "csv":
        return list(csv.reader(io.StringIO(text, newline="")))
    return {name: rows for name, rows in json.loads(text).items() if name in {one for p in PAGES for one in p.rows}}


async def test_an_export_has_a_page_of_the_list_in_memory_at_most(
    world: tuple[FastAPI, DashboardRuntime], maintainer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "PART", 7)
    sizes = []
    read = world[1].storage.find_issues

    def watched(repository_id: int, query: IssueQuery) -> Any:
        page = read(repository_id, query)
        sizes.append(len(page.rows))
        return page

    monkeypatch.setattr(world[1].storage, "find_issues", watched)
    assert len((await maintainer.get(f"{ROOT}/issues.csv")).text.splitlines()) == 61
    assert sizes == [7] * 8 + [4]
