"""People's words on what the bot had named, as judged decisions by which its probabilities can be checked.

Only what the bot showed before somebody spoke counts, right and wrong alike: a pair that people linked by themselves
tells what the bot missed (see the ledger), but nobody told beside it all the pairs that they looked at and refused.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.case import root_of
from bot.quality import is_right, words_by_issue
from bot.services import Services
from bot.storage.records import DecisionRecord, FeedbackRecord
from models.decision import EffectKind
from models.issue import Issue
from models.recalibration import Judged
from models.retrieval import IssueIndex

DECISIONS = 20_000  # the newest of a repository that are looked at
NEVER, CERTAIN = 1e-6, 1 - 1e-6  # probabilities between which log-odds are taken
JUDGING = frozenset({"separated", "duplicate", "objection"})


def judged_decisions(services: Services, repository_id: int) -> list[Judged]:
    """One for each issue on whose decision somebody spoke, by the scorer that ships and the model in force."""
    index = services.indexes.index(repository_id)
    duplicates = services.storage.duplicates(repository_id)
    said = services.storage.feedback(repository_id)
    words = words_by_issue(word for word in said if word.kind in JUDGING)
    decisions = _decisions(services, repository_id)
    ours = _closed_by_us(services, repository_id, said)
    found = []
    for row in services.storage.issues(repository_id, sorted(decisions)):
        number, own = row.issue.number, words.get(row.issue.number, ())
        closed_at = None if number in ours else _closed_at(row.issue)
        named = _named_before(decisions[number], _spoken_at(own, closed_at))
        if named is None or named == number or number not in index or named not in index:
            continue
        right = is_right(number, named, own, duplicates, closed_as_duplicate=closed_at is not None)
        logit = None if right is None else _log_odds(services, index, number, named)
        if right is not None and logit is not None:
            found.append(Judged(logit, right, root_of(named, duplicates)))
    return found


def _decisions(services: Services, repository_id: int) -> Mapping[int, list[DecisionRecord]]:
    decisions: dict[int, list[DecisionRecord]] = defaultdict(list)
    for one in services.storage.decisions(repository_id, limit=DECISIONS):
        decisions[one.number].append(one)
    return decisions


def _closed_by_us(services: Services, repository_id: int, said: Sequence[FeedbackRecord]) -> set[int]:
    """The issues that the bot closed and nobody opened since: that is its own word, and judges nothing."""
    rows = services.storage.effects(repository_id, kind=EffectKind.CLOSE.value, state="done", limit=DECISIONS)
    return {row.number for row in rows} - {word.number for word in said if word.kind == "reopened"}


def _closed_at(issue: Issue) -> datetime | None:
    """When it was closed as a duplicate."""
    return issue.closed_at if issue.state_reason == "duplicate" else None


def _spoken_at(said: Sequence[FeedbackRecord], closed_at: datetime | None) -> datetime | None:
    """When somebody first spoke: a word, or the closing as a duplicate."""
    return min([*(word.said_at for word in said), *([closed_at] if closed_at else [])], default=None)


def _named_before(decisions: Sequence[DecisionRecord], moment: datetime | None) -> int | None:
    """What the bot named first in its last decision before that moment; `decisions` are newest first."""
    if moment is None:
        return None
    before = next((one.body for one in decisions if one.decided_at <= moment), {})
    links = [link["number"] for link in before.get("links", ())]
    return next(iter([*([before["canonical"]] if before.get("canonical") else []), *links]), None)


def _log_odds(services: Services, index: IssueIndex, number: int, named: int) -> float | None:
    """Of the pair, the later one asking; None where its text denies it, whatever the features say."""
    first, second = max(number, named), min(number, named)
    ((_, probability),) = services.scorer.scores(index.document(first), index, [second])
    bounded = min(max(probability, NEVER), CERTAIN)
    return math.log(bounded / (1 - bounded)) if probability else None
