"""What became of a delivery, read from the bot's database while the bot works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.decision_data import from_data
from bot.demo.github import Standing
from bot.demo.posting import Delivery
from bot.storage.protocol import Storage
from bot.storage.records import DeliveryRecord, EffectRecord
from models.decision import EffectKind

POLL_SECONDS = 0.02
DELIVERY_SECONDS = 90.0  # until a delivery that is not finished counts as late
STALL_SECONDS = 180.0  # without any progress of the import
POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Row:
    """One delivered issue: what was decided and done. `milliseconds`: from GitHub's 202 to the recorded effects."""

    number: int
    title: str
    outcome: str  # done | failed | postponed | late | refused
    verdict: str | None = None
    probability: float = 0.0
    cluster: str | None = None
    canonical: int | None = None
    links: tuple[int, ...] = ()
    vetoes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    milliseconds: float | None = None
    failures: tuple[str, ...] = field(default=())

    @property
    def named(self) -> tuple[int, ...]:
        """Every issue that the decision points at."""
        canonical = () if self.canonical is None else (self.canonical,)
        return tuple(dict.fromkeys((*canonical, *self.links)))


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far the history is: issues read, issues embedded, and whether all of it is done."""

    read: int
    embedded: int
    done: bool


class Watch:
    """Looks at one repository's rows; `alive` raises where a process that does the work has ended."""

    def __init__(self, storage: Storage, repository_id: int, alive: Callable[[], None]) -> None:
        self._storage = storage
        self._repository_id = repository_id
        self._alive = alive

    def imported(self, installation: Delivery) -> Iterator[ImportProgress]:
        """The import's progress until it is done; raises TimeoutError where it stands still or failed."""
        identity = f"{installation.id}/import/{self._repository_id}"
        last, moved = (-1, -1), time.monotonic()
        while True:
            self._alive()
            record = self._storage.delivery(identity)
            seen = self._progress()
            if record is not None and record.state in {"done", "failed"}:
                if record.outcome != "imported":
                    raise TimeoutError(f"the import ended as {record.outcome}: {record.error or 'no reason was kept'}")
                yield ImportProgress(*seen, done=True)
                return
            if seen != last:
                last, moved = seen, time.monotonic()
            elif time.monotonic() - moved > STALL_SECONDS:
                raise TimeoutError(f"the import stands still at {seen[0]} issues read, {seen[1]} embedded")
            yield ImportProgress(*seen, done=False)
            time.sleep(5 * POLL_SECONDS)

    def _progress(self) -> tuple[int, int]:
        embedded = self._storage.embedded_counts(self._repository_id)
        return self._storage.issue_count(self._repository_id), max(embedded.values(), default=0)

    def finished(self, row: Row, delivery: Delivery, accepted_at: datetime) -> Row:
        """Wait for the delivery's end and fill the row in."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        while True:
            self._alive()
            record = self._storage.delivery(delivery.id)
            if record is not None and (record.state in {"done", "failed"} or record.outcome == POSTPONED):
                return self._filled(row, record, accepted_at)
            if time.monotonic() > deadline:
                reason = f"not finished after {DELIVERY_SECONDS:.0f} s"
                return replace(row, outcome="late", failures=(reason,))
            time.sleep(POLL_SECONDS)

    def followed(self, delivery: Delivery) -> None:
        """Wait for the delivery's end; what came of it is on the dashboard."""
        deadline = time.monotonic() + DELIVERY_SECONDS
        while time.monotonic() < deadline:
            self._alive()
            record = self._storage.delivery(delivery.id)
            if record is not None and (record.state in {"done", "failed"} or record.outcome == POSTPONED):
                return
            time.sleep(POLL_SECONDS)

    def _filled(self, row: Row, record: DeliveryRecord, accepted_at: datetime) -> Row:
        decision = self._storage.last_decision(self._repository_id, row.number)
        if decision is None or decision.id is None:
            ended = f"{record.outcome}: {record.error}" if record.error else str(record.outcome)
            return replace(row, outcome=_outcome(record), failures=(f"no decision ({ended})",))
        effects = self._storage.effects(self._repository_id, decision_id=decision.id)
        body = from_data(decision.body)
        ended_at = record.finished_at or accepted_at
        return replace(
            row,
            outcome=_outcome(record),
            verdict=body.verdict.value,
            probability=body.probability,
            cluster=body.cluster,
            canonical=body.canonical,
            links=tuple(link.number for link in body.links),
            vetoes=body.vetoes,
            labels=tuple(_done(effects, EffectKind.ADD_LABEL)),
            comments=tuple(_done(effects, EffectKind.COMMENT)),
            milliseconds=max(0.0, (ended_at - accepted_at).total_seconds() * 1000),
            failures=(*_delivery_failure(record), *_effect_failures(effects)),
        )


def checked(row: Row, standing: Standing | None) -> Row:
    """The row with the comments that GitHub shows; one that should be there and is not, or is there twice, failed."""
    shown = standing or Standing((), ())
    problems = []
    if len(shown.comments) != len(row.comments):
        problems.append(f"{len(row.comments)} comment was recorded, GitHub shows {len(shown.comments)}")
    problems += [f"GitHub does not show the label {label}" for label in row.labels if label not in shown.labels]
    return replace(row, comments=shown.comments, failures=(*row.failures, *problems))


def _outcome(record: DeliveryRecord) -> str:
    return POSTPONED if record.outcome == POSTPONED else record.state


def _done(effects: Sequence[EffectRecord], kind: EffectKind) -> Iterator[str]:
    return (one.value for one in reversed(effects) if one.kind == kind.value and one.state == "done")


def _delivery_failure(record: DeliveryRecord) -> tuple[str, ...]:
    if record.state == "done":
        return ()
    return (f"{record.outcome}: {record.error or 'no reason was kept'}",)


def _effect_failures(effects: Sequence[EffectRecord]) -> Iterator[str]:
    failed = [one for one in effects if one.state in {"failed", "planned"}]
    return (f"{one.kind} {one.state}: {one.reason or 'no reason was kept'}" for one in failed)
