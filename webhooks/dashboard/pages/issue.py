"""One issue: what it states, what it was compared with and why, what was decided, what was or would be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.decision_data import from_data
from bot.storage.page_records import IssueRow
from bot.storage.protocol import Storage
from bot.storage.records import ADOPTED, DecisionRecord, DeliveryRecord, EffectRecord, FeedbackRecord, StoredIssue
from models.decision import Candidate, Decision
from models.issue import Issue
from webhooks.dashboard import words
from webhooks.dashboard.page import Asked, Page, PageMissing, Table

MOST = 50  # decisions, effects and deliveries that are shown


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact of the issue; `values` are empty where they are fingerprints, which tell a reader nothing."""

    name: str
    title: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Compared:
    """An issue that the decision names: in what the two match and differ, in generated words."""

    number: int
    probability: float
    title: str | None
    state: str | None
    is_canonical: bool
    matches: Sequence[str]
    differs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """One decision. `vetoes`: the rules that lowered the verdict; `probability` is None where it is forgotten."""

    id: int
    at: datetime
    verdict: str
    canonical: int | None
    probability: float | None
    cluster: str | None
    trigger: str
    vetoes: Sequence[str]
    model: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Written:
    """Something done on GitHub, to be done, or that would have been done."""

    at: datetime
    kind: str
    value: str
    state: str
    reason: str | None
    github_id: int | None


@dataclass(frozen=True, slots=True)
class Said:
    """A word of a person about the issue."""

    at: datetime
    actor: str
    source: str
    kind: str
    words: str
    other: int | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery about the issue."""

    id: str
    at: datetime
    event: str
    action: str | None
    state: str
    outcome: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class IssuePage:
    """The page. `comment`: the bot's comment as it stands or would stand, as Markdown."""

    number: int
    title: str
    state: str
    state_reason: str | None
    author: str
    created_at: datetime
    updated_at: datetime
    labels: Sequence[str]
    locked: bool
    is_pull_request: bool
    cluster: str | None
    cluster_title: str | None
    facts: Sequence[Stated]
    compared: Sequence[Compared]
    decisions: Sequence[Taken]
    written: Sequence[Written]
    comment: Written | None
    said: Sequence[Said]
    deliveries: Sequence[Delivered]
    is_paused: bool


def read(asked: Asked) -> IssuePage:
    """The model of the page."""
    storage, repository_id = asked.storage, asked.repository.id
    number = asked.number("number")
    stored = storage.issue(repository_id, number)
    if stored is None:
        raise PageMissing
    decided = storage.decisions(repository_id, number=number, limit=MOST)
    card = storage.issue_cards(repository_id, [number]).get(number)
    written = [_written(one) for one in storage.effects(repository_id, number=number, limit=MOST)]
    issue = stored.issue
    return IssuePage(
        number=number,
        title=issue.title,
        state=issue.state,
        state_reason=issue.state_reason,
        author=issue.author,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        labels=_labels(issue, written),
        locked=issue.locked,
        is_pull_request=issue.is_pull_request,
        cluster=card.cluster if card else None,
        cluster_title=card.cluster_title if card else None,
        facts=_facts(stored),
        compared=_compared(storage, repository_id, decided),
        decisions=_taken(decided),
        written=written,
        comment=next((one for one in written if one.kind == "comment"), None),
        said=[_said(one) for one in reversed(storage.feedback(repository_id, number))],
        deliveries=_deliveries(storage, repository_id, number),
        is_paused=repository_id in storage.pauses(repository_id),
    )


def _labels(issue: Issue, written: Sequence[Written]) -> list[str]:
    """As GitHub told of them last, with what the bot did to them since: of that no delivery is looked at."""
    labels = dict.fromkeys(issue.labels)
    for one in reversed(written):
        if one.state != "done" or one.at < issue.updated_at:
            continue
        if one.kind == "add-label":
            labels[one.value] = None
        elif one.kind == "remove-label":
            labels.pop(one.value, None)
    return list(labels)


def _facts(stored: StoredIssue) -> list[Stated]:
    return [
        Stated(
            name,
            words.fact(name),
            [] if name in words.UNTOLD else [words.value(name, value) for value in sorted(values)],
        )
        for name, values in sorted(stored.facts.items())
        if values
    ]


def _compared(storage: Storage, repository_id: int, decided: Sequence[DecisionRecord]) -> list[Compared]:
    decision = decision_of(decided[0]) if decided else None
    if decision is None:
        return []
    cards = storage.issue_cards(repository_id, [link.number for link in decision.links])
    return [compared(link, decision.canonical, cards.get(link.number)) for link in decision.links]


def compared(link: Candidate, canonical: int | None, card: IssueRow | None) -> Compared:
    """A candidate with its evidence in words, the weightiest first."""
    return Compared(
        link.number,
        link.probability,
        card.title if card else None,
        card.state if card else None,
        link.number == canonical,
        [one.text for one in link.matches],
        [one.text for one in link.differs],
    )


def decision_of(record: DecisionRecord) -> Decision | None:
    """The decision with its evidence; None where another version wrote it in words that this one does not know."""
    try:
        return from_data(record.body)
    except (KeyError, TypeError, ValueError):
        return None


def _taken(decided: Sequence[DecisionRecord]) -> list[Taken]:
    before = [*(one.conclusion for one in decided[1:]), None]
    return [_decision(one, changed=one.conclusion != earlier) for one, earlier in zip(decided, before, strict=False)]


def _decision(record: DecisionRecord, *, changed: bool) -> Taken:
    body = record.body
    return Taken(
        record.id or 0,
        record.decided_at,
        record.verdict,
        body.get("canonical"),
        None if record.trigger == ADOPTED else float(body.get("probability") or 0.0),
        body.get("cluster"),
        words.TRIGGERS.get(record.trigger, record.trigger),
        [words.veto(name) for name in body.get("vetoes", ())],
        str(body.get("model", "")),
        changed,
    )


def _written(record: EffectRecord) -> Written:
    at = record.finished_at or record.planned_at
    return Written(at, record.kind, record.value, record.state, record.reason, record.github_id)


def _said(record: FeedbackRecord) -> Said:
    told = words.SAID.get(record.kind, record.kind)
    return Said(record.said_at, record.actor, record.source, record.kind, told, record.other)


def _deliveries(storage: Storage, repository_id: int, number: int) -> list[Delivered]:
    rows: Sequence[DeliveryRecord] = storage.deliveries(repository_id=repository_id, issue=number, limit=MOST)
    return [
        Delivered(one.id, one.received_at, one.event, one.action, one.state, one.outcome, one.error) for one in rows
    ]


def _table(model: IssuePage) -> Table:
    rows = [
        (one.at, one.verdict, one.canonical, one.probability, one.cluster, one.trigger, "; ".join(one.vetoes))
        for one in model.decisions
    ]
    return Table(("decided at", "verdict", "canonical", "probability", "cluster", "because", "vetoes"), rows)


PAGE = Page("/issues/{number}", "Issue", "issue.html", read, table=_table)
