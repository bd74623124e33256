"""Decide an issue again, and say what is different from the last time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.activities.act import perform, stands
from bot.activities.resolve import Reason, Resolution, record, resolve
from bot.errors import Unavailable
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import RepositoryRecord
from models.decision import EffectKind

TRIES = 3  # of the effects, while GitHub is unavailable
PAUSE = 2.0  # seconds between them


@dataclass(frozen=True, slots=True)
class Again:
    """One issue decided again: before, after, and what was done about it.

    `left_silent`: it would get a first comment, which a run over many issues writes only where asked.
    """

    number: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    changed: bool
    effects: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    left_silent: bool = False
    failure: bool = False

    def to_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "number": self.number,
            "before": self.before,
            "after": self.after,
            "changed": self.changed,
            "effects": list(self.effects),
            "states": list(self.states),
            "needs_notify": self.left_silent,
            "failed": self.failure,
        }

    def sentence(self) -> str:
        """`#12: new → duplicate of #3 · extra-usage-400 (comment, add-label …)`."""
        steps = [f"{effect}: {state}" for effect, state in zip(self.effects, self.states, strict=False)]
        done = f" ({', '.join(steps or self.effects)})" if self.effects else ""
        return f"#{self.number}: {_named(self.before)} → {_named(self.after)}{done}"


def decide_again(
    services: Services,
    repository: RepositoryRecord,
    number: int,
    config: RepoConfig,
    *,
    asked: bool,
    notify: bool,
    dry_run: bool,
) -> Again:
    """`asked`: a person named this issue, so a label that a person removed may return (INV 21). `notify`: a first
    comment may be written (INV 28). The same conclusion changes nothing at all (INV 23)."""
    reason = Reason("rerun", None, asked)
    with services.storage.lock(repository.id):
        resolution = resolve(services, repository, number, config, reason)
        silent = not notify and _speaks_first(services, repository, resolution)
        must = resolution.changed or bool(resolution.decision.effects)
        if dry_run or silent or not must:
            return _told(resolution, (), left_silent=silent)
        record(services, repository, resolution, config, reason)
        return _told(resolution, tuple(_performed(services, repository, number, config)))


def _speaks_first(services: Services, repository: RepositoryRecord, resolution: Resolution) -> bool:
    comments = any(effect.kind is EffectKind.COMMENT for effect in resolution.decision.effects)
    earlier = services.storage.effects(repository.id, number=resolution.decision.number)
    return comments and not any(effect.kind == EffectKind.COMMENT.value and stands(effect) for effect in earlier)


def _performed(services: Services, repository: RepositoryRecord, number: int, config: RepoConfig) -> list[str]:
    decision = services.storage.last_decision(repository.id, number)
    assert decision is not None  # noqa: S101 - it was recorded a moment ago, under the same lock
    for attempt in range(TRIES):
        try:
            return perform(services, repository, decision, config)
        except Unavailable:
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE)
    return []


def _told(resolution: Resolution, states: tuple[str, ...], *, left_silent: bool = False) -> Again:
    decision = resolution.decision
    effects = tuple(
        effect.kind.value if effect.kind is EffectKind.COMMENT else f"{effect.kind.value} {effect.value}"
        for effect in decision.effects
    )
    after = {"verdict": decision.verdict.value, "canonical": decision.canonical, "cluster": decision.cluster}
    body = resolution.previous.body if resolution.previous else None
    before = {name: body.get(name) for name in after} if body is not None else None
    return Again(
        decision.number, before, after, resolution.changed, effects, states, left_silent, failure="failed" in states
    )


def _named(conclusion: Mapping[str, Any] | None) -> str:
    if conclusion is None:
        return "never decided"
    target = f" #{conclusion['canonical']}" if conclusion["canonical"] else ""
    cluster = f" · {conclusion['cluster']}" if conclusion["cluster"] else ""
    return f"{conclusion['verdict']}{target}{cluster}"
