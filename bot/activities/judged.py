"""What people said, as outcomes by which the bot's probabilities can be checked.

On what the bot had named: right and wrong alike, where it was shown before somebody spoke. By themselves: duplicates
that they named, each with the candidate that the bot would have named. Of those nobody told all the pairs that they
looked at and refused, so that `models.recalibration` takes them as a ceiling only.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import datetime

from bot.activities.judge import POOL
from bot.activities.people import groups_of
from bot.case import root_of
from bot.quality import is_right, words_by_issue
from bot.services import Services
from bot.storage.records import ADOPTED, DecisionRecord, FeedbackRecord
from models.decision import EffectKind
from models.forest import roots_of
from models.issue import Issue
from models.recalibration import Judged
from models.retrieval import IssueIndex

LINKED = 200  # duplicates of the history, the newest
DECISIONS = 20_000  # the newest of a repository that are looked at
NEVER, CERTAIN = 1e-6, 1 - 1e-6  # probabilities between which log-odds are taken
JUDGING = frozenset({"separated", "duplicate", "objection"})


def judged_decisions(services: Services, repository_id: int) -> dict[int, Judged]:
    """Each issue on whose decision somebody spoke, by the scorer that ships and the model in force."""
    index = services.indexes.index(repository_id)
    duplicates = roots_of(services.storage.duplicates(repository_id))
    said = services.storage.feedback(repository_id)
    words = words_by_issue(word for word in said if word.kind in JUDGING)
    decisions = _decisions(services, repository_id)
    ours = _closed_by_us(services, repository_id, said)
    found = {}
    for row in services.storage.issues(repository_id, sorted(decisions)):
        number, own = row.issue.number, words.get(row.issue.number, ())
        closed_at = None if number in ours else _closed_at(row.issue)
        named = _named_before(decisions[number], _spoken_at(own, closed_at))
        if named is None or named == number or number not in index or named not in index:
            continue
        right = is_right(number, named, own, duplicates, closed_as_duplicate=closed_at is not None)
        logit = None if right is None else _log_odds(services, index, number, named)
        if right is not None and logit is not None:
            found[number] = Judged(logit, right, root_of(named, duplicates))
    return found


def linked_duplicates(services: Services, repository_id: int, but: Container[int] = ()) -> list[Judged]:
    """The newest duplicates that people named, without those in `but`: each with the first candidate of the scorer that
    ships, where people linked that one too. Of any other candidate nobody said what it is."""
    index = services.indexes.index(repository_id)
    groups = groups_of(services.storage.feedback(repository_id))
    linked = sorted(one for one, group in groups.items() if group < one and one in index and one not in but)
    found = []
    for number in linked[-LINKED:]:
        document = index.document(number)
        ranked = services.scorer.scores(document, index, index.retrieve(document, limit=POOL, before=number))
        named, probability = ranked[0] if ranked else (0, 0.0)
        if probability and named in groups:
            found.append(Judged(_logit(probability), groups[named] == groups[number], groups[number]))
    return found


def _decisions(services: Services, repository_id: int) -> Mapping[int, list[DecisionRecord]]:
    decisions: dict[int, list[DecisionRecord]] = defaultdict(list)
    for one in services.storage.decisions(repository_id, limit=DECISIONS):
        if one.trigger == ADOPTED:
            continue  # the objections to what was said before everything was forgotten are forgotten too
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
    return _logit(probability) if probability else None


def _logit(probability: float) -> float:
    bounded = min(max(probability, NEVER), CERTAIN)
    return math.log(bounded / (1 - bounded))
