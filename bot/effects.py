"""Decision → what to do on GitHub, in order: the comment first, then labels one by one (INV 24, 25). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass

from bot.comment import CommentView, render, withdrawn
from bot.policy import WAVE_BUDGET
from bot.repo_config import RepoConfig
from models.decision import Decision, Effect, EffectKind, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """What the bot has on the issue by now: whether it commented, the labels it set, and those that are there live.

    `asked`: a person asked for this very issue to be decided again, so a label that a person removed may return.
    """

    commented: bool = False
    ours: frozenset[str] = frozenset()
    live: frozenset[str] = frozenset()
    asked: bool = False


def plan(decision: Decision, view: CommentView, config: RepoConfig, standing: Standing) -> tuple[Effect, ...]:
    """The effects that bring the issue from what stands to what the decision says; an ignored issue is left alone, and
    so is one for which a wave's budget has no first comment (and therefore no label, INV 25)."""
    if decision.verdict is Verdict.IGNORED or _is_silent(decision, standing):
        return ()
    body = render(decision, view)
    wanted = wanted_labels(decision, config) if body is not None else ()
    live = {name.casefold() for name in standing.live}
    gone = {name.casefold() for name in standing.ours} - {name.casefold() for name in wanted}
    unwanted = [name for name in sorted(standing.ours) if name.casefold() in gone & live]
    effects = [Effect(EffectKind.REMOVE_LABEL, name) for name in unwanted]
    if body is not None:
        effects.append(Effect(EffectKind.COMMENT, body))
    elif standing.commented:
        effects.append(Effect(EffectKind.COMMENT, withdrawn()))
    return (*effects, *(Effect(EffectKind.ADD_LABEL, name) for name in wanted if _may_add(name, live, standing)))


def _is_silent(decision: Decision, standing: Standing) -> bool:
    """A comment that stands is kept true, and a person who asks for this very issue is answered."""
    return WAVE_BUDGET in decision.vetoes and not (standing.commented or standing.asked)


def _may_add(name: str, live: Collection[str], standing: Standing) -> bool:
    """A label that is there needs nothing; one of ours that is gone was removed by a person and stays away (INV 21)."""
    removed = name.casefold() in {label.casefold() for label in standing.ours}
    return name.casefold() not in live and (standing.asked or not removed)


def wanted_labels(decision: Decision, config: RepoConfig) -> tuple[str, ...]:
    """The labels that the decision stands for; only names that the configuration holds (INV 16)."""
    duplicate = config.labels.confirmed if decision.confirmed else config.labels.candidate
    by_verdict = {Verdict.DUPLICATE: duplicate, Verdict.REGRESSION: config.labels.regression}
    cluster = next((entry.label for entry in config.clusters if entry.slug == decision.cluster), None)
    return tuple(name for name in (by_verdict.get(decision.verdict), cluster) if name)


def conclusion(decision: Decision, config: RepoConfig) -> str:
    """A hash of what the decision concludes; scores, counts and wording may move without changing it (INV 23)."""
    said = [
        decision.verdict.value,
        decision.canonical if decision.verdict is not Verdict.NEW else None,
        decision.cluster,
        sorted(link.number for link in decision.links),
        sorted(wanted_labels(decision, config)),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
