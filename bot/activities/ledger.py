"""The ledger of the day: pairs that people linked and the bot had not named, each with the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.activities.judge import POOL, RELATED_AT_LEAST
from bot.services import Services
from bot.storage.records import DecisionRecord, FeedbackRecord, MissedRecord, RepositoryRecord
from models.forest import roots_of
from models.retrieval import IssueIndex

UNSEEN = "arrived unseen"
NOT_THERE = "the issue that people linked is not in the index"
NOT_RETRIEVED = "not retrieved"
BELOW = "scored below the threshold"
VETOED = "vetoed: "
OTHERS = "others were nearer"


def close_ledger(services: Services, repository: RepositoryRecord) -> Sequence[MissedRecord]:
    """Add what people linked since the ledger was closed last; returns what is new in it. Safe to repeat."""
    known = {(one.number, one.other) for one in services.storage.missed(repository.id, limit=2**31 - 1)}
    roots = roots_of(services.storage.duplicates(repository.id))
    index = services.indexes.index(repository.id)
    since = _watching_since(services, repository)
    found = []
    for word in _links(services.storage.feedback(repository.id)):
        other, number = sorted((word.number, word.other or 0))  # what could be named was the earlier one (INV 2)
        if (number, other) in known or word.said_at < since:
            continue
        decision = _decision_before(services, repository.id, number, word.said_at)
        if decision is not None and _named(decision, other, roots):
            continue
        cause = _cause(services, index, number, other, decision)
        found.append(MissedRecord(repository.id, number, other, word.said_at, services.clock(), cause))
    services.storage.save_missed(found)
    return found


def _watching_since(services: Services, repository: RepositoryRecord) -> datetime:
    """When the bot began here: what people linked before that, it could not have named."""
    attempts = services.storage.refits(repository.id, limit=2**31 - 1)
    return min((one.started_at for one in attempts), default=services.clock())


def _links(said: Sequence[FeedbackRecord]) -> list[FeedbackRecord]:
    """The last word on each pair that people linked and did not part again."""
    last = {
        frozenset((word.number, word.other)): word
        for word in said
        if word.other is not None and word.other != word.number and word.kind in {"duplicate", "separated"}
    }
    return [word for word in last.values() if word.kind == "duplicate"]


def _decision_before(services: Services, repository_id: int, number: int, linked_at: datetime) -> DecisionRecord | None:
    """What the bot had concluded when the pair was linked."""
    decided = services.storage.decisions(repository_id, number=number)
    return next((one for one in decided if one.decided_at <= linked_at), None)


def _named(decision: DecisionRecord, other: int, roots: Mapping[int, int]) -> bool:
    """Whether the comment named the issue, or the one that it is a duplicate of."""
    links = [link["number"] for link in decision.body.get("links", ())]
    named = {number for number in (decision.body.get("canonical"), *links) if number is not None}
    root = roots.get(other, other)
    return other in named or any(roots.get(number, number) == root for number in named)


def _cause(services: Services, index: IssueIndex, number: int, other: int, decision: DecisionRecord | None) -> str:
    if decision is None:
        return UNSEEN
    if number not in index or other not in index:
        return NOT_THERE
    document = index.document(number)
    if other not in index.retrieve(document, limit=POOL, before=number):
        return NOT_RETRIEVED
    ((_, probability),) = services.scorer.scores(document, index, [other])
    if probability < max(services.scorer.thresholds["related"], RELATED_AT_LEAST):
        return BELOW
    vetoes = decision.body.get("vetoes", ())
    return f"{VETOED}{', '.join(vetoes)}" if vetoes else OTHERS
