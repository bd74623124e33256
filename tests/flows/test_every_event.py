"""Every delivery that the App listens to, as GitHub sends it, to what is to be seen of it in storage and on GitHub."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from bot.storage.protocol import Storage
from bot.storage.records import RepositoryRecord
from models.issue import Issue
from tests.fakes.live import Live, lived
from tests.fakes.played import CANONICAL, Report
from tests.fakes.small_world import BODY, CLUSTER_LABEL, LABEL
from webhooks.routing import ALWAYS_SENT, ROUTES

UNLIKE = "The window stays dark after the laptop slept."
_installations = itertools.count(700)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with lived(tmp_path_factory.mktemp("events") / "triage.db") as live:
        yield live


@pytest.fixture
def live(works: Live, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Live:
    """A repository, and an installation, of the test's own; `boss` has a say there."""
    monkeypatch.setattr("bot.inbox.PAUSES", {})
    works.name = "acme/" + request.node.callspec.id.replace("_", "-").replace(".", "-")
    works.github.add_repository(works.name, collaborators={"boss": "write"}, installation_id=next(_installations))
    return works


# --- what is there, and what happens


def storage(live: Live) -> Storage:
    found: Storage = live.runtime.storage
    return found


def record(live: Live) -> RepositoryRecord:
    found = storage(live).repository(live.name)
    assert found is not None
    return found


def held(live: Live, number: int) -> Issue:
    found = storage(live).issue(record(live).id, number)
    assert found is not None
    return found.issue


def words(live: Live, number: int) -> list[str]:
    return [one.kind for one in storage(live).feedback(record(live).id, number)]


def signed(answer: Any) -> Report:
    """A delivery as the double signed it."""
    return Report(0, answer["body"].encode(), answer["headers"])


def changed(live: Live, number: int, **fields: Any) -> None:
    live.github.rest("boss", "PATCH", f"/repos/{live.name}/issues/{number}", **fields)


async def happened(live: Live, number: int, action: str, **about: Any) -> str | None:
    return await live.told(live.webhook("issues", action, issue=number, sender="boss", **about))


def own_comment(live: Live, number: int) -> str:
    return str(live.own(number)["body"])


async def silent(live: Live, number: int, action: str) -> None:
    """Nothing is written for what only has to be known."""
    before = live.github.writes(live.name)
    assert await happened(live, number, action) == "observed"
    assert live.github.writes(live.name) == before


# --- issues


async def issue_opened(live: Live) -> None:
    number = await live.answered()
    last = storage(live).last_decision(record(live).id, number)
    assert last is not None
    assert (last.verdict, last.body["canonical"]) == ("duplicate", CANONICAL)
    assert f"#{CANONICAL}" in own_comment(live, number)
    assert live.labels(number) == {LABEL, CLUSTER_LABEL}


async def issue_edited(live: Live) -> None:
    number = await live.answered()
    changed(live, number, title="Dark window", body=UNLIKE)
    assert await happened(live, number, "edited", changes={"body": {"from": BODY}}) == "new"
    assert held(live, number).title == "Dark window"
    assert live.labels(number) == set()
    assert len(live.github.comments(number, live.name)) == 1
    assert f"#{CANONICAL}" not in own_comment(live, number)


async def issue_closed(live: Live) -> None:
    number = await live.answered()
    changed(live, number, state="closed", state_reason="completed")
    await silent(live, number, "closed")
    assert (held(live, number).state, held(live, number).state_reason) == ("closed", "completed")


async def issue_reopened(live: Live) -> None:
    number = await live.answered()
    changed(live, number, state="closed")
    changed(live, number, state="open")
    assert await happened(live, number, "reopened") == "related"
    assert words(live, number) == ["reopened"]
    assert LABEL not in live.labels(number)


async def issue_labeled(live: Live) -> None:
    number = await live.answered()
    live.github.rest("boss", "POST", f"/repos/{live.name}/issues/{number}/labels", labels=["severe"])
    before = live.github.writes(live.name)
    assert await happened(live, number, "labeled", label="severe") == "observed"
    assert "severe" in held(live, number).labels
    assert live.github.writes(live.name) == before


async def issue_unlabeled(live: Live) -> None:
    number = await live.answered()
    live.github.rest("boss", "DELETE", f"/repos/{live.name}/issues/{number}/labels/{LABEL}")
    assert await happened(live, number, "unlabeled", label=LABEL) == "observed"
    assert words(live, number) == ["label-removed"]
    assert LABEL not in held(live, number).labels
    assert live.labels(number) == {CLUSTER_LABEL}


async def issue_locked(live: Live) -> None:
    number = await live.answered()
    live.github.rest("boss", "PUT", f"/repos/{live.name}/issues/{number}/lock")
    await silent(live, number, "locked")
    assert held(live, number).locked


async def issue_unlocked(live: Live) -> None:
    await issue_locked(live)
    number = CANONICAL + 2
    live.github.rest("boss", "DELETE", f"/repos/{live.name}/issues/{number}/lock")
    await silent(live, number, "unlocked")
    assert not held(live, number).locked


async def issue_pinned(live: Live) -> None:
    await silent(live, await live.answered(), "pinned")


async def issue_unpinned(live: Live) -> None:
    await silent(live, await live.answered(), "unpinned")


async def issue_transferred(live: Live) -> None:
    number = await live.answered()
    live.github.do("POST", "/repositories", full_name=f"{live.name}-two", installation_id=next(_installations))
    answer = live.github.do(
        "POST", f"/repositories/{live.name}/issues/{number}/transfer", to=f"{live.name}-two", deliver=False
    )
    assert await live.told(signed(answer)) == "gone"
    assert storage(live).issue(record(live).id, number) is None


async def issue_deleted(live: Live) -> None:
    """The canonical one goes: its duplicates are looked at once more (INV 6)."""
    number = await live.answered()
    second = await live.answered()
    answer = live.github.do("DELETE", f"/repositories/{live.name}/issues/{CANONICAL}?deliver=false")
    assert await live.told(signed(answer)) == "gone"
    assert storage(live).issue(record(live).id, CANONICAL) is None
    await live.until(lambda: f"#{CANONICAL}" not in own_comment(live, second))
    await live.until(lambda: storage(live).duplicates(record(live).id) == {second: number})


# --- comments


async def comment_created(live: Live) -> None:
    number = await live.answered()
    outcome, comment = await live.says(number, "/triage different", "reporter")
    assert outcome in {"new", "related"}
    assert "objection" in words(live, number)
    assert [content for _, content in live.github.reactions(comment, live.name)] == ["+1"]
    assert live.labels(number) == set()


async def comment_edited(live: Live) -> None:
    number = await live.answered()
    comment = live.github.comment(number, "Hm.", "boss", live.name)
    live.github.rest(
        "boss", "PATCH", f"/repos/{live.name}/issues/comments/{comment}", body=f"/triage duplicate of #{CANONICAL}"
    )
    told = live.webhook("issue_comment", "edited", issue=number, comment=comment, sender="boss")
    assert await live.told(told) == "duplicate"
    assert live.labels(number) == {"duplicate", CLUSTER_LABEL}


async def comment_deleted(live: Live) -> None:
    number = await live.answered()
    own = live.own(number)["id"]
    told = live.webhook("issue_comment", "deleted", issue=number, comment=own, sender="boss")
    live.github.rest("boss", "DELETE", f"/repos/{live.name}/issues/comments/{own}")
    assert await live.told(told) == "new"
    assert "comment-deleted" in words(live, number)
    assert live.github.comments(number, live.name) == []
    assert live.labels(number) == set()


# --- installations


async def imported(live: Live, report: Report) -> None:
    assert await live.told(report) == "importing 1 repositories"
    await live.until(lambda: (found := storage(live).repository(live.name)) is not None and found.imported_at)
    assert storage(live).issue_count(record(live).id) == CANONICAL + 1
    assert live.github.writes(live.name) == []


async def installation_created(live: Live) -> None:
    await imported(live, live.webhook("installation", "created"))


async def installation_accepted(live: Live) -> None:
    await imported(live, live.webhook("installation", "new_permissions_accepted"))


async def repositories_added(live: Live) -> None:
    await imported(live, live.webhook("installation_repositories", "added", repositories=[live.name]))


async def suspension(live: Live, *, value: bool) -> str | None:
    key = record(live).installation_id
    answer = live.github.do("PATCH", f"/installations/{key}", suspended=value, deliver=False)
    (event,) = answer["events"]
    return await live.told(signed(event))


async def installation_suspended(live: Live) -> None:
    await live.answered()
    assert await suspension(live, value=True) == "suspended 1 repositories"
    assert record(live).state == "suspended"
    before = live.github.writes(live.name)
    assert "suspended" in str(await live.told(live.github.report(name=live.name)))
    assert live.github.writes(live.name) == before


async def installation_unsuspended(live: Live) -> None:
    await installation_suspended(live)
    assert await suspension(live, value=False) == "active 1 repositories"
    number = CANONICAL + 3  # reported during the suspension
    await live.until(lambda: live.labels(number) == {LABEL, CLUSTER_LABEL})


async def is_forgotten(live: Live, report: Report) -> None:
    """Every row, that of the delivery too where it names only this repository."""
    identity = record(live).id
    await live.posted(report)
    await live.until(lambda: storage(live).repository_by_id(identity) is None)
    await live.until(lambda: storage(live).issue_count(identity) == 0)
    assert storage(live).decisions(identity) == []


async def installation_deleted(live: Live) -> None:
    await live.answered()
    key = record(live).installation_id
    await is_forgotten(live, signed(live.github.do("DELETE", f"/installations/{key}?deliver=false")))


async def repositories_removed(live: Live) -> None:
    await live.answered()
    await is_forgotten(live, signed(no_longer_covered(live)))


def no_longer_covered(live: Live) -> Any:
    """The repository is taken out of its installation, which stays; what GitHub tells of it."""
    path = f"/installations/{record(live).installation_id}"
    (event,) = live.github.do("PATCH", path, remove=[live.name], deliver=False)["events"]
    return event


# --- repositories


async def moved(live: Live, name: str) -> None:
    identity = record(live).id
    answer = live.github.do("PATCH", f"/repositories/{live.name}", full_name=name, deliver=False)
    (event,) = answer["events"]
    assert await live.told(signed(event)) == f"now {name}"
    live.name = name
    assert record(live).id == identity
    number = await live.answered()
    assert f"#{CANONICAL}" in own_comment(live, number)


async def repository_renamed(live: Live) -> None:
    await live.answered()
    await moved(live, f"{live.name}-renamed")


async def repository_transferred(live: Live) -> None:
    await live.answered()
    await moved(live, f"globex/{live.name.partition('/')[2]}")


async def archived(live: Live, *, value: bool) -> str | None:
    answer = live.github.do("PATCH", f"/repositories/{live.name}", archived=value, deliver=False)
    (event,) = answer["events"]
    return await live.told(signed(event))


async def repository_archived(live: Live) -> None:
    await live.answered()
    assert await archived(live, value=True) == "the repository is archived"
    assert record(live).state == "archived"


async def repository_unarchived(live: Live) -> None:
    await repository_archived(live)
    assert await archived(live, value=False) == f"now {live.name}"
    assert record(live).state == "active"
    await live.answered()


async def repository_deleted(live: Live) -> None:
    await live.answered()
    told = live.webhook("repository", "deleted")
    no_longer_covered(live)
    await is_forgotten(live, told)


EVENTS: dict[tuple[str, str], Callable[[Live], Awaitable[None]]] = {
    ("issues", "opened"): issue_opened,
    ("issues", "edited"): issue_edited,
    ("issues", "closed"): issue_closed,
    ("issues", "reopened"): issue_reopened,
    ("issues", "labeled"): issue_labeled,
    ("issues", "unlabeled"): issue_unlabeled,
    ("issues", "locked"): issue_locked,
    ("issues", "unlocked"): issue_unlocked,
    ("issues", "pinned"): issue_pinned,
    ("issues", "unpinned"): issue_unpinned,
    ("issues", "transferred"): issue_transferred,
    ("issues", "deleted"): issue_deleted,
    ("issue_comment", "created"): comment_created,
    ("issue_comment", "edited"): comment_edited,
    ("issue_comment", "deleted"): comment_deleted,
    ("installation", "created"): installation_created,
    ("installation", "new_permissions_accepted"): installation_accepted,
    ("installation", "suspend"): installation_suspended,
    ("installation", "unsuspend"): installation_unsuspended,
    ("installation", "deleted"): installation_deleted,
    ("installation_repositories", "added"): repositories_added,
    ("installation_repositories", "removed"): repositories_removed,
    ("repository", "renamed"): repository_renamed,
    ("repository", "transferred"): repository_transferred,
    ("repository", "archived"): repository_archived,
    ("repository", "unarchived"): repository_unarchived,
    ("repository", "deleted"): repository_deleted,
}


def test_there_is_a_row_for_every_event_that_starts_something() -> None:
    assert set(EVENTS) == set(ROUTES)
    assert {event for event, _ in EVENTS} >= ALWAYS_SENT


@pytest.mark.parametrize("row", EVENTS, ids=".".join)
async def test_what_github_tells_is_seen_in_storage_and_on_github(live: Live, row: tuple[str, str]) -> None:
    await EVENTS[row](live)
