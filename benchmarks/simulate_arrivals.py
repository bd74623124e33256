"""A long stream of issues out of a short file: the same reports about other things, retold a little."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.issue import Issue
from models.labelled import Labelled

SAMPLE = Path(__file__).parent.parent / "bot" / "sample" / "issues.jsonl"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
EVERY = timedelta(minutes=14)  # about a hundred a day
SPAN = 12  # editions that arrive at the same time
COMMON = 0.1  # share of the issues; words in more of them are not about one cause
LEFT_OUT = 0.2  # share of the sentences that a retelling leaves out

_WORD = re.compile(r"[A-Za-z]{4,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def stream(items: Sequence[Labelled], count: int, seed: int) -> list[Labelled]:
    """`count` issues numbered from 1 in the order of arrival: the last of the file's own, or editions of it.

    An edition exchanges the telling words among each other throughout the file, so that each cluster, and each issue
    that is alone, becomes a cause of its own; a retelling leaves sentences out. Editions overlap in time, so clusters
    begin, rise and end all along.
    """
    if len(items) >= count:
        return [_numbered(item, at) for at, item in enumerate(items[-count:])]
    words = _telling(items)
    arrivals = []
    for edition in range(-(-count // len(items))):
        chance = random.Random(f"{seed}/{edition}")
        other = dict(zip(words, chance.sample(words, len(words)), strict=True)) if edition else {}
        for at, item in enumerate(items):
            when = edition + SPAN * at / len(items) + chance.random()
            arrivals.append((when, edition, at, _retold(item, other, edition, chance)))
    arrivals.sort(key=lambda arrival: arrival[:3])
    return [_numbered(item, at) for at, (_, _, _, item) in enumerate(arrivals[:count])]


def _telling(items: Sequence[Labelled]) -> list[str]:
    texts = [{word.casefold() for word in _WORD.findall(f"{one.issue.title} {one.issue.body}")} for one in items]
    counts = Counter(word for text in texts for word in text)
    return sorted(word for word, count in counts.items() if count <= COMMON * len(items))


def _retold(item: Labelled, other: dict[str, str], edition: int, chance: random.Random) -> Labelled:
    title = _WORD.sub(lambda found: _exchanged(found[0], other), item.issue.title)
    sentences = _SENTENCE.split(_WORD.sub(lambda found: _exchanged(found[0], other), item.issue.body))
    kept = [one for one in sentences if not edition or chance.random() >= LEFT_OUT] or sentences[:1]
    cause = f"{item.gold_cluster}@{edition}" if item.gold_cluster else None
    issue = replace(item.issue, title=title, body=" ".join(kept))
    return replace(item, issue=issue, gold_cluster=cause, duplicate_of=None)


def _exchanged(word: str, other: dict[str, str]) -> str:
    found = other.get(word.casefold(), word)
    return found.capitalize() if word[0].isupper() and found != word else found


def _numbered(item: Labelled, at: int) -> Labelled:
    when = FIRST + at * EVERY
    issue: Issue = replace(item.issue, number=at + 1, created_at=when, updated_at=when)
    return replace(item, issue=issue)
