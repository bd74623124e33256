"""Planned effects → GitHub, in order, through the gateway; each outcome is recorded as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.activities.budget import check_budgets
from bot.activities.observe import observe_issue, stop_repository
from bot.activities.overridden import overridden
from bot.activities.words import NOTICE, UPKEEP, WITHHELD, is_paused
from bot.comment import status_in
from bot.effects import OBJECTED
from bot.errors import Gone, Permanent
from bot.github.gateway import Gateway
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import REFUSED, DecisionRecord, EffectRecord, RepositoryRecord
from models.decision import Effect, EffectKind, Verdict
from models.issue import Issue

BY_PERSON = frozenset({"command", "feedback"})  # what causes a decision that a person waits for
QUIET = frozenset({"follow", UPKEEP, NOTICE})  # what causes an edit that nobody waits for
POINTLESS = frozenset({UPKEEP, NOTICE})  # what causes a comment that points at no other issue, so that it keeps
CHANGING = frozenset({EffectKind.REMOVE_LABEL.value, EffectKind.REOPEN.value})
FRESH = timedelta(seconds=60)  # how long after its decision an effect may rely on the target's state as read then

SUPERSEDED = "a newer decision took its place"
STALE = "waited too long: the issue is decided again"
ISSUE_GONE = "the issue is gone"
BEFORE_IT_FAILED = "an effect before it failed"
NO_COMMENTS = "limits.comments_per_hour is 0"
NOW_SHADOW = "the mode is shadow by now"
NOT_NAMED = "the label is no longer one that the configuration, or a person, names"

_DROPPED = frozenset({SUPERSEDED, STALE, ISSUE_GONE, NOT_NAMED})

log = structlog.get_logger(__name__)


def perform(
    services: Services, repository: RepositoryRecord, decision: DecisionRecord, config: RepoConfig, *, ahead: int = 0
) -> list[str]:
    """Carry out what the decision planned and was not done yet; returns the effects' states.

    Safe to repeat. Raises RetryAfter and Unavailable with the rest still planned. Decisions that were overtaken, or
    waited so long that their target may have changed, are marked skipped instead (INV 3, 25). `ahead` others wait
    already for the repository's budget of comments.
    """
    _drop_overtaken(services, decision)
    planned = [one for one in _effects(services, decision) if one.state == "planned"]
    if not planned:
        return outcomes(services, decision)
    reason = _no_longer(services, decision)
    if reason is None:
        issue = observe_issue(services, repository, decision.number)
        reason = _since_changed(services, decision) if issue is not None else ISSUE_GONE
    if reason is not None or issue is None:
        _finish_all(services, planned, "skipped", reason or ISSUE_GONE)
    elif config.mode == "shadow":
        _finish_all(services, planned, "shadow", NOW_SHADOW)  # INV 26
    elif is_paused(services.storage.pauses(repository.id), repository.id):
        _finish_all(services, planned, "shadow", WITHHELD)
    else:
        config = overridden(services.storage, repository.id, config)
        _perform_all(services, repository, planned, issue, _Budget(services, repository, config, decision, ahead))
    return outcomes(services, decision)


def stands(row: EffectRecord) -> bool:
    """Whether GitHub shows what the effect asked for by our doing: it was done, or found done by an attempt that died
    before it was recorded (only what was not there is ever planned)."""
    if row.state == "skipped" and row.kind == EffectKind.COMMENT.value:
        return row.github_id is not None  # one that was given up was never found
    return row.state == "done" or (row.state == "skipped" and row.reason not in _DROPPED)


def drop_planned(services: Services, repository_id: int, number: int) -> None:
    """What was planned for an issue that is not there any more is not done."""
    rows = services.storage.effects(repository_id, number=number, state="planned")
    _finish_all(services, rows, "skipped", ISSUE_GONE)


def give_up(services: Services, decision: DecisionRecord, reason: str) -> None:
    """What the decision still had planned when it stepped aside to wait is not done."""
    planned = [one for one in _effects(services, decision) if one.state == "planned"]
    _finish_all(services, planned, "skipped", reason)


def outcomes(services: Services, decision: DecisionRecord) -> list[str]:
    """The states of the decision's effects by now."""
    return [one.state for one in _effects(services, decision)]


def speaks(services: Services, decision: DecisionRecord) -> bool:
    """Whether the decision has a comment still to write."""
    return any(one.kind == EffectKind.COMMENT.value and one.state == "planned" for one in _effects(services, decision))


def is_settled(services: Services, decision: DecisionRecord) -> bool:
    """Whether nothing of what the decision planned is left to do or failed."""
    return not any(one.state in {"planned", "failed"} or one.reason in _DROPPED for one in _effects(services, decision))


def is_stale(services: Services, decision: DecisionRecord) -> bool:
    """Whether the decision's effects were skipped because they had waited too long."""
    return any(one.reason == STALE for one in _effects(services, decision))


def _effects(services: Services, decision: DecisionRecord) -> list[EffectRecord]:
    rows = services.storage.effects(decision.repository_id, decision_id=decision.id)
    return sorted(rows, key=lambda row: row.id or 0)


def _drop_overtaken(services: Services, decision: DecisionRecord) -> None:
    """What an earlier decision on the issue still had planned when it stepped aside to wait is not done any more."""
    rows = services.storage.effects(decision.repository_id, number=decision.number, state="planned")
    _finish_all(services, [row for row in rows if row.decision_id < (decision.id or 0)], "skipped", SUPERSEDED)


def _no_longer(services: Services, decision: DecisionRecord) -> str | None:
    last = services.storage.last_decision(decision.repository_id, decision.number)
    if last is not None and last.id != decision.id:
        return SUPERSEDED
    waited = decision.trigger not in POINTLESS and services.clock() - decision.decided_at > FRESH
    return STALE if waited else None


def _since_changed(services: Services, decision: DecisionRecord) -> str | None:
    """An issue that says something else by now than what was decided is decided again (INV 25, 44)."""
    stored = services.storage.issue(decision.repository_id, decision.number)
    decided = decision.body.get("text_hash")
    return STALE if stored is not None and decided not in {None, stored.text_hash} else None


def _perform_all(
    services: Services,
    repository: RepositoryRecord,
    planned: Sequence[EffectRecord],
    issue: Issue,
    budget: _Budget,
) -> None:
    gateway = Gateway(services.writer(repository), services.reader(repository))
    live = set(issue.labels)
    for place, row in enumerate(planned):
        try:
            _perform_one(services, gateway, row, live, budget)
        except (Gone, Permanent) as error:
            stops = isinstance(error, Permanent) and error.stops_repository
            _finish(services, row, "failed", _why(error, row, budget))
            _finish_all(services, planned[place + 1 :], "failed", BEFORE_IT_FAILED)
            if stops:
                stop_repository(services, repository, str(error))
            return


def _why(error: Gone | Permanent, row: EffectRecord, budget: _Budget) -> str:
    """What changes what the bot has on the issue may be taken another day; what is gone is gone, and a limit of ours is
    no refusal."""
    reason = str(error)
    changes = row.kind in CHANGING or (row.kind == EffectKind.COMMENT.value and budget.spoken() is not None)
    another_day = isinstance(error, Permanent) and not error.stops_repository and reason != NO_COMMENTS
    return REFUSED + reason if changes and another_day else reason


def _perform_one(services: Services, gateway: Gateway, row: EffectRecord, live: set[str], budget: _Budget) -> None:
    effect = Effect(EffectKind(row.kind), row.value)
    styles = budget.config.label_styles()
    if effect.kind is EffectKind.ADD_LABEL and effect.value.casefold() not in {name.casefold() for name in styles}:
        _finish(services, row, "skipped", NOT_NAMED)  # INV 16, at the moment of the write
        return
    begins = True
    if effect.kind is EffectKind.COMMENT:
        budget.spend(row.value)
        begins = budget.spoken() is None or _is_answer(budget.decision)
    applied = gateway.apply(effect, row.number, labels=styles, live=live, begins=begins)
    if effect.kind is EffectKind.ADD_LABEL:
        live.add(effect.value)
    _finish(services, row, applied.state, applied.reason or None, applied.github_id)


def _is_answer(decision: DecisionRecord) -> bool:
    """Whether a person asked, and there is something to tell them: a comment that they deleted, though nobody told us,
    is not written anew to say that it does not hold."""
    return decision.trigger == "command" and decision.verdict != Verdict.NEW.value


@dataclass(frozen=True, slots=True)
class _Budget:
    """What limits the repository's comments (INV 30); `ahead` others have waited longer for it."""

    services: Services
    repository: RepositoryRecord
    config: RepoConfig
    decision: DecisionRecord
    ahead: int

    def spend(self, text: str) -> None:
        """Let a comment with this text pass, or raise BudgetSpent, or Permanent where the limit is none at all.

        What a person asked for does not wait, and takes back at once what was said, whatever the limit, also where it
        could not be taken back at first; nor does what takes out of a comment the words of a maintainer who took them
        back.
        """
        by_person, spoken = self.decision.trigger in BY_PERSON, self.spoken()
        withdrawn = spoken is not None and (self._takes_back() or status_in(spoken) not in {None, status_in(text)})
        if withdrawn or (by_person and spoken is not None):
            return
        limit = self.config.limits.comments_per_hour
        if limit == 0:
            raise Permanent(NO_COMMENTS)
        if not by_person:
            quiet = self.decision.trigger in QUIET
            check_budgets(self.services, self.repository, self.config, self.ahead, quiet=quiet)

    def _takes_back(self) -> bool:
        """Whether the verdict is none any more because of what people said (INV 8, 17)."""
        vetoes = self.decision.body.get("vetoes", ())
        return self.decision.verdict == Verdict.NEW.value and not OBJECTED.isdisjoint(vetoes)

    def spoken(self) -> str | None:
        """What the bot's comment on the issue says; None where it has not commented."""
        comment = EffectKind.COMMENT.value
        rows = self.services.storage.effects(self.repository.id, number=self.decision.number, kind=comment)
        return next((row.value for row in rows if stands(row)), None)


def _finish(
    services: Services, row: EffectRecord, state: str, reason: str | None = None, github_id: int | None = None
) -> None:
    assert row.id is not None  # noqa: S101 - rows that were read back have their id
    services.storage.finish_effect(row.id, state, reason, github_id)
    log.info("effect", issue=row.number, kind=row.kind, state=state, reason=reason)


def _finish_all(services: Services, rows: Sequence[EffectRecord], state: str, reason: str) -> None:
    for row in rows:
        _finish(services, row, state, reason)
