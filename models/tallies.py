"""How many reports state each value of a fact, and how many came when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, count

SHORTEST_BUCKET = timedelta(hours=1)
BUCKETS = 30  # of a cluster's growth
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
SPANS = tuple(HOUR * hours for hours in (1, 2, 3, 6, 12, 24, 48))  # then a week, two, four, eight, …
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
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


def round_spans(first: datetime, until: datetime, most: int = BUCKETS) -> tuple[datetime, timedelta, int]:
    """Equal spans that hold both moments, as people count them: when the first begins (UTC), how long each is (whole
    hours, days or weeks), and how many, `most` at most."""
    for span in chain(SPANS, (WEEK * 2**doubled for doubled in count())):
        since = first - (first - MONDAY) % span
        spans = int((until - since) / span) + 1
        if spans <= most:
            return since, span, spans
    raise AssertionError


def sparkline(counts: Sequence[int]) -> str:
    """A bar for each count, a dot for none."""
    most = max(counts, default=0)
    return "".join(BARS[-(-count * len(BARS) // most) - 1] if count else "·" for count in counts)
