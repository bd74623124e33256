"""Whether a repository earned that the bot may close: people's words on what the bot had named, in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.activities.words import is_silent_close
from bot.case import root_of
from bot.closing import Right, standing
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import ADOPTED, DecisionRecord, FeedbackRecord
from models.forest import roots_of

JUDGING = frozenset({"objection", "separated", "duplicate"})


def closing_right(storage: Storage, repository_id: int) -> Right:
    """The repository's right to close, by every judged decision that it has."""
    duplicates = roots_of(storage.duplicates(repository_id))
    return standing(judgements(storage.judged(repository_id), storage.feedback(repository_id), duplicates))


def closing_sentence(storage: Storage, repository_id: int, config: RepoConfig) -> str:
    """How the repository stands with closing, in words."""
    if config.mode != "close":
        return f"the mode is {config.mode}: nothing is ever closed"
    return f"mode: close is {closing_right(storage, repository_id).sentence()}"


def judgements(
    decisions: Iterable[DecisionRecord], said: Sequence[FeedbackRecord], duplicates: Mapping[int, int]
) -> list[bool]:
    """Whether the bot was right, one for each issue that people judged, in the order in which they spoke last.

    `decisions`: verdicts *duplicate* that the bot spoke of, in their order. What it only repeats after a person is not
    its own, and of what it said before it forgot everything the objections are forgotten too; it was wrong where
    somebody objected, told the pair apart, or named another root. Who closed the issue as a duplicate and named none
    did not say that it was right.
    """
    own = {one.number: one for one in decisions if not one.body.get("confirmed") and one.trigger != ADOPTED}
    words: dict[int, list[FeedbackRecord]] = defaultdict(list)
    for word in said:
        if word.kind in JUDGING and not is_silent_close(word):
            for number in {word.number, *([word.other] if word.kind == "separated" and word.other else [])}:
                words[number].append(word)
    judged: list[tuple[datetime, int, bool]] = []
    for number, decision in own.items():
        right = _is_right(decision, words[number], duplicates)
        if right is not None:
            judged.append((max(word.said_at for word in words[number]), number, right))
    return [right for _, _, right in sorted(judged)]


def _is_right(decision: DecisionRecord, words: Sequence[FeedbackRecord], duplicates: Mapping[int, int]) -> bool | None:
    """None where nobody said whether it is."""
    number = decision.number
    named = {int(decision.body["canonical"]), root_of(int(decision.body["canonical"]), duplicates)}
    apart = {word.other if word.number == number else word.number for word in words if word.kind == "separated"}
    if named & apart or any(word.kind == "objection" for word in words):
        return False
    confirmed = {word.other for word in words if word.kind == "duplicate" and word.other is not None}
    roots = confirmed | {root_of(one, duplicates) for one in confirmed}
    return bool(named & roots) if confirmed else None
