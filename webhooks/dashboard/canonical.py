"""A cluster's canonical issue as a page shows it, and why it is that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.storage.page_records import IssueRow, MemberRow
from bot.storage.protocol import Storage
from models.canonical import CanonicalChoice, Standing, choose_canonical
from models.cluster import Cluster
from models.issue import Issue
from models.text import has_little_information
from webhooks.dashboard.standing import in_force

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


def canonical_of(storage: Storage, repository_id: int, cluster: Cluster, rows: Sequence[MemberRow]) -> Canonical:
    """By the written policy of `models.canonical`, over the members that were read."""
    issues = {row.issue.number: row.issue for row in rows}
    cards = storage.issue_cards(repository_id, [*issues, *_more(cluster)])
    known = cards.get(cluster.canonical or 0)
    setter = _setter(storage, repository_id, cluster)
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


def _setter(storage: Storage, repository_id: int, cluster: Cluster) -> str | None:
    """Who set it, where it was set: a person's act comes before the configuration."""
    from bot.activities.overridden import configured_for, set_by_people  # noqa: PLC0415 - the receiver starts without it
    from bot.activities.people import holding  # noqa: PLC0415 - as above

    number, config = cluster.canonical, in_force(storage.config(repository_id))
    by_people = set_by_people(storage, repository_id, config, cluster)
    if by_people is None:
        return SET_IN_CONFIGURATION if number is not None and number == configured_for(cluster, config) else None
    if by_people != number:
        return None
    acts = [act.edit for act in holding(storage.edits(repository_id))]  # one on a cluster merged into this counts here
    last = [act for act in acts if act.kind == "canonical" and act.numbers == (number,)][-1]
    return f"set by {last.actor} on {last.at.day} {last.at:%b %Y}"


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
    said = [one.other for one in storage.feedback(repository_id) if one.kind == "duplicate" and one.other is not None]
    confirmed = {roots.get(number, number) for number in said}
    unfit: set[int] = set()
    while True:
        choice = choose_canonical(roots, issues, Standing(confirmed=confirmed, unfit=unfit))
        stored = storage.issue(repository_id, choice.number) if choice.number is not None else None
        if stored is None or len(unfit) == READ_MOST or not has_little_information(stored.text):
            return choice
        unfit.add(stored.issue.number)
