"""A dashboard over a real database with a repository that has everything in it, and a browser's view of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from bot.decision_data import to_data
from bot.storage.dashboard_records import ActRecord
from bot.storage.protocol import Storage
from bot.storage.records import (
    ConfigRecord,
    DeliveryRecord,
    MissedRecord,
    Provenance,
    RefitRecord,
    RepositoryRecord,
    WaveRecord,
)
from models.cluster import Cluster, Generation, Part, Wave
from models.curation import Edit
from models.decision import Agreement, Candidate, Decision, Evidence, Verdict
from tests.fakes.databases import opened
from tests.fakes.deliveries import client, settings
from tests.fakes.inbox import FakeRuntime
from tests.fakes.stored import decision, effect, stored_issue, stored_vectors, word
from webhooks.app import create_app

TOKEN = "a token printed at the start"
NAME = "acme/shop"
SHOP, OTHER = 4711, 4712
ISSUES = 60
CLUSTERS = (
    Cluster(
        "extra-usage-400",
        "Extra usage 400 despite balance",
        slug="extra-usage-400",
        label="billing: extra-usage-400",
        canonical=1,
        members=tuple(range(1, 25)),
        coherence=0.82,
        title_by="config",
        parts=(Part("plan", "max", tuple(range(1, 13))), Part("plan", "pro", tuple(range(13, 20)))),
        terms=("extra usage", "balance", "400"),
    ),
    Cluster(
        "c-dark",
        "Dark mode colours <unreadable>",
        canonical=30,
        members=(30, 31, 32, 33, 34),
        coherence=0.7,
        terms=("dark",),
    ),
    Cluster("c-mixed", "Sign-in loops", members=(40, 41, 42), coherence=0.3, held="incoherent"),
)


class DashboardRuntime(FakeRuntime):
    """A runtime whose storage is real; acts that are handed to its inbox are done at once, with this outcome."""

    def __init__(self, storage: Storage) -> None:
        super().__init__(scheduled_tasks=("refit_clusters", "poll_reactions", "recover_deliveries"))
        self.real = storage
        self.inbox = _Following(storage)

    @property
    def storage(self) -> Storage:
        return self.real


class _Following:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.kept: dict[str, DeliveryRecord] = {}

    async def accept(self, record: DeliveryRecord) -> bool:
        self.kept[record.id] = record
        self._storage.finish_act(record.details["act"], "done", f"{record.action} was done")
        return True


def seed(storage: Storage, now: datetime | None = None) -> None:
    """`acme/shop` with issues, clusters, a wave, decisions, effects, words and refits; `acme/secret` with none."""
    now = now or datetime.now(UTC)
    storage.save_repository(RepositoryRecord(SHOP, NAME, 7, imported_at=now - timedelta(days=3), open_issues_seen=50))
    storage.save_repository(RepositoryRecord(OTHER, "acme/secret", 7))
    storage.save_config(SHOP, ConfigRecord("e", now, "mode: comment\n", None))
    issues = [_issue(number, now) for number in range(1, ISSUES + 1)]
    storage.save_issues(SHOP, issues)
    storage.save_vectors(SHOP, [stored_vectors(row.issue.number, "m", row.text_hash) for row in issues[:-2]])
    _clusters(storage, now)
    _decisions(storage, now)
    _review(storage, now)
    storage.save_feedback(word(3, "duplicate", 1, said_at=now - timedelta(days=1)))
    storage.save_act(
        ActRecord(None, SHOP, now, "mia", "rename", "c-dark", None, {"value": "Dark"}, "done", "renamed", now)
    )


def _issue(number: int, now: datetime) -> Any:
    at = now - timedelta(hours=ISSUES - number)
    return stored_issue(
        number, title=f"Report {number}: extra usage <b>400</b>", created_at=at, updated_at=at, author="ann"
    )


def _clusters(storage: Storage, now: datetime) -> None:
    refit = storage.start_refit(SHOP, "nightly", now - timedelta(hours=9))
    done = RefitRecord(
        refit,
        SHOP,
        "nightly",
        now - timedelta(hours=9),
        now - timedelta(hours=9),
        "published",
        None,
        1,
        0.02,
        {"clusters": 3, "problems": ["#2 and #9 were told apart on 2026-03-01 (comment): not followed"]},
    )
    generation = Generation(1, now - timedelta(hours=9), CLUSTERS)
    storage.publish(SHOP, generation, Provenance("nightly", "m", "s"), done)
    wave = Wave(now - timedelta(hours=5), now - timedelta(hours=4), 17, 1.4, 6, now - timedelta(minutes=3), 1e-9)
    storage.start_wave(WaveRecord(None, SHOP, "extra-usage-400", wave, 24))


def _decisions(storage: Storage, now: datetime) -> None:
    for number in range(2, 20):
        at = now - timedelta(hours=ISSUES - number)
        canonical = 1 if number % 3 else None
        body = decided(number, canonical, 0.55 if number % 4 == 0 else 0.91)
        record = decision(number, canonical, decided_at=at, body=body)
        told = (
            f"**This looks like a report we already know** (#{canonical})\n\n| | |\n|---|---|\n| #1 | open · <b>x</b> |"
        )
        written = effect(number, value=told, planned_at=at, state="done", finished_at=at, github_id=900 + number)
        label = effect(number, kind="add-label", value="possible-duplicate", planned_at=at, state="shadow")
        storage.save_decision(record, [written, label])


def decided(number: int, canonical: int | None, probability: float) -> dict[str, Any]:
    """A decision as data, with evidence for and against its link."""
    evidence = (
        Evidence("status_code", Agreement.AGREE, "same status code: `400`", 0.8),
        Evidence("title", Agreement.AGREE, "similar title", 0.4),
        Evidence("plan", Agreement.DIFFER, "plan: `pro` here, `team` there", -0.6),
    )
    links = () if canonical is None else (Candidate(canonical, probability, 0.8, evidence),)
    verdict = Verdict.NEW if canonical is None else Verdict.DUPLICATE
    vetoes = ("below-threshold",) if canonical is None else ()
    return to_data(Decision(number, verdict, probability, canonical, links=links, vetoes=vetoes, model="m s"))


def _review(storage: Storage, now: datetime) -> None:
    storage.save_feedback(word(10, "objection", said_at=now - timedelta(hours=2), actor="rita", source="reaction"))
    storage.save_feedback(word(10, "separated", 1, said_at=now - timedelta(hours=2), actor="rita", source="reaction"))
    rows = [(50, 44, "not retrieved"), (51, 44, "vetoed: contradicting-fact")]
    at = now - timedelta(days=1)
    storage.save_missed([MissedRecord(SHOP, number, other, at, at, cause) for number, other, cause in rows])
    storage.save_edit(SHOP, Edit("rename", now - timedelta(days=2), "mia", "c-dark", value="Dark mode colours"))
    storage.save_edit(SHOP, Edit("pin", now - timedelta(days=1), "mia", "c-dark", (30, 31)))


@contextmanager
def dashboard(folder: Path, **changes: Any) -> Iterator[tuple[FastAPI, DashboardRuntime]]:
    """A seeded application; the local token is TOKEN."""
    with opened(folder, seed) as storage:
        runtime = DashboardRuntime(storage)
        yield create_app(settings(**changes), runtime=runtime, token=TOKEN), runtime


def browser(application: FastAPI) -> httpx.AsyncClient:
    """A client as a browser on this machine is: it asks for HTML and keeps cookies."""
    http = client(application)
    http.headers["accept"] = "text/html,*/*;q=0.8"
    return http


async def signed_in(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """The browser after it gave the local token."""
    answer = await http.post("/sign-in", data={"token": TOKEN})
    assert answer.status_code == 303, answer.text
    return http


def form_token(html: str) -> str:
    """What the page's forms carry."""
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found is not None
    return found[1]


async def do(http: httpx.AsyncClient, kind: str, back: str = f"/r/{NAME}/overview", **fields: Any) -> httpx.Response:
    """Post one act as the page's form would."""
    page = await http.get(f"/r/{NAME}/overview")
    data: dict[str, str | Sequence[str]] = {"form_token": form_token(page.text), "back": back, **fields}
    return await http.post(f"/r/{NAME}/do/{kind}", data=data)


def cookies_of_maintainer(url: str) -> list[Any]:
    """The cookies, as Playwright takes them, of who signed in with the token at the dashboard with this address."""
    with httpx.Client(base_url=url, trust_env=False) as http:
        http.post("/sign-in", data={"token": TOKEN})
        return [{"name": one.name, "value": one.value, "url": url} for one in http.cookies.jar]
