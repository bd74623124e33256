"""In which of a repository's own facts a report is unlike what a known cluster is about (INV 10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from models.decision import Agreement
from models.document import Document
from models.facts import compare
from models.retrieval import IssueIndex

ABOUT = 0.8  # of the members that state a fact: so many state one value where the cluster is about it
MOST_MEMBERS = 200  # the newest, that are looked at


def unlike(document: Document, names: Iterable[str], members: Sequence[int], index: IssueIndex) -> frozenset[str]:
    """The facts for which nearly all members state one value and the report another; and those that no member states,
    for which the canonical issue speaks alone."""
    mine = {name: document.facts[name] for name in names if document.facts.get(name)}
    looked_at = sorted(members)[-MOST_MEMBERS:] if mine else []
    others = [index.document(number).facts for number in looked_at if number in index]
    return frozenset(
        name
        for name, values in mine.items()
        if _is_unlike(name, values, [stated for facts in others if (stated := facts.get(name))])
    )


def _is_unlike(name: str, mine: frozenset[str], stated: Sequence[frozenset[str]]) -> bool:
    if not stated:
        return True
    value, count = Counter(value for values in stated for value in values).most_common(1)[0]
    return count >= ABOUT * len(stated) and compare(name, mine, frozenset({value})) is Agreement.DIFFER
