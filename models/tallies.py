"""How many reports state each value of a fact, and how many came when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

SHORTEST_BUCKET = timedelta(hours=1)
BUCKETS = 30  # of a cluster's growth
BARS = "▁▂▃▄▅▆▇█"


def stated(facts: Iterable[Mapping[str, Iterable[str]]]) -> dict[str, Counter[str]]:
    """Fact → value → how many state it, the most frequent first; equals in order, so that ties come out the same."""
    found: dict[str, Counter[str]] = {}
    for one in facts:
        for name, values in one.items():
            found.setdefault(name, Counter()).update(sorted(values))
    return {
        name: Counter(dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))) for name, counts in found.items()
    }


def growth(
    moments: Sequence[datetime], until: datetime, buckets: int = BUCKETS, since: datetime | None = None
) -> tuple[int, ...]:
    """How many moments fall into each of equal spans, from `since` (otherwise the first moment) to `until`, each of an
    hour at least; moments before `since` count nowhere."""
    if not moments:
        return ()
    first = min(moments) if since is None else since
    span = max((max(until, *moments) - first) / buckets, SHORTEST_BUCKET)
    counts = Counter(min(int((moment - first) / span), buckets - 1) for moment in moments if moment >= first)
    return tuple(counts[at] for at in range(buckets))


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each count, a dot for none."""
    most = max(counts, default=0)
    return "".join(BARS[-(-count * len(BARS) // most) - 1] if count else "·" for count in counts)
