"""What can be told of a cluster from its members: variants of each fact, first and last seen, growth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.activities.view import version_key
from bot.services import Services
from bot.storage.records import StoredIssue
from models.cluster import Cluster

BUCKETS = 30  # of the growth
BARS = "▁▂▃▄▅▆▇█"
VALUES_SHOWN = 6  # of each fact, the most frequent first
SHORTEST_BUCKET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Portrait:
    """A cluster in numbers. `variants`: fact → its values with how many members state each, the most frequent first.

    `growth`: reports in each of equal spans from the first report to `until`.
    """

    cluster: Cluster
    reports: int
    open: int
    first_seen: datetime | None
    last_seen: datetime | None
    variants: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    versions: tuple[str, ...]
    platforms: tuple[tuple[str, int], ...]
    growth: tuple[int, ...]


def portrait(services: Services, repository_id: int, cluster: Cluster, until: datetime) -> Portrait:
    """Read the members and count; a member whose issue is not stored counts for nothing."""
    rows = list(services.storage.issues(repository_id, cluster.members))
    moments = sorted(row.issue.created_at for row in rows)
    variants = _variants(rows)
    versions = {value for name, counts in variants.items() if name == "version" for value in counts}
    shown = sorted((name, counts) for name, counts in variants.items() if name not in {"version", "os"})
    return Portrait(
        cluster=cluster,
        reports=len(rows),
        open=sum(row.issue.state == "open" for row in rows),
        first_seen=moments[0] if moments else None,
        last_seen=moments[-1] if moments else None,
        variants=tuple((name, tuple(counts.most_common(VALUES_SHOWN))) for name, counts in shown),
        versions=tuple(sorted(versions, key=version_key)),
        platforms=tuple(variants.get("os", Counter()).most_common()),
        growth=growth(moments, until),
    )


def growth(moments: Sequence[datetime], until: datetime, buckets: int = BUCKETS) -> tuple[int, ...]:
    """How many moments fall into each of equal spans, from the first moment to `until`, each of an hour at least."""
    if not moments:
        return ()
    first = min(moments)
    span = max((max(until, *moments) - first) / buckets, SHORTEST_BUCKET)
    counts = Counter(min(int((moment - first) / span), buckets - 1) for moment in moments)
    return tuple(counts[at] for at in range(buckets))


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each count, a dot for none."""
    most = max(counts, default=0)
    return "".join(BARS[-(-count * len(BARS) // most) - 1] if count else "·" for count in counts)


def _variants(rows: Sequence[StoredIssue]) -> dict[str, Counter[str]]:
    """Fact → value → members that state it; values in order, so that ties come out the same every time."""
    found: dict[str, Counter[str]] = {}
    for row in rows:
        for name, values in row.facts.items():
            found.setdefault(name, Counter()).update(sorted(values))
    return {
        name: Counter(dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))) for name, counts in found.items()
    }
