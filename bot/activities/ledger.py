"""The ledger of the day: pairs that people linked and the bot had not named, each with the cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.activities.judge import POOL, thresholds
from bot.services import Services
from bot.storage.records import DecisionRecord, FeedbackRecord, MissedRecord, RepositoryRecord
from bot.vetoes import (
    DENIED_BY_AUTHOR,
    SEPARATED_BY_PERSON,
    SILENCING,
    TARGET_IS_A_DUPLICATE,
    TARGET_IS_REPORT,
    TARGET_SAYS_LITTLE,
)
from models.decision import Verdict
from models.forest import roots_of
from models.text import has_little_information, looks_like_security_report

UNSEEN = "arrived unseen"
NOT_THERE = "the issue that people linked is not in the index"
NOT_RETRIEVED = "not retrieved"
BELOW = "scored below the threshold"
VETOED = "vetoed: "
OTHERS = "others were nearer"
UNCOMPARED = frozenset({Verdict.IGNORED.value, Verdict.SECURITY.value})


def close_ledger(services: Services, repository: RepositoryRecord) -> Sequence[MissedRecord]:
    """Add what people linked since the ledger was closed last, and take out what they took back; returns what is new in
    it. Safe to repeat."""
    known = {(one.number, one.other) for one in services.storage.missed(repository.id, limit=2**31 - 1)}
    roots = roots_of(services.storage.duplicates(repository.id))
    since = _watching_since(services, repository)
    links = _links(services.storage.feedback(repository.id))
    services.storage.drop_missed(repository.id, known - {_pair(word) for word in links})
    found = []
    for word in links:
        number, other = _pair(word)
        if (number, other) in known or word.said_at < since:
            continue
        decision = _decision_before(services, repository.id, number, word.said_at)
        if decision is not None and _named(decision, other, roots):
            continue
        cause = _cause(services, repository.id, number, other, decision)
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


def _pair(word: FeedbackRecord) -> tuple[int, int]:
    """The later issue first: what could be named was the earlier one (INV 2)."""
    other, number = sorted((word.number, word.other or 0))
    return number, other


def _decision_before(services: Services, repository_id: int, number: int, linked_at: datetime) -> DecisionRecord | None:
    """What the bot had concluded when the pair was linked."""
    decided = services.storage.decisions(repository_id, number=number)
    return next((one for one in decided if one.decided_at <= linked_at), None)


def _told(decision: DecisionRecord) -> set[int]:
    """The issues that the comment named."""
    links = [link["number"] for link in decision.body.get("links", ())]
    return {number for number in (decision.body.get("canonical"), *links) if number is not None}


def _named(decision: DecisionRecord, other: int, roots: Mapping[int, int]) -> bool:
    """Whether the comment named the issue, or the one that it is a duplicate of."""
    named = _told(decision)
    root = roots.get(other, other)
    return other in named or any(roots.get(number, number) == root for number in named)


def _cause(services: Services, repository_id: int, number: int, other: int, decision: DecisionRecord | None) -> str:
    if decision is None:
        return UNSEEN
    vetoes = decision.body.get("vetoes", ())
    if decision.verdict in UNCOMPARED:
        return f"{VETOED}{', '.join(vetoes)}"
    index = services.indexes.index(repository_id)
    if number not in index or other not in index:
        return NOT_THERE
    document = index.document(number)
    if other not in index.retrieve(document, limit=POOL, before=number):
        return NOT_RETRIEVED
    rules = [name for name in vetoes if name in SILENCING or _forbids(services, repository_id, number, other, name)]
    if rules:
        return f"{VETOED}{', '.join(rules)}"
    scorer, _ = services.scorer_for(repository_id)
    ((_, probability),) = scorer.scores(document, index, [other])
    below = probability < thresholds(scorer).related
    return BELOW if below or not _told(decision) else OTHERS  # who named nobody, its text may have been another one


def _forbids(services: Services, repository_id: int, number: int, other: int, name: str) -> bool:
    """Whether a rule that held something back in the issue's decision spoke of the other one, not of another candidate.
    A word that told the two apart is gone where they are linked now: others' words alone tell otherwise."""
    if name == SEPARATED_BY_PERSON:
        said = services.storage.feedback(repository_id)
        apart = [{word.number, word.other} for word in said if word.kind == "separated"]
        return {number, other} in apart or not any(number in one for one in apart)
    later, earlier = (services.storage.issue(repository_id, one) for one in (number, other))
    if later is None or earlier is None:
        return False
    rules = {
        DENIED_BY_AUTHOR: other in later.text.denies,
        TARGET_IS_A_DUPLICATE: earlier.issue.state == "closed" and earlier.issue.state_reason == "duplicate",
        TARGET_SAYS_LITTLE: has_little_information(earlier.text),
        TARGET_IS_REPORT: looks_like_security_report(earlier.text),
    }
    return rules.get(name, False)
