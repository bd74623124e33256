"""More for a seeded dashboard: a drawn map, refits with changes, judged decisions, waves, failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from bot.storage.look_records import MapRecord
from bot.storage.protocol import Storage
from bot.storage.records import ConfigRecord, MissedRecord, RefitRecord
from models.issue_map import IssueMap, channel, clusters_of
from tests.fakes.dashboard import CLUSTERS, ISSUES, NAME, SHOP, dashboard
from tests.fakes.stored import decision, delivery, effect, word
from webhooks.github_double.serving import listen

CHANGES = [
    {"kind": "born", "cluster": "c-dark", "joined": [3, 5], "left": [], "reason": "reports that agree", "others": []},
    {"kind": "retired", "cluster": "c-gone", "joined": [], "left": [8], "reason": "its reports left", "others": ["c9"]},
]
REASON = "31\u00a0% of the settled members would move, the limit is 20\u00a0% (limits.churn)"
WRONG = "line 2: `mod` is no key; did you mean `mode`?\nline 4: clusters must be a list"


@contextmanager
def served_with_a_past(folder: Path) -> Iterator[str]:
    """The address of a dashboard where there is much to look at."""
    with dashboard(folder) as (application, runtime), listen(application) as url:
        look_at(runtime.storage)
        yield url
        application.state.dashboard.ending.set()


def look_at(storage: Storage, now: datetime | None = None) -> None:
    """Fill what `tests.fakes.dashboard.seed` leaves empty."""
    now = now or datetime.now(UTC)
    storage.save_map(drawn(now))
    attempt = storage.start_refit(SHOP, "by hand", now - timedelta(hours=2))
    figures = {"clusters": 3, "seconds": 1.5, "megabytes": 12, "problems": ["#3 was pinned twice"]}
    started = now - timedelta(hours=2)
    storage.finish_refit(
        RefitRecord(attempt, SHOP, "by hand", started, now, "refused", REASON, None, 0.31, figures, CHANGES)
    )
    body = {"canonical": 4, "links": [], "probability": 0.9}
    effects = [
        effect(21, kind="add-label", value="possible-duplicate", state="shadow", planned_at=now),
        effect(21, state="failed", reason="the issue is locked", planned_at=now),
    ]
    storage.save_decision(decision(21, 4, decided_at=now - timedelta(days=2), body=body), effects)
    storage.save_feedback(word(21, "separated", 4, said_at=now - timedelta(days=1), actor="mia", source="reaction"))
    storage.save_missed([MissedRecord(SHOP, 22, 2, now - timedelta(days=3), now, "not retrieved")])
    storage.start_delivery(delivery("lost-1", repository=NAME, repository_id=SHOP, issue=9, received_at=now))
    storage.finish_delivery("lost-1", "failed", "set aside", "KeyError at models/text.py:9")
    text = "version: 1\nmode: shadow\nlimits: {links: 5}\n"
    storage.save_config(SHOP, ConfigRecord("e", now, text, WRONG, "repository", now - timedelta(hours=3)))


def drawn(now: datetime) -> MapRecord:
    """All issues but the newest two on a ring; odd numbers lie apart from even ones."""
    numbers = list(range(1, ISSUES - 1))
    angle = np.array(numbers) * 2.4
    places = np.stack([np.cos(angle) * 10 + (np.array(numbers) % 2) * 40, np.sin(angle) * 10], axis=1)
    ids, cluster = clusters_of(numbers, {one.id: one.members for one in CLUSTERS})
    state = channel("state", [frozenset({"open" if number % 3 else "closed"}) for number in numbers])
    assert state is not None
    made = IssueMap(np.array(numbers, dtype=np.uint32), places.astype(np.float32), ids, cluster, (state,))
    return MapRecord(SHOP, now, 1, "m", 2, made.header(), made.to_bytes())
