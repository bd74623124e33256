"""A cluster's canonical issue as a page shows it, and why it is that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.storage.page_records import IssueRow, MemberRow
from bot.storage.protocol import Storage
from bot.storage.records import EditRecord
from models.canonical import CanonicalChoice, Standing, choose_canonical
from models.cluster import Cluster
from models.issue import Issue
from models.text import has_little_information

NOT_YET = "none was chosen yet, and the next refit chooses one"
SET_IN_CONFIGURATION = "set in the configuration"
READ_MOST = 25  # texts that are read to find one that says enough
CHOSEN = "chosen when the clusters were made"


@dataclass(frozen=True, slots=True)
class Canonical:
    """`why`: what decided. `instead`: the issue that the policy would choose now, where that is another one."""

    number: int | None
    title: str | None = None
    state: str | None = None
    why: str = ""
    is_set: bool = False
    instead: int | None = None
    instead_why: str = ""


def canonical_of(
    storage: Storage, repository_id: int, cluster: Cluster, rows: Sequence[MemberRow], edits: Sequence[EditRecord]
) -> Canonical:
    """By the written policy of `models.canonical`, over the members that were read."""
    issues = {row.issue.number: row.issue for row in rows}
    cards = storage.issue_cards(repository_id, [*issues, *_more(cluster)])
    known = cards.get(cluster.canonical or 0)
    setter = _setter(cluster, edits)
    choice = _choice(storage, repository_id, _roots(cards), issues)
    if cluster.canonical is None:
        return Canonical(None, why=choice.reason if choice.number is None else NOT_YET)
    shown = Canonical(cluster.canonical, known.title if known else None, known.state if known else None)
    if setter is not None:
        return Canonical(shown.number, shown.title, shown.state, setter, is_set=True)
    if choice.number == cluster.canonical:
        return Canonical(shown.number, shown.title, shown.state, choice.reason)
    return Canonical(shown.number, shown.title, shown.state, CHOSEN, False, choice.number, choice.reason)


def _more(cluster: Cluster) -> tuple[int, ...]:
    return () if cluster.canonical is None else (cluster.canonical,)


def _setter(cluster: Cluster, edits: Sequence[EditRecord]) -> str | None:
    """Who set it, where it was set."""
    own = [one for one in edits if one.edit.kind == "canonical" and one.undone_by is None]
    last = own[-1].edit if own else None
    if last is not None and last.numbers == (cluster.canonical,):
        return f"set by {last.actor} on {last.at.day} {last.at:%b %Y}"
    return SET_IN_CONFIGURATION if cluster.slug is not None and cluster.canonical is not None else None


def _roots(cards: Mapping[int, IssueRow]) -> dict[int, int]:
    """Each member → the end of its chain of duplicates, as far as it was read."""
    points = {
        number: card.canonical
        for number, card in cards.items()
        if card.verdict == "duplicate" and card.canonical is not None
    }
    return {number: _end(number, points) for number in cards}


def _end(number: int, points: Mapping[int, int]) -> int:
    seen = set()
    while number in points and number not in seen:
        seen.add(number)
        number = points[number]
    return number


def _choice(
    storage: Storage, repository_id: int, roots: Mapping[int, int], issues: Mapping[int, Issue]
) -> CanonicalChoice:
    """As the policy chooses; a text is read only of who would be chosen, to see whether it says enough (INV 11)."""
    unfit: set[int] = set()
    while True:
        choice = choose_canonical(roots, issues, Standing(unfit=unfit))
        stored = storage.issue(repository_id, choice.number) if choice.number is not None else None
        if stored is None or len(unfit) == READ_MOST or not has_little_information(stored.text):
            return choice
        unfit.add(stored.issue.number)
