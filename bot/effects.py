"""Decision → what to do on GitHub, in order: the comment first, then labels one by one (INV 24, 25). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bot.canonical_comment import folded
from bot.comment import CommentView, nobody, render, withdrawn
from bot.repo_config import RepoConfig
from bot.vetoes import OBJECTION, SEPARATED_BY_PERSON, WAVE_BUDGET
from models.decision import Decision, Effect, EffectKind, Verdict

OBJECTED = frozenset({OBJECTION, SEPARATED_BY_PERSON})


@dataclass(frozen=True, slots=True)
class Standing:
    """What the bot has on the issue by now: whether it commented, the labels it set, and those that are there live.

    `asked`: a person asked for this very issue to be decided again, so a label that a person removed may return.
    `closed_by_us`: the bot closed it. `block`: what its comment says of the reports that point here. `removed`: of the
    labels that it ever set those that people removed since, case folded; they stay away, or are a person's by now.
    """

    commented: bool = False
    ours: frozenset[str] = frozenset()
    live: frozenset[str] = frozenset()
    asked: bool = False
    closed_by_us: bool = False
    block: str | None = None
    removed: frozenset[str] = frozenset()


def plan(decision: Decision, view: CommentView, config: RepoConfig, standing: Standing) -> tuple[Effect, ...]:
    """The effects that bring the issue from what stands to what the decision says; an ignored issue is left alone, and
    so is one for which a wave's budget has no first comment (and therefore no label, INV 25)."""
    if decision.verdict is Verdict.IGNORED or _is_silent(decision, standing):
        return ()
    said = render(decision, view)
    block = None if decision.verdict is Verdict.SECURITY else standing.block  # INV 44
    wanted = wanted_labels(decision, config) if said is not None else ()
    live = {name.casefold() for name in standing.live}
    gone = {name.casefold() for name in standing.ours} - {name.casefold() for name in wanted} - standing.removed
    unwanted = [name for name in sorted(standing.ours) if name.casefold() in gone & live]
    effects = [Effect(EffectKind.REMOVE_LABEL, name) for name in unwanted]
    if said is not None or standing.commented:
        effects.append(Effect(EffectKind.COMMENT, folded(said or withdrawn(), block)))
    elif block != standing.block:
        effects.append(Effect(EffectKind.COMMENT, nobody()))
    if standing.closed_by_us and decision.verdict is not Verdict.DUPLICATE and OBJECTED.intersection(decision.vetoes):
        effects.append(Effect(EffectKind.REOPEN, OBJECTION))
    return (*effects, *(Effect(EffectKind.ADD_LABEL, name) for name in wanted if _may_add(name, live, standing)))


def _is_silent(decision: Decision, standing: Standing) -> bool:
    """A comment that stands is kept true, and a person who asks for this very issue is answered."""
    return WAVE_BUDGET in decision.vetoes and not (standing.commented or standing.asked)


def _may_add(name: str, live: Collection[str], standing: Standing) -> bool:
    """A label that is there needs nothing; one of ours that is gone was removed by a person and stays away (INV 21)."""
    removed = name.casefold() in {label.casefold() for label in standing.ours} | standing.removed
    return name.casefold() not in live and (standing.asked or not removed)


def wanted_labels(decision: Decision, config: RepoConfig) -> tuple[str, ...]:
    """The labels that the decision stands for; only names that the configuration holds (INV 16)."""
    duplicate = config.labels.confirmed if decision.confirmed else config.labels.candidate
    by_verdict = {Verdict.DUPLICATE: duplicate, Verdict.REGRESSION: config.labels.regression}
    cluster = next((entry.label for entry in config.clusters if entry.slug == decision.cluster), None)
    return tuple(name for name in (by_verdict.get(decision.verdict), cluster) if name)


def conclusion(decision: Decision, config: RepoConfig, view: CommentView | None = None) -> str:
    """A hash of what the decision concludes; scores, counts and wording may move without changing it (INV 23).

    What the members of its cluster are told, and whether the issue is to be closed, belong to it where there is any.
    """
    said: list[Any] = [
        decision.verdict.value,
        decision.canonical if decision.verdict is not Verdict.NEW else None,
        decision.cluster,
        sorted(link.number for link in decision.links),
        sorted(wanted_labels(decision, config)),
    ]
    view = view or CommentView()
    fix = view.fix_of(decision.canonical) if decision.settled or decision.verdict is Verdict.REGRESSION else None
    told = None if view.status is None else view.status.text
    more = {"settled": decision.settled, "closes": decision.closes_on is not None, "fix": fix, "told": told}
    said += [[name, value] for name, value in more.items() if value]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
