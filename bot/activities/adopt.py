"""The bot's own comments that it does not remember → its memory: what they claim, and what else there is its doing.

After an uninstallation everything is forgotten (INV 45), and what the bot wrote still stands. Whoever objects to it,
or takes its label away, is to be heeded all the same (INV 17, 21), and there is one comment for good (INV 23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.activities.observe import config_in_force
from bot.activities.past_verdicts import objections_of
from bot.activities.upkeep import Surroundings, surroundings
from bot.activities.words import NOTICE, UPKEEP
from bot.comment import status_in
from bot.config_comment import is_wrong
from bot.decision_data import to_data
from bot.effects import conclusion
from bot.errors import Gone
from bot.github.marker import marked, without_marker
from bot.github.protocol import Comment, TimelineEvent
from bot.read_back import ReadBack, read_back
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import ADOPTED, DecisionRecord, EffectRecord, FeedbackRecord, RepositoryRecord
from models.decision import Decision, EffectKind, Verdict

NOT_SO = ""  # in place of what a comment concludes: it says more than anybody remembers, so that it is written anew
LOOK_AGAIN = ""  # in place of the mark of a comment's surroundings: it is looked at again, once

_BEGINS = frozenset({"labeled", "closed"})
_KINDS = {
    "labeled": EffectKind.ADD_LABEL,
    "unlabeled": EffectKind.ADD_LABEL,
    "closed": EffectKind.CLOSE,
    "reopened": EffectKind.CLOSE,
}

Timeline = Sequence[TimelineEvent]

log = structlog.get_logger(__name__)


def adopt_seen(services: Services, repository: RepositoryRecord, number: int, comments: Sequence[Comment]) -> None:
    """Take over what the bot wrote on the issue, where it is among the issue's comments and not remembered."""
    if any(one.by_this_app and marked(one.body) for one in comments):
        adopt_unread(services, repository, number)


def adopt_unread(services: Services, repository: RepositoryRecord, number: int) -> None:
    """Ask GitHub what the bot wrote on the issue, where it remembers no comment there, and take it over."""
    if services.storage.comments(repository.id, [number]):
        return
    timeline = _timeline(services, repository, number)
    if timeline is not None:
        adopt(services, repository, {number: timeline})


def adopt(services: Services, repository: RepositoryRecord, timelines: Mapping[int, Timeline]) -> None:
    """Take over the bot's comments that stand in these issues' timelines and are not remembered.

    Only what GitHub says this App wrote, with the bot's marker, is its own. Nothing is written to GitHub; what the
    comments say of their surroundings is followed from now on. Safe to repeat. The caller does not hold the
    repository's lock.
    """
    own = _own_comments(timelines)
    if not own:
        return
    storage, config = services.storage, config_in_force(services, repository)
    with storage.lock(repository.id):
        remembered = {row.number for row in storage.comments(repository.id, [one.number for one in own])}
        found = [one for one in own if one.number not in remembered]
        backs = [read_back(one.text or "", one.number, config) for one in found]
        known = [_as_known(storage, repository.id, back.decision) for back in backs]
        canonicals = {one.canonical for one in known if one.canonical is not None}
        around = surroundings(storage, repository.id, config, canonicals, promised=False)
        for one, read, decision in zip(found, backs, known, strict=True):
            back = replace(read, decision=decision)
            said = [*_words(repository.id, one), *_objected(storage, repository, one, decision.canonical)]
            is_so = decision == read.decision and not said and _is_so(storage, repository.id, back, around)
            told = around.mark(one.number, to_data(decision)) if is_so else LOOK_AGAIN
            _keep(storage, repository.id, config, one, back, told, said)
            log.info("comment.adopted", issue=one.number, verdict=decision.verdict.value)


def adopt_deleted(services: Services, repository: RepositoryRecord, number: int, comment_id: int) -> None:
    """Take over what else the bot did on an issue where its comment, which it did not remember, was deleted."""
    timeline = _timeline(services, repository, number)
    if timeline is None:
        return
    one = _Found(number, comment_id, services.clock(), None, timeline)
    nothing = ReadBack(Decision(number, Verdict.NEW), None, None)
    config = config_in_force(services, repository)
    with services.storage.lock(repository.id):
        _keep(services.storage, repository.id, config, one, nothing, LOOK_AGAIN, _words(repository.id, one))


def _timeline(services: Services, repository: RepositoryRecord, number: int) -> Timeline | None:
    """All that happened on the issue; None where it is gone."""
    try:
        return services.reader(repository).timeline(number)
    except Gone:
        return None


@dataclass(frozen=True, slots=True)
class _Found:
    """A comment of the bot (`text` without its marker; None where it is gone), and all that happened on its issue."""

    number: int
    comment: int
    at: datetime
    text: str | None
    timeline: Timeline


def _own_comments(timelines: Mapping[int, Timeline]) -> list[_Found]:
    """Of each issue the oldest that is ours by GitHub's word and by the marker: the one that is edited."""
    found: dict[int, _Found] = {}
    for number, timeline in sorted(timelines.items()):
        for one in sorted(timeline, key=lambda event: (event.at, event.id or 0)):
            if one.event == "commented" and one.id is not None and one.by_this_app and marked(one.body):
                found.setdefault(number, _Found(number, one.id, one.at, without_marker(one.body), timeline))
    return list(found.values())


def _as_known(storage: Storage, repository_id: int, decision: Decision) -> Decision:
    """The decision, as far as it names issues that are there (INV 7)."""
    named = {link.number for link in decision.links} | ({decision.canonical} if decision.canonical else set())
    rows = storage.issues(repository_id, sorted(named))
    there = {row.issue.number for row in rows if not row.issue.is_pull_request}
    decision = replace(decision, links=tuple(link for link in decision.links if link.number in there))
    if decision.canonical is None or decision.canonical in there:
        return decision
    return replace(decision, verdict=Verdict.RELATED, canonical=None, settled=False)


def _is_so(storage: Storage, repository_id: int, back: ReadBack, around: Surroundings) -> bool:
    """Whether what the comment says holds as far as can be told without deciding anew: it promises no closing and tells
    nothing from the maintainers, for both are forgotten; nobody said anything and nothing was decided since; its
    canonical is open (INV 3)."""
    decision, number, canonical = back.decision, back.decision.number, back.decision.canonical
    if decision.closes_on is not None or status_in(back.said or "") is not None:
        return False
    if storage.feedback(repository_id, number):
        return False
    if storage.last_decision(repository_id, number) is not None or number in around.configured.values():
        return False
    if canonical is None or decision.verdict is not Verdict.DUPLICATE:
        return canonical not in around.secret
    target = around.issues[canonical].issue
    elsewhere = around.configured.get(decision.cluster or "") not in {None, canonical}
    return target.state == "open" and not target.locked and not elsewhere and canonical not in around.secret


def _objected(
    storage: Storage, repository: RepositoryRecord, one: _Found, canonical: int | None
) -> list[FeedbackRecord]:
    """What the author said to the bot, before it forgot that or while it was away (INV 18)."""
    stored = storage.issue(repository.id, one.number)
    words = []
    for said in objections_of(stored.issue, one.timeline, repository.full_name) if stored is not None else ():
        word = FeedbackRecord(repository.id, one.number, "objection", said.act.at, said.act.actor, "command")
        words += [word] if said.other is None else []
        other = said.other or canonical
        words += [replace(word, kind="separated", other=other)] if other is not None else []
    return words


def _keep(
    storage: Storage,
    repository_id: int,
    config: RepoConfig,
    one: _Found,
    back: ReadBack,
    told: str,
    said: Sequence[FeedbackRecord],
) -> None:
    """The decision that the comment was written for as far as it can be known, with what was done for it; and beside it
    the one that told of the reports that point there. People's words come first: once the comment is remembered, an
    attempt that died is not made good (INV 31)."""
    storage.amend_feedback(repository_id, (), said)
    if back.is_notice and is_wrong(one.text or "") and storage.config(repository_id).notice_number is None:
        storage.set_notice(repository_id, one.number)
    body = to_data(back.decision) | {"told": told}
    concluded = NOT_SO if status_in(back.said or "") is not None else conclusion(back.decision, config)
    made = DecisionRecord(
        None,
        repository_id,
        one.number,
        one.at,
        NOTICE if back.is_notice else ADOPTED,
        f"{ADOPTED}/{one.comment}",
        back.decision.verdict.value,
        concluded,
        body,
    )
    done = EffectRecord(None, 0, repository_id, one.number, EffectKind.COMMENT.value, "", "done", one.at, one.at)
    written = replace(done, value=back.said or one.text or "", github_id=one.comment)
    kept = [(made, [*([written] if one.text is not None else []), *_effects(done, _doings(one.timeline))])]
    if back.block is not None:
        upkeep = replace(made, trigger=UPKEEP, delivery_id=f"{made.delivery_id}/{UPKEEP}")
        kept.append((upkeep, [replace(written, value=one.text or "")]))
    storage.save_decisions(kept)


@dataclass(frozen=True, slots=True)
class _Doing:
    """A label that the bot set, or its closing, where it did not take it back itself; `undone`: by somebody else."""

    kind: EffectKind
    event: TimelineEvent
    undone: TimelineEvent | None


def _doings(timeline: Timeline) -> list[_Doing]:
    """What the bot did last to each label, and to the issue's state, where nobody else did it after the bot."""
    turns: dict[tuple[EffectKind, str], list[TimelineEvent]] = {}
    for event in timeline:
        if event.event in _KINDS:
            kind = _KINDS[event.event]
            key = event.value.casefold() if kind is EffectKind.ADD_LABEL else ""
            turns[kind, key] = [*([] if event.event in _BEGINS else turns.get((kind, key), [])), event]
    return [
        _Doing(kind, events[0], events[-1] if len(events) > 1 else None)
        for (kind, _), events in turns.items()
        if events[0].event in _BEGINS and _is_ours(events[0]) and not any(map(_is_ours, events[1:]))
    ]


def _is_ours(event: TimelineEvent) -> bool:
    """A plain token acts in its owner's name, so that nobody can tell which of the two set a label."""
    return event.by_this_app and event.actor_is_bot


def _effects(blank: EffectRecord, doings: Sequence[_Doing]) -> list[EffectRecord]:
    """A label that somebody took away is still known as the bot's (INV 21); a closing that was undone is over."""
    return [
        replace(blank, kind=one.kind.value, value=one.event.value, planned_at=one.event.at, finished_at=one.event.at)
        for one in doings
        if one.undone is None or one.kind is EffectKind.ADD_LABEL
    ]


def _words(repository_id: int, one: _Found) -> list[FeedbackRecord]:
    """What people said by what they did: a label of the bot's that they took away (INV 21), and that they reopened the
    issue, whoever had closed it (INV 19); only people count (INV 20)."""
    undone = [
        (doing.undone, doing.event.value) for doing in _doings(one.timeline) if doing.kind is EffectKind.ADD_LABEL
    ]
    removed = [(event, "label-removed", name) for event, name in undone if event is not None]
    reopened = [(event, "reopened", None) for event in one.timeline if event.event == "reopened"]
    return [
        FeedbackRecord(repository_id, one.number, kind, event.at, event.actor, "event", None, value)
        for event, kind, value in (*removed, *reopened)
        if not event.actor_is_bot
    ]
