"""What can be told of a cluster from its members: variants of each fact, first and last seen, growth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.activities.view import version_key
from bot.services import Services
from models.cluster import Cluster
from models.fingerprint import words_of
from models.tallies import growth, stated

VALUES_SHOWN = 6  # of each fact, the most frequent first


@dataclass(frozen=True, slots=True)
class Portrait:
    """A cluster in numbers.

    `variants`: fact → its values with how many members state each, the most frequent first. `words`: the fingerprint of
    an error message → the message. `growth`: reports in each of equal spans from the first report to `until`.
    """

    cluster: Cluster
    reports: int
    open: int
    first_seen: datetime | None
    last_seen: datetime | None
    variants: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    versions: tuple[str, ...]
    platforms: tuple[tuple[str, int], ...]
    words: Mapping[str, str]
    growth: tuple[int, ...]


def portrait(services: Services, repository_id: int, cluster: Cluster, until: datetime) -> Portrait:
    """Read the members and count; a member whose issue is not stored counts for nothing."""
    rows = list(services.storage.issues(repository_id, cluster.members))
    moments = sorted(row.issue.created_at for row in rows)
    variants = stated(row.facts for row in rows)
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
        words=words_of(row.text for row in rows),
        growth=growth(moments, until),
    )
