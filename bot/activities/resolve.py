"""Judge one issue, check its target against GitHub, plan the effects, and record the decision."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.activities.joining import find_place
from bot.activities.judge import Judgement, judge
from bot.activities.leading import follow_canonicals
from bot.activities.observe import observe_issue
from bot.activities.promise import promised
from bot.activities.standing import claim, comment_row, our_labels, removed_labels, spoken_decision, standing_rows
from bot.activities.taking_back import taken_back
from bot.activities.upkeep import mark_of
from bot.activities.words import WITHHELD, is_paused
from bot.canonical_comment import unfolded
from bot.decision_data import to_data
from bot.effects import Standing, conclusion, plan
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import DecisionRecord, EffectRecord, FeedbackRecord, RepositoryRecord
from bot.vetoes import COMMENT_DELETED, NOT_FIRST_NOW
from models.decision import Decision, Effect, EffectKind, Verdict
from models.issue import Issue
from models.text import text_hash
from models.versions import fixed_in

LOOKS = 3  # times that a target may change under our eyes before the decision is left to its vetoes
POINTING = {Verdict.DUPLICATE, Verdict.REGRESSION}


@dataclass(frozen=True, slots=True)
class Reason:
    """What caused a decision: `trigger` is delivery, rerun, command, feedback (a person's word that asked for nothing),
    follow (what its comment says is no longer so) or close;
    `asked` where a person named this very issue; `silent` where it is no reason to begin to speak."""

    trigger: str
    delivery_id: str | None = None
    asked: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decision with its effects, and the one that it follows."""

    judgement: Judgement
    decision: Decision
    conclusion: str
    previous: DecisionRecord | None
    milliseconds: float

    @property
    def changed(self) -> bool:
        """Whether it concludes otherwise than the last decision."""
        return self.previous is None or self.previous.conclusion != self.conclusion


def resolve(
    services: Services, repository: RepositoryRecord, number: int, config: RepoConfig, reason: Reason
) -> Resolution:
    """The decision and its effects; nothing is recorded yet and nothing is written to GitHub."""
    started = time.perf_counter()
    judgement = _verified(services, repository, number, config)
    config = judgement.case.config  # with what people set on its clusters
    previous = services.storage.last_decision(repository.id, number)
    rows = standing_rows(services.storage, repository.id, number, config)
    spoken = spoken_decision(services.storage, repository.id, number, rows)
    decision = promised(services, repository.id, config, judgement, spoken)
    decision = taken_back(decision, judgement.case.history, claim(services.storage, repository.id, number, rows))
    concluded = conclusion(decision, config, judgement.view)
    words = services.storage.feedback(repository.id, number)
    standing = _standing(rows, words, judgement, reason)
    planned = plan(decision, judgement.view, config, standing)
    deleted = any(word.kind == "comment-deleted" for word in words)
    effects = _permitted(planned, standing, judgement.case.issue, reason, deleted=deleted)
    if effects != planned:
        decision = replace(decision, vetoes=(*decision.vetoes, COMMENT_DELETED if deleted else NOT_FIRST_NOW))
    if spoken is not None and spoken.conclusion == concluded:  # the comment says so already: no edit (INV 23)
        effects = tuple(effect for effect in effects if effect.kind is not EffectKind.COMMENT)
    model = f"{services.embedder.model_id} {judgement.scorer_id}"
    decision = replace(decision, effects=effects, model=model)
    return Resolution(judgement, decision, concluded, previous, (time.perf_counter() - started) * 1000)


def record(
    services: Services, repository: RepositoryRecord, resolution: Resolution, config: RepoConfig, reason: Reason
) -> tuple[int, Sequence[int]]:
    """Keep the decision and its planned effects in one transaction; returns their ids."""
    decision = resolution.decision
    body = to_data(decision) | {"text_hash": text_hash(resolution.judgement.case.text)}
    at = services.clock()
    paused = is_paused(services.storage.pauses(repository.id), repository.id)
    state = "shadow" if paused or config.mode == "shadow" else "planned"
    blank = EffectRecord(
        None, 0, repository.id, decision.number, "", "", state, at, reason=WITHHELD if paused else None
    )
    effects = [replace(blank, kind=effect.kind.value, value=effect.value) for effect in decision.effects]
    kept = services.storage.save_decision(
        DecisionRecord(
            None,
            repository.id,
            decision.number,
            at,
            reason.trigger,
            reason.delivery_id,
            decision.verdict.value,
            resolution.conclusion,
            body | {"told": mark_of(services.storage, repository.id, config, decision.number, body)},
            resolution.milliseconds,
        ),
        effects,
    )
    left = _homes(services, repository.id, decision.number)
    find_place(services, repository, config, decision, resolution.judgement.document)
    led = services.storage.clusters_led_by(repository.id, decision.number)  # it may be a duplicate by now
    homes = left | _homes(services, repository.id, decision.number)
    follow_canonicals(services, repository, config, led, beside=homes)
    return kept


def _homes(services: Services, repository_id: int, number: int) -> set[str]:
    return {one.id for one in services.storage.clusters_in_force(repository_id, holding=[number])}


def _verified(services: Services, repository: RepositoryRecord, number: int, config: RepoConfig) -> Judgement:
    """Judged with its target as GitHub shows it at this moment (INV 3)."""
    judgement = judge(services, repository, number, config)
    for _ in range(LOOKS):
        target = judgement.decision.canonical
        if target is None or judgement.decision.verdict not in POINTING:
            break
        seen = judgement.case.history.issues[target]
        live = observe_issue(services, repository, target)
        if live is not None and _weight(live) == _weight(seen):
            break
        judgement = judge(services, repository, number, config)
    return judgement


def _weight(issue: Issue) -> tuple[str | bool | None, ...]:
    """What of a target bears on the verdict: its state (INV 3), and its words (INV 10)."""
    return issue.state, issue.state_reason, issue.locked, fixed_in(issue), issue.title, issue.body


def _permitted(
    effects: tuple[Effect, ...], standing: Standing, issue: Issue, reason: Reason, *, deleted: bool
) -> tuple[Effect, ...]:
    """The bot does not begin to speak on a closed issue, nor because people talk to each other; and where a person
    deleted what it said, it never speaks again, and its labels go."""
    if deleted:
        return tuple(effect for effect in effects if effect.kind is EffectKind.REMOVE_LABEL)
    begins = not standing.commented and (reason.silent or issue.state == "closed")
    return () if begins else effects


def _standing(
    rows: Sequence[EffectRecord], words: Sequence[FeedbackRecord], judgement: Judgement, reason: Reason
) -> Standing:
    comment = comment_row(rows)
    said, block = unfolded(comment.value) if comment is not None else (None, None)
    return Standing(
        commented=said is not None,
        ours=our_labels(rows),
        live=frozenset(judgement.case.issue.labels),
        removed=removed_labels(rows, words),
        asked=reason.asked,
        closed_by_us=judgement.case.history.closed_by_us,
        block=block,
    )
