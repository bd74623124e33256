"""Close what the bot said it would close, where everything still speaks for it; one issue at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Any

import structlog

from bot.activities.act import give_up, outcomes, perform
from bot.activities.earned import closing_right
from bot.activities.observe import observe_issue
from bot.activities.resolve import Reason, Resolution, record, resolve
from bot.activities.standing import comment_row, our_labels, spoken_decision, standing_rows
from bot.activities.words import is_paused
from bot.closing import Candidacy, held_back
from bot.errors import Gone
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import ADOPTED, DecisionRecord, EffectRecord, RepositoryRecord
from bot.vetoes import CLOSE_NOT_EARNED, CLOSE_NOT_PROMISED
from models.decision import Effect, EffectKind, Verdict

CLOSED, CLOSED_BEFORE, SILENT = "closed", "it is closed already", "the bot is silent here"
GONE = "it is gone"
AS = "duplicate"  # GitHub's state_reason
TRIGGER = "close"
OBJECTING = frozenset({"objection", "separated", "label-removed", "comment-deleted"})

log = structlog.get_logger(__name__)


def closable(storage: Storage, repository_id: int, now: datetime) -> list[int]:
    """The issues whose comment names a day that has come, the longest promised first; each is looked at once more."""
    promised = [
        (one.body["closes_on"], one.number)
        for one in storage.pointing(repository_id)
        if one.verdict == Verdict.DUPLICATE.value and one.body.get("closes_on")
    ]
    rows = storage.issues(repository_id, sorted(number for _, number in promised))
    is_open = {row.issue.number for row in rows if row.issue.state == "open"}
    return [number for day, number in sorted(promised) if day <= now.date().isoformat() and number in is_open]


def run_of(delivery_id: str, number: int) -> str:
    """By what the closing of one issue in a delivery's run is known, whatever attempt it is."""
    return f"{delivery_id}/{number}"


def closed_in(storage: Storage, repository_id: int, delivery_id: str) -> list[int]:
    """The issues that the delivery's run has closed so far, in that order."""

    def is_of_it(row: EffectRecord) -> bool:
        begun = _begun(storage, repository_id, row.number, run_of(delivery_id, row.number))
        return begun is not None and begun.id == row.decision_id

    rows = storage.effects(repository_id, kind=EffectKind.CLOSE.value, state="done")
    own = (row for row in rows if not _is_adopted(storage, row))  # an import may take old closings over meanwhile
    return [row.number for row in takewhile(is_of_it, own)][::-1]  # the newest are those of the newest run


def _is_adopted(storage: Storage, row: EffectRecord) -> bool:
    """Whether the closing is one from before everything was forgotten."""
    decisions = storage.decisions(row.repository_id, number=row.number)
    return any(one.id == row.decision_id and (one.delivery_id or "").startswith(f"{ADOPTED}/") for one in decisions)


def close(services: Services, repository: RepositoryRecord, config: RepoConfig, number: int, run: str) -> str:
    """Close the issue, or say by name what forbids it. The caller holds the repository's lock; `run` makes it safe to
    repeat: what was begun is finished where nothing forbids it by now, and nothing is done twice."""
    begun = _begun(services.storage, repository.id, number, run)
    if begun is not None and "planned" not in outcomes(services, begun):
        return _told(outcomes(services, begun))
    reason = Reason(TRIGGER, run, silent=True)
    looked = _looked_at(services, repository, config, number, reason)
    if isinstance(looked, str) and not (begun is not None and looked == CLOSED_BEFORE):  # perhaps it was that attempt
        return _held(services, begun, number, looked)
    if begun is None and not isinstance(looked, str):
        closing = replace(looked.decision, effects=(Effect(EffectKind.CLOSE, AS),))
        record(services, repository, replace(looked, decision=closing), config, reason)
        begun = _begun(services.storage, repository.id, number, run)
    assert begun is not None  # noqa: S101 - it was recorded a moment ago, under the same lock
    return _told(perform(services, repository, begun, config))


def _looked_at(
    services: Services, repository: RepositoryRecord, config: RepoConfig, number: int, reason: Reason
) -> Resolution | str:
    """All of it read and decided again at this moment, or what forbids to close the issue."""
    refusal = _refusal(services, repository, config, number)
    if refusal is not None:
        return refusal
    resolution = resolve(services, repository, number, config, reason)
    return ", ".join(_held_back(services, repository, config, resolution)) or resolution


def _held(services: Services, begun: DecisionRecord | None, number: int, refusal: str) -> str:
    """What an earlier attempt began is not done any more."""
    log.info("close.held_back", issue=number, reason=refusal)
    if begun is not None:
        give_up(services, begun, refusal)
    return refusal


def _told(states: Sequence[str]) -> str:
    return CLOSED if list(states) == ["done"] else f"{CLOSED_BEFORE}: {', '.join(states)}"


def _refusal(services: Services, repository: RepositoryRecord, config: RepoConfig, number: int) -> str | None:
    """Why the issue is not even looked at; else it is read from GitHub."""
    if config.mode != "close":
        return CLOSE_NOT_EARNED
    if is_paused(services.storage.pauses(repository.id), repository.id):
        return SILENT
    live = observe_issue(services, repository, number)
    if live is None:
        return GONE
    return None if live.state == "open" else CLOSED_BEFORE


def _held_back(
    services: Services, repository: RepositoryRecord, config: RepoConfig, resolution: Resolution
) -> tuple[str, ...]:
    number = resolution.decision.number
    rows = standing_rows(services.storage, repository.id, number, config)
    spoken = spoken_decision(services.storage, repository.id, number, rows)
    if spoken is None:
        return (CLOSE_NOT_PROMISED,)
    try:
        candidacy = _candidacy(services, repository, resolution, rows, spoken)
    except Gone:  # the comment, or the issue
        return (CLOSE_NOT_PROMISED,)
    return held_back(candidacy, services.clock())


def _candidacy(
    services: Services,
    repository: RepositoryRecord,
    resolution: Resolution,
    rows: Sequence[EffectRecord],
    spoken: DecisionRecord,
) -> Candidacy:
    """All that bears on closing, read from GitHub at this moment; raises Gone where our comment is not there."""
    comment = comment_row(rows)
    if comment is None:
        raise Gone("the comment")
    number, decision = comment.number, resolution.decision
    live = {name.casefold() for name in resolution.judgement.case.issue.labels}
    reader = services.reader(repository)
    said = [one for one in services.storage.feedback(repository.id, number) if one.number == number]
    thumbs = reader.thumbs_down(comment.github_id or 0)
    spoken_at = comment.finished_at or spoken.decided_at
    return Candidacy(
        earned=closing_right(services.storage, repository.id).earned,
        is_duplicate=decision.verdict is Verdict.DUPLICATE and resolution.conclusion == spoken.conclusion,
        promised=spoken.body.get("closes_on"),
        spoken_at=spoken_at,
        person_spoke=any(not one.author_is_bot for one in reader.comments(number)),
        acted_at=_acted_at(services, repository, number),
        objected=any(one.kind in OBJECTING for one in said)
        or any(name.casefold() not in live for name in our_labels(rows))  # INV 21: removed, though nobody told
        or any(not one.author_is_bot for one in (thumbs.given if thumbs is not None else ())),
        reopened=any(one.kind == "reopened" for one in said),
    )


def _acted_at(services: Services, repository: RepositoryRecord, number: int) -> datetime | None:
    """When a person last did something to the issue (INV 20): by its timeline, or an edit, of which that is silent."""
    timeline = services.reader(repository).timeline(number)
    moments = [one.at for one in timeline if one.actor and not one.actor_is_bot]
    edits = services.storage.deliveries(repository_id=repository.id, issue=number)
    moments += [one.received_at for one in edits if one.action == "edited" and _by_person(one.details)]
    return max(moments, default=None)


def _by_person(details: Mapping[str, Any]) -> bool:
    return details.get("sender_type") != "Bot" and not str(details.get("sender", "")).endswith("[bot]")


def _begun(storage: Storage, repository_id: int, number: int, run: str) -> DecisionRecord | None:
    decisions = storage.decisions(repository_id, number=number)
    return next((one for one in decisions if one.delivery_id == run), None)
