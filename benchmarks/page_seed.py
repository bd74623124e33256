"""A big repository for measuring pages: rows made up by a fixed seed and inserted as they are, nothing is embedded."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, Engine, Table, create_engine, insert, make_url, update

from bot.storage.cluster_tables import cluster_edits, cluster_members, clusters, generations, missed_duplicates, refits
from bot.storage.cluster_tables import waves as wave_rows
from bot.storage.issue_pages import searchable
from bot.storage.map_tables import maps, namings
from bot.storage.page_tables import issue_heads, last_decisions
from bot.storage.tables import decisions, deliveries, effects, feedback, issues, metadata, repositories
from models.issue_map import Channel, IssueMap, clusters_of

REPOSITORY = "bench/large"
REPOSITORY_ID = 990_001
CHUNK = 2_000
SUBJECTS = (
    "login",
    "usage",
    "balance",
    "upload",
    "build",
    "export",
    "terminal",
    "plan",
    "credit",
    "proxy",
    "session",
    "editor",
    "search",
    "cache",
    "index",
)
VERBS = (
    "fails",
    "hangs",
    "crashes",
    "crawls",
    "slow",
    "shows",
    "nothing",
    "loses",
    "data",
    "asks",
    "twice",
    "returns",
    "400",
    "ignores",
    "settings",
)
VERDICTS = ("new", "related", "duplicate", "ignored")
FACTS = {
    "status_code": ("400", "401", "403", "429", "500"),
    "os": ("linux", "macos", "windows"),
    "version": tuple(f"2.{minor}.{patch}" for minor in range(4) for patch in range(20)),
    "plan": ("free", "pro", "max 5x", "team"),
    "error_type": ("invalid_request_error", "overloaded_error", "econnreset"),
}
PROSE = "It worked before the update and stopped on the next day. " * 20


def seed(url: str, number_of_issues: int, number_of_clusters: int, now: datetime) -> None:
    """Fill an empty, migrated database with one repository."""
    parsed = make_url(url)
    driver = "sqlite" if parsed.drivername == "sqlite" else "postgresql+psycopg"
    engine = create_engine(parsed.set(drivername=driver))
    try:
        _fill(engine, number_of_issues, number_of_clusters, now)
    finally:
        engine.dispose()


def _fill(engine: Engine, number_of_issues: int, number_of_clusters: int, now: datetime) -> None:
    chance = random.Random(7)
    opened = [now - timedelta(minutes=6 * (number_of_issues - place)) for place in range(number_of_issues)]
    numbers = range(1, number_of_issues + 1)
    with engine.begin() as connection:
        row = {"id": REPOSITORY_ID, "full_name": REPOSITORY, "name_key": REPOSITORY, "state": "active", "change": 1}
        about = {"imported_at": now, "synced_at": now, "open_issues_seen": number_of_issues}
        connection.execute(insert(repositories).values(row | about))
        _put(connection, _issue_tables(chance, numbers, opened))
        _put(connection, _decision_tables(chance, numbers, opened))
        _put(connection, _deliveries(numbers, opened))
        _put(connection, _said(chance, number_of_issues, opened))
        _clusters(connection, chance, number_of_issues, number_of_clusters, opened, now)
        _nights(connection, now)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _put(connection: Connection, rows: Iterator[tuple[Table, dict[str, Any]]]) -> None:
    """Insert the rows of several tables, some thousands at a time."""
    while batch := list(islice(rows, CHUNK)):
        by_table: dict[Table, list[dict[str, Any]]] = {}
        for table, row in batch:
            by_table.setdefault(table, []).append(row | {"repository_id": REPOSITORY_ID})
        for table in metadata.sorted_tables:  # a row comes after the one that it names
            if table in by_table:
                connection.execute(insert(table), by_table[table])


def _issue_tables(
    chance: random.Random, numbers: Sequence[int], opened: Sequence[datetime]
) -> Iterator[tuple[Table, dict[str, Any]]]:
    for number in numbers:
        title = f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} in {chance.choice(SUBJECTS)} {chance.randrange(999)}"
        facts = {name: [chance.choice(values)] for name, values in FACTS.items() if chance.random() < 0.7}
        at = opened[number - 1]
        state = "open" if chance.random() < 0.4 else "closed"
        common = {"number": number, "state": state, "created_at": at, "updated_at": at + timedelta(hours=1)}
        words = searchable(title, {name: frozenset(values) for name, values in facts.items()})
        yield issue_heads, common | {"words": words}
        rest = {"title": title, "body": PROSE, "state_reason": None, "closed_at": None, "locked": False, "labels": []}
        who = {"author": f"user{number % 5000}", "author_is_bot": False, "is_pull_request": False, "reactions": 0}
        made = {"text": {"title": title, "prose": PROSE}, "text_hash": "h", "recipe": "1", "facts": facts}
        yield issues, common | rest | who | made


def _decision_tables(
    chance: random.Random, numbers: Sequence[int], opened: Sequence[datetime]
) -> Iterator[tuple[Table, dict[str, Any]]]:
    effect = 0
    for number in numbers:
        verdict = chance.choices(VERDICTS, (60, 15, 20, 5))[0]
        canonical = chance.randrange(1, number) if verdict in {"duplicate", "related"} and number > 1 else None
        probability = chance.random() if canonical else chance.random() * 0.3
        at = opened[number - 1] + timedelta(seconds=20)
        body = decision_body(number, verdict, canonical, probability)
        row = {"number": number, "decided_at": at, "verdict": verdict, "canonical": canonical}
        yield last_decisions, row | {"decision_id": number, "probability": probability}
        rest = {"id": number, "trigger": "delivery", "delivery_id": f"d{number}", "conclusion": f"c{number}"}
        yield decisions, row | rest | {"body": body, "milliseconds": 40.0}
        if canonical is not None:
            named = {"number": number, "decision_id": number, "decided_at": at, "verdict": verdict, "named": canonical}
            yield namings, named | {"probability": probability}
        for kind, value in (("comment", f"See #{canonical}"), ("add-label", "possible-duplicate")):
            if verdict == "duplicate":
                effect += 1
                done = {"id": effect, "decision_id": number, "number": number, "kind": kind, "value": value}
                yield effects, done | {"state": "done", "planned_at": at, "finished_at": at, "github_id": effect}


def decision_body(number: int, verdict: str, canonical: int | None, probability: float) -> Mapping[str, Any]:
    """A decision as data, with evidence for each of its links."""
    evidence = [
        {"name": "status_code", "agreement": "agree", "text": "same status code: `400`", "weight": 0.8},
        {"name": "title", "agreement": "agree", "text": "similar title", "weight": 0.5},
        {"name": "plan", "agreement": "differ", "text": "plan: `pro` here, `team` there", "weight": -0.4},
    ]
    named = [] if canonical is None else [canonical, max(1, canonical - 7), max(1, canonical - 19)]
    links = [{"number": one, "probability": probability, "similarity": 0.7, "evidence": evidence} for one in named]
    chosen = {"number": number, "verdict": verdict, "probability": probability, "canonical": canonical, "links": links}
    rest = {"cluster": None, "cluster_probability": 0.0, "cluster_margin": 0.0, "vetoes": []}
    return chosen | rest | {"model": "m", "confirmed": False}


def _deliveries(numbers: Sequence[int], opened: Sequence[datetime]) -> Iterator[tuple[Table, dict[str, Any]]]:
    for number in numbers:
        at = opened[number - 1]
        row = {"id": f"d{number}", "event": "issues", "action": "opened", "workflow": "triage_issue", "issue": number}
        told = {"received_at": at, "repository": REPOSITORY, "details": {}, "state": "done", "outcome": "new"}
        yield deliveries, row | told | {"finished_at": at}


def _said(
    chance: random.Random, number_of_issues: int, opened: Sequence[datetime]
) -> Iterator[tuple[Table, dict[str, Any]]]:
    for place in range(number_of_issues // 10):
        number = chance.randrange(2, number_of_issues)
        kind = chance.choice(("duplicate", "separated", "objection"))
        other = None if kind == "objection" else chance.randrange(1, number)
        said = {"said_at": opened[number] + timedelta(hours=2), "actor": f"user{place % 50}", "source": "comment"}
        yield feedback, {"number": number, "kind": kind, "other": other, "value": None, "key": f"k{place}"} | said
    for number in range(number_of_issues // 2, number_of_issues // 2 + min(1000, number_of_issues // 4)):
        at = opened[number]
        told = {"linked_at": at, "noticed_at": at, "cause": "scored below the threshold"}
        yield missed_duplicates, {"number": number, "other": number - 1} | told


def _clusters(
    connection: Connection,
    chance: random.Random,
    number_of_issues: int,
    number_of_clusters: int,
    opened: Sequence[datetime],
    now: datetime,
) -> None:
    made = {"repository_id": REPOSITORY_ID, "number": 1, "published_at": now, "origin": "nightly"}
    generation = connection.execute(insert(generations).values(made).returning(generations.c.id)).scalar_one()
    shares = list(accumulate(1 / (place + 20) for place in range(number_of_clusters)))
    order = chance.sample(range(1, number_of_issues + 1), number_of_issues)
    members = order[: number_of_issues * 6 // 10]
    cuts = [0, *(round(len(members) * share / shares[-1]) for share in shares)]

    def rows() -> Iterator[tuple[Table, dict[str, Any]]]:
        for place in range(number_of_clusters):
            own = sorted(members[cuts[place] : cuts[place + 1]])
            name = f"c{place:04}"
            title = f"{chance.choice(SUBJECTS)} {chance.choice(VERBS)} ({place})"
            row = {"generation_id": generation, "id": name, "position": place, "title": title, "slug": None}
            set_by = {"label": f"area: {place}" if place % 3 == 0 else None, "canonical": own[0] if own else None}
            held = {"held": "over-cap" if len(own) > 400 else None, "coherence": 0.7, "title_by": "machine"}
            yield clusters, row | set_by | held | {"parts": [], "terms": [chance.choice(SUBJECTS)]}
            for number in own:
                member = {"generation_id": generation, "cluster_id": name, "number": number}
                yield cluster_members, member | {"reported_at": opened[number - 1]}

    _put(connection, rows())
    owned = {f"c{place:04}": members[cuts[place] : cuts[place + 1]] for place in range(number_of_clusters)}
    _put(connection, _map(number_of_issues, owned, now))
    connection.execute(update(repositories).where(repositories.c.id == REPOSITORY_ID).values(generation_id=generation))


def _map(
    number_of_issues: int, members: Mapping[str, Sequence[int]], now: datetime
) -> Iterator[tuple[Table, dict[str, Any]]]:
    numbers = np.arange(1, number_of_issues + 1, dtype=np.uint32)
    places = np.random.default_rng(7).normal(size=(number_of_issues, 2)).astype(np.float32)
    ids, cluster = clusters_of(numbers.tolist(), members)
    codes = (numbers % len(SUBJECTS)).astype(np.uint8)
    channels = tuple(Channel(name, SUBJECTS, codes) for name in ("state", "reported", *FACTS))
    drawn = IssueMap(numbers, places, ids, cluster, channels)
    row = {"drawn_at": now, "generation": 1, "model_id": "m", "seconds": 60}
    yield maps, row | {"header": drawn.header(), "points": drawn.to_bytes()}


def _nights(connection: Connection, now: datetime) -> None:
    def rows() -> Iterator[tuple[Table, dict[str, Any]]]:
        for night in range(60):
            at = now - timedelta(days=60 - night)
            ended = {"started_at": at, "finished_at": at, "outcome": "published", "generation": night, "churn": 0.02}
            yield refits, ended | {"origin": "nightly", "reason": None, "figures": {"clusters": 2000}, "changes": []}
            edit = {"actor": "maria", "kind": "rename", "cluster_id": f"c{night:04}", "numbers": [], "value": "A title"}
            yield cluster_edits, edit | {"at": at, "stayed": []}
        for place in range(20):
            began = now - timedelta(hours=place)
            times = {"began_at": began, "noticed_at": began, "last_arrival_at": now, "ended_at": None}
            counts = {"reports": 30, "expected": 2.0, "peak_per_hour": 9, "last_number": 1, "probability": 1e-9}
            yield wave_rows, {"cluster_id": f"c{place:04}", "alarmed": True} | times | counts

    _put(connection, rows())
