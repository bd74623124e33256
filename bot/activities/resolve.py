"""Judge one issue, check its target against GitHub, plan the effects, and record the decision."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.activities.act import stands
from bot.activities.joining import find_place
from bot.activities.judge import Judgement, judge
from bot.activities.observe import observe_issue
from bot.activities.words import WITHHELD, is_paused
from bot.decision_data import to_data
from bot.effects import Standing, conclusion, plan
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import DecisionRecord, EffectRecord, RepositoryRecord
from models.decision import Decision, Effect, EffectKind, Verdict
from models.issue import Issue
from models.text import text_hash

LOOKS = 3  # times that a target may change under our eyes before the decision is left to its vetoes
POINTING = {Verdict.DUPLICATE, Verdict.REGRESSION}


@dataclass(frozen=True, slots=True)
class Reason:
    """What caused a decision: `trigger` is delivery, rerun, command or feedback (a person's word that asked for
    nothing); `asked` where a person named this very issue; `silent` where it is no reason to begin to speak."""

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
    previous = services.storage.last_decision(repository.id, number)
    concluded = conclusion(judgement.decision, config)
    rows = _standing_rows(services, repository.id, number, config)
    standing = _standing(rows, judgement, reason)
    effects = plan(judgement.decision, judgement.view, config, standing)
    effects = _permitted(
        effects, standing, judgement.case.issue, reason, deleted=_was_deleted(services, repository, number)
    )
    if _says_so_already(services, repository.id, number, rows, concluded):
        effects = tuple(effect for effect in effects if effect.kind is not EffectKind.COMMENT)
    model = f"{services.embedder.model_id} {judgement.scorer_id}"
    decision = replace(judgement.decision, effects=effects, model=model)
    return Resolution(judgement, decision, concluded, previous, (time.perf_counter() - started) * 1000)


def record(
    services: Services, repository: RepositoryRecord, resolution: Resolution, config: RepoConfig, reason: Reason
) -> tuple[int, Sequence[int]]:
    """Keep the decision and its planned effects in one transaction; returns their ids."""
    decision = resolution.decision
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
            to_data(decision) | {"text_hash": text_hash(resolution.judgement.case.text)},
            resolution.milliseconds,
        ),
        effects,
    )
    find_place(services, repository, config, decision, resolution.judgement.document)
    return kept


def _verified(services: Services, repository: RepositoryRecord, number: int, config: RepoConfig) -> Judgement:
    """Judged with its target as GitHub shows it at this moment (INV 3)."""
    judgement = judge(services, repository, number, config)
    for _ in range(LOOKS):
        target = judgement.decision.canonical
        if target is None or judgement.decision.verdict not in POINTING:
            break
        seen = judgement.case.history.issues[target]
        live = observe_issue(services, repository, target)
        if live is not None and (live.state, live.state_reason, live.locked) == (
            seen.state,
            seen.state_reason,
            seen.locked,
        ):
            break
        judgement = judge(services, repository, number, config)
    return judgement


def _standing_rows(services: Services, repository_id: int, number: int, config: RepoConfig) -> list[EffectRecord]:
    """The effects that made what stands on the issue (in shadow mode: what would stand), newest first."""
    rows = services.storage.effects(repository_id, number=number)
    return [row for row in rows if stands(row) or (config.mode == "shadow" and row.state == "shadow")]


def _says_so_already(
    services: Services, repository_id: int, number: int, rows: Sequence[EffectRecord], concluded: str
) -> bool:
    """Whether the comment that stands was written for this very conclusion: then it is not even edited (INV 23)."""
    comment = next((row for row in rows if row.kind == EffectKind.COMMENT.value), None)
    if comment is None:
        return False
    decisions = services.storage.decisions(repository_id, number=number)
    return any(one.id == comment.decision_id and one.conclusion == concluded for one in decisions)


def _permitted(
    effects: tuple[Effect, ...], standing: Standing, issue: Issue, reason: Reason, *, deleted: bool
) -> tuple[Effect, ...]:
    """The bot does not begin to speak on a closed issue, nor because people talk to each other; and where a person
    deleted what it said, it never speaks again, and its labels go."""
    if deleted:
        return tuple(effect for effect in effects if effect.kind is EffectKind.REMOVE_LABEL)
    begins = not standing.commented and (reason.silent or issue.state == "closed")
    return () if begins else effects


def _was_deleted(services: Services, repository: RepositoryRecord, number: int) -> bool:
    return any(one.kind == "comment-deleted" for one in services.storage.feedback(repository.id, number))


def _standing(rows: Sequence[EffectRecord], judgement: Judgement, reason: Reason) -> Standing:
    ours: dict[str, bool] = {}
    for row in reversed(rows):  # oldest first, so that the last one counts
        if row.kind != EffectKind.COMMENT.value:
            ours[row.value] = row.kind == EffectKind.ADD_LABEL.value
    return Standing(
        commented=any(row.kind == EffectKind.COMMENT.value for row in rows),
        ours=frozenset(name for name, added in ours.items() if added),
        live=frozenset(judgement.case.issue.labels),
        asked=reason.asked,
    )
