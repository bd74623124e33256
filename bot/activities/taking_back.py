"""What the bot takes back on issues that it otherwise leaves alone, and which of those it has to look at again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bot.activities.refused import refusal_of
from bot.activities.standing import claim, standing_rows
from bot.activities.upkeep import named_in, told_apart
from bot.activities.words import is_paused, why_silent
from bot.case import History
from bot.repo_config import RepoConfig
from bot.rules import ignored
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord
from bot.vetoes import IGNORED_LOCKED, OBJECTION, SEPARATED_BY_PERSON
from models.decision import Decision, Verdict


def taken_back(decision: Decision, past: History, claimed: DecisionRecord | None) -> Decision:
    """An issue that is none of the bot's business (any more) is left alone; but what its comment claims goes where a
    person objected to it, or told the issue apart from one that it names (INV 8, 17). `claimed`: see `claim`."""
    if decision.verdict is not Verdict.IGNORED or claimed is None:
        return decision
    if past.objected:
        return replace(decision, verdict=Verdict.NEW, vetoes=(*decision.vetoes, OBJECTION))
    if named_in(claimed.body).isdisjoint(past.separated):
        return decision
    return replace(decision, verdict=Verdict.NEW, vetoes=(*decision.vetoes, SEPARATED_BY_PERSON))


def unheard(
    storage: Storage, repository_id: int, config: RepoConfig, now: datetime, among: Collection[int] | None = None
) -> list[DecisionRecord]:
    """The last decisions on the issues (all, or those `among` them) whose comments still claim something, while the bot
    left the issue alone and need not do so any more, or could not take back there what it had to: the bot was silent
    here and is no more. And those of which GitHub refused something, as their time comes."""
    found = storage.left_alone(repository_id, among)
    if not found:
        return []
    speaks = why_silent(config.mode, is_paused=is_paused(storage.pauses(repository_id), repository_id)) is None
    said = storage.feedback(repository_id)
    apart = told_apart(said)
    objected = {word.number for word in said if word.kind == "objection"}
    issues = {row.issue.number: row.issue for row in storage.issues(repository_id, [one.number for one in found])}
    wanted = []
    for last in found:
        issue, number = issues.get(last.number), last.number
        refused = refusal_of(storage, last) if speaks else None
        if refused is not None and refused.is_due(now):
            wanted.append(last)
            continue
        is_disputed = number in objected or number in apart
        if issue is None or (not is_disputed and ignored(issue, config) is not None):
            continue  # as nearly all that are closed: nothing is to be looked up for them
        claimed = claim(storage, repository_id, number, standing_rows(storage, repository_id, number, config))
        if claimed is None:
            continue
        was_left = last.verdict == Verdict.IGNORED.value or (speaks and _was_withheld(storage, last))
        if ignored(issue, config) is None:
            again = was_left or IGNORED_LOCKED in last.body.get("vetoes", ())
        else:
            again = was_left and (number in objected or not named_in(claimed.body).isdisjoint(apart.get(number, ())))
        if again:
            wanted.append(last)
    return wanted


def _was_withheld(storage: Storage, last: DecisionRecord) -> bool:
    """Whether what the decision had to change was only recorded, because the bot wrote nothing here then."""
    return bool(storage.effects(last.repository_id, decision_id=last.id, state="shadow", limit=1))
