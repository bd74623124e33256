"""What a comment promises of closing: only what the policy in force would do (INV 25)."""

from __future__ import annotations

from dataclasses import replace

from bot.activities.earned import closing_right
from bot.activities.judge import Judgement
from bot.closing import first_day
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.records import DecisionRecord
from bot.vetoes import CLOSE_NOT_EARNED
from models.decision import Decision, Verdict


def promised(
    services: Services, repository_id: int, config: RepoConfig, judgement: Judgement, spoken: DecisionRecord | None
) -> Decision:
    """The decision with the day from which on its issue is closed, where the mode says so and the right was earned.

    `spoken`: the decision whose comment stands; the day that it named for the same canonical issue stays.
    """
    decision, past = judgement.decision, judgement.case.history
    before = None
    if spoken is not None and spoken.body.get("canonical") == decision.canonical:
        before = spoken.body.get("closes_on")
    if decision.verdict is not Verdict.DUPLICATE or decision.confirmed:
        return decision
    if past.closed_by_us:
        return replace(decision, closes_on=before)
    if config.mode != "close" or judgement.case.issue.state != "open":
        return decision
    if not closing_right(services.storage, repository_id).earned:
        return replace(decision, vetoes=(*decision.vetoes, CLOSE_NOT_EARNED))
    return replace(decision, closes_on=before or first_day(services.clock()))
