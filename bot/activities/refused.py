"""What GitHub refused to have changed where the bot has spoken: when it is tried again, and where it was given up."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.activities.act import POINTLESS
from bot.storage.protocol import Storage
from bot.storage.records import REFUSED, DecisionRecord
from models.decision import Verdict

NAME = "refused-change"
WAITS = tuple(timedelta(hours=hours) for hours in (1, 3, 9, 24, 48))  # after each refusal in a row; then it is given up


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that GitHub refused `tries` times in a row on one issue, the last time at `at`, for this reason."""

    number: int
    tries: int
    at: datetime
    reason: str

    @property
    def again_at(self) -> datetime | None:
        """When it is tried again, at the earliest; None where it was given up."""
        return self.at + WAITS[self.tries - 1] if self.tries <= len(WAITS) else None

    def is_due(self, now: datetime) -> bool:
        """Whether its time has come."""
        return self.again_at is not None and self.again_at <= now

    def sentence(self) -> str:
        """`GitHub refused the change 2 times (…); it is tried again after 2026-03-04 12:00 UTC`."""
        times = "once" if self.tries == 1 else f"{self.tries} times"
        after = self.again_at
        then = f"tried again after {after:%Y-%m-%d %H:%M} UTC" if after else "given up until somebody asks (`rerun`)"
        return f"GitHub refused the change {times} ({self.reason}); it is {then}"

    def to_data(self) -> dict[str, Any]:
        """For `--json`."""
        return {"name": NAME, "tries": self.tries, "at": self.at, "reason": self.reason, "again_at": self.again_at}


def refusals(storage: Storage, repository_id: int, among: Collection[int] | None = None) -> list[Refusal]:
    """One for each issue (all, or `among` them) whose last decision GitHub did not take, by number."""
    found = (refusal_of(storage, last) for last in storage.left_alone(repository_id, among))
    return [one for one in found if one is not None]


def refusal_of(storage: Storage, last: DecisionRecord) -> Refusal | None:
    """What GitHub refused of the issue's last decision, with how often it had refused the ones before it."""
    reason = _reason(storage, last)
    if reason is None:
        return None
    before = storage.decisions(last.repository_id, number=last.number, limit=len(WAITS) + 1)[1:]
    tries = 1
    for one in before:
        if _reason(storage, one) is None:
            break
        tries += 1
    return Refusal(last.number, tries, last.decided_at, reason)


def _reason(storage: Storage, decision: DecisionRecord) -> str | None:
    """What tells of others than the issue itself comes again by itself, hourly; who is left alone has no effects."""
    if decision.trigger in POINTLESS or decision.verdict == Verdict.IGNORED.value:
        return None
    rows = storage.effects(decision.repository_id, decision_id=decision.id, state="failed")
    reasons = (row.reason or "" for row in rows)
    return next((reason.removeprefix(REFUSED) for reason in reasons if reason.startswith(REFUSED)), None)
