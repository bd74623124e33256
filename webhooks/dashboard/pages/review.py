"""What needs a person's yes or no: objections, missed duplicates, scores near the threshold, contradictions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.storage.dashboard_records import ActRecord
from bot.storage.page_records import ReviewRow
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord
from models.decision import Candidate
from webhooks.dashboard import words
from webhooks.dashboard.lists import PART, counted
from webhooks.dashboard.page import Asked, Page, Table
from webhooks.dashboard.pages.issue import decision_of

KINDS = ("objection", "missed", "near", "conflict")
SIZE = 20
LAST = 50  # pages; no more than these are counted
ANSWERED_SHOWN = 8
ANSWERS = ("confirm", "dismiss")  # kinds of acts
ASKED = "asked"
STATES = {ASKED: "waits", "done": "done"}  # of an act → of an answer; what else there is was not done
ACTS_READ = 200  # answers looked through for what was settled since the last refit
AROUND = 0.7  # log-odds; a score this near the threshold is for a person

_PAIR = re.compile(r"#(\d{1,12}) and #(\d{1,12}) were ")


@dataclass(frozen=True, slots=True)
class Question:
    """Is `number` the same problem as `other`? `why`: what brought it here, in words. `is_answered`: a worker has yet
    to keep the answer."""

    kind: str
    number: int
    title: str
    state: str
    other: int | None
    other_title: str | None
    other_state: str | None
    at: datetime
    probability: float | None
    why: str
    matches: Sequence[str]
    differs: Sequence[str]
    is_answered: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given here, with its act. `state`: waits | done | not done | undone."""

    act: int
    kind: str
    number: int | None
    other: int | None
    at: datetime
    actor: str
    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the last refit could not follow, in its words; where it is about a pair of issues, a newer word decides."""

    words: str
    number: int | None = None
    other: int | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """The page. `counts`: kind → how many wait; `threshold`: the score from which the bot calls it a duplicate."""

    kind: str
    counts: Mapping[str, int]
    questions: Sequence[Question]
    conflicts: Sequence[Conflict]
    answered: Sequence[Answered]
    threshold: float
    number: int
    last: int


def read(asked: Asked) -> Review:
    """The model of the page; without a kind in the address, the first kind that waits."""
    storage, repository_id = asked.storage, asked.repository.id
    threshold = threshold_of(storage, repository_id)
    answers = _answers(storage, repository_id)
    conflicts = _conflicts(storage, repository_id, answers)
    band = band_of(threshold)
    named = asked.query.one_of("kind", ("", *KINDS))
    counts = {**storage.review_counts(repository_id, band, but=[named]), "conflict": len(conflicts)}
    kind = named or next((one for one in KINDS if counts[one]), KINDS[0])
    exported = asked.kind != "html"
    size, number = (PART, 1) if exported else (SIZE, asked.query.number("page", 1, most=LAST))
    questions: Sequence[Question] = ()
    if kind != "conflict":
        page = storage.review(repository_id, kind, band, limit=size, offset=asked.after or (number - 1) * size)
        counts[kind] = page.total
        waits = {(act.number, act.details.get("other")) for act in answers if act.state == ASKED}
        questions = [_question(row, waits) for row in page.rows]
    answered = [] if exported else [_answer(act) for act in answers[:ANSWERED_SHOWN]]
    last = max(1, -(-counts[kind] // SIZE))
    return Review(kind, {one: counts[one] for one in KINDS}, questions, conflicts, answered, threshold, number, last)


def threshold_of(storage: Storage, repository_id: int) -> float:
    """The score from which the bot calls an issue a duplicate: the repository's own, or the one that is shipped."""
    from models.artifacts import default_artifact  # noqa: PLC0415 - read where it is needed

    calibration = storage.learned(repository_id).calibration or {}
    own = calibration.get("found", {}).get("duplicate")
    return float(own) if own is not None else default_artifact().thresholds["duplicate"]


def band_of(threshold: float) -> tuple[float, float]:
    """The scores near the threshold: as far above as below, in log-odds."""
    odds = math.log(threshold / (1 - threshold))
    low, high = (1 / (1 + math.exp(-odds - way)) for way in (-AROUND, AROUND))
    return low, high


def _answers(storage: Storage, repository_id: int) -> list[ActRecord]:
    """The newest first."""
    found = [act for kind in ANSWERS for act in storage.acts(repository_id, kind=kind, limit=ACTS_READ)]
    return sorted(found, key=lambda act: -(act.id or 0))


def _conflicts(storage: Storage, repository_id: int, answers: Sequence[ActRecord]) -> list[Conflict]:
    """Those of the last refit about which nobody spoke here since."""
    last = next(iter(storage.refits(repository_id, limit=1)), None)
    if last is None:
        return []
    since = {
        (act.number, act.details.get("other"))
        for act in answers
        if act.at >= last.started_at and act.state == "done" and act.undone_by is None
    }
    found = [_conflict(str(one)) for one in last.figures.get("problems", ())]
    return [one for one in found if one.number is None or (one.number, one.other) not in since]


def _conflict(told: str) -> Conflict:
    pair = _PAIR.match(told)
    if pair is None:
        return Conflict(told)
    other, number = sorted(int(one) for one in pair.groups())
    return Conflict(told, number, other)


def _question(row: ReviewRow, waits: Set[tuple[int | None, int | None]]) -> Question:
    link = _evidence(row)
    return Question(
        row.kind,
        row.number,
        row.title,
        row.state,
        row.other,
        row.other_title,
        row.other_state,
        row.at,
        link.probability if link is not None else row.probability,
        _why(row),
        [one.text for one in link.matches] if link is not None else [],
        [one.text for one in link.differs] if link is not None else [],
        (row.number, row.other) in waits,
    )


def _evidence(row: ReviewRow) -> Candidate | None:
    record = DecisionRecord(None, 0, row.number, row.at, "", None, "", "", row.body)
    decision = decision_of(record)
    links = decision.links if decision is not None else ()
    return next((one for one in links if one.number == row.other), None)


def _why(row: ReviewRow) -> str:
    if row.kind == "objection":
        return f"{row.actor} says that it is another problem"
    if row.kind == "missed":
        return f"people linked the two, the bot had not: {words.missed(row.why or '')}"
    return "the score is near the threshold"


def _answer(act: ActRecord) -> Answered:
    """An answer that was refused, or failed, was not taken back by anybody: it was never given."""
    state = "undone" if act.undone_by is not None else STATES.get(act.state, "not done")
    told = {ASKED: "waits for its turn", "done": act.outcome or ""}.get(act.state, f"not done: {act.outcome}")
    other = act.details.get("other")
    return Answered(act.id or 0, act.kind, act.number, other, act.at, act.actor, told, state)


def _table(model: Review) -> Table:
    columns = ("kind", "issue", "title", "other", "other title", "since", "probability", "why")
    rows: list[tuple[Any, ...]] = [
        (one.kind, one.number, one.title, one.other, one.other_title, one.at, one.probability, one.why)
        for one in model.questions
    ]
    if model.kind == "conflict":
        rows = [("conflict", one.number, None, one.other, None, None, None, one.words) for one in model.conflicts]
    return Table(columns, rows)


def _mark(asked: Asked, model: Review) -> int | None:
    return counted(asked, model.questions)


PAGE = Page("/review", "Review", "review.html", read, table=_table, rows=("questions",), mark=_mark, live=True)
