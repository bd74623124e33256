"""The bot's comment on a canonical issue: how many reports point there, since when, and in which variants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.activities.act import give_up, perform
from bot.activities.observe import observe_issue
from bot.activities.refused import refusal_of
from bot.activities.standing import comment_row, standing_rows
from bot.activities.view import PLATFORM_NAMES
from bot.activities.words import UPKEEP, is_paused
from bot.canonical_comment import (
    LEAST_REPORTS,
    SHOWN,
    CanonicalView,
    folded,
    most_common,
    render_canonical,
    unfolded,
)
from bot.comment import nobody
from bot.decision_data import to_data
from bot.effects import conclusion
from bot.repo_config import RepoConfig
from bot.rules import ignored
from bot.sayable import is_sayable
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import DecisionRecord, EffectRecord, RepositoryRecord, StoredIssue
from bot.vetoes import IGNORED_CLOSED, SECURITY_REPORT, VETOES
from models.decision import Decision, EffectKind, Verdict
from models.forest import roots_of
from models.issue import Issue
from models.text import looks_like_security_report
from models.versions import begin_alike, span

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
STOPPING = frozenset({"objection", "comment-deleted"})  # a person's words after which the bot adds nothing there

GONE = "it is gone"
NO_PLACE = (
    "the bot leaves it alone: it is closed, locked, a pull request, a bot's, ignored by the configuration or its notice"
)
TOLD_TO_STOP = "the bot was told to stop there"
TOO_FEW = "too few reports point there"
NOT_YET = "it was brought up to date within the hour"
UNCHANGED = "nothing changed"
SILENT = "the bot is silent here"
REASONS = frozenset({TOO_FEW, NOT_YET, UNCHANGED})


def canonicals(storage: Storage, repository_id: int) -> list[int]:
    """The issues at which reports point that the bot answered, and those that it once told of reports, ascending."""
    spoken = {one.number for one in storage.pointing(repository_id)}
    roots = roots_of(storage.duplicates(repository_id))
    answered = {root for number, root in roots.items() if number in spoken}
    return sorted(answered.union(storage.decided_for(repository_id, UPKEEP)))


def wanted(
    storage: Storage, repository_id: int, config: RepoConfig, numbers: Iterable[int], now: datetime
) -> list[int]:
    """The canonical issues whose comments are to be written or edited, as far as the database knows."""
    among = list(numbers)
    duplicates = storage.duplicates(repository_id) if among else {}
    issues = {row.issue.number: row.issue for row in storage.issues(repository_id, among)}
    return [
        one
        for one in among
        if _refusal(storage, repository_id, config, issues.get(one), duplicates) is None
        and _body(storage, repository_id, config, one, now, duplicates) not in REASONS
    ]


def _is_due(storage: Storage, repository_id: int, number: int, now: datetime) -> bool:
    last = next((one for one in storage.decisions(repository_id, number=number) if one.trigger == UPKEEP), None)
    return last is None or now - last.decided_at >= HOUR


def _is_tried_again(storage: Storage, repository_id: int, number: int) -> bool:
    """Whether GitHub refused what the issue's last decision changed: that goes first, or it would be forgotten."""
    last = storage.last_decision(repository_id, number)
    refusal = None if last is None else refusal_of(storage, last)
    return refusal is not None and refusal.again_at is not None


def keep(
    services: Services, repository: RepositoryRecord, config: RepoConfig, number: int, run: str, *, ahead: int = 0
) -> str:
    """Write or edit the comment of one canonical issue (INV 23: the only one there); returns the effect's state or why
    nothing was done. The caller holds the repository's lock; `run` makes it safe to repeat."""
    storage = services.storage
    issue = observe_issue(services, repository, number)
    duplicates = storage.duplicates(repository.id)
    refusal = _refusal(storage, repository.id, config, issue, duplicates)
    decided = next((one for one in storage.decisions(repository.id, number=number) if one.delivery_id == run), None)
    if refusal is not None:
        if decided is not None:
            give_up(services, decided, refusal)
        return refusal
    if decided is None:
        body = _body(storage, repository.id, config, number, services.clock(), duplicates)
        if body in REASONS:
            return body
        decided = _record(services, repository, config, number, run, body)
    states = perform(services, repository, decided, config, ahead=ahead)
    return states[-1] if states else UNCHANGED


def canonical_view(reports: Sequence[StoredIssue], now: datetime, config: RepoConfig) -> CanonicalView:
    """The reports in numbers; there is at least one. A value that could be a reporter's words is left out (INV 40)."""
    moments = sorted(row.issue.created_at for row in reports)
    stated = {name: _sayable(name, reports, config) for name in (*SHOWN, "version", "os")}
    told = set(stated["version"])
    own = span(told.intersection(row.facts.get("version", ())) for row in reports)
    versions = [one for one in stated["version"] if own is not None and begin_alike(one, own[0])]
    platforms = most_common(stated["os"])
    facts = ((name, most_common(stated[name])) for name in SHOWN)
    return CanonicalView(
        reports=len(reports),
        first_seen=moments[0].date(),
        last_seen=moments[-1].date(),
        last_week=sum(now - WEEK < one <= now for one in moments),
        week_before=sum(now - 2 * WEEK < one <= now - WEEK for one in moments),
        facts=tuple((name, values) for name, values in facts if values),
        versions=most_common(versions),
        version_range=own,
        platforms=[(PLATFORM_NAMES.get(name, name), count) for name, count in platforms],
        newest=tuple(sorted((row.issue.number for row in reports), reverse=True)),
    )


def _sayable(name: str, reports: Sequence[StoredIssue], config: RepoConfig) -> list[str]:
    """What the reports state of a fact and the comment may show, once for each report."""
    authors: dict[str, set[str]] = {}
    for row in reports:
        for value in row.facts.get(name, ()):
            authors.setdefault(value, set()).add(row.issue.author)
    shown = {value for value, who in authors.items() if is_sayable((name, value), who, config)}
    return [value for row in reports for value in row.facts.get(name, ()) if value in shown]


def reports_of(storage: Storage, repository_id: int, number: int, duplicates: Mapping[int, int]) -> list[StoredIssue]:
    """The issues that point at a canonical one: its duplicates, and the members of a known cluster that is its own."""
    if number in duplicates:  # it is no root by now, so that its reports are counted elsewhere (INV 4)
        return []
    pointing = {one for one, root in roots_of(duplicates).items() if root == number}
    homes = storage.clusters_in_force(repository_id, holding=[number], known=True)
    pointing |= {member for one in homes if one.canonical == number and one.slug for member in one.members}
    rows = storage.issues(repository_id, sorted(pointing - {number}))
    return [row for row in rows if not (row.issue.is_pull_request or looks_like_security_report(row.text))]  # INV 44


def _refusal(
    storage: Storage, repository_id: int, config: RepoConfig, issue: Issue | None, duplicates: Mapping[int, int]
) -> str | None:
    if issue is None:
        return GONE
    if config.mode == "shadow" or is_paused(storage.pauses(repository_id), repository_id):
        return SILENT
    reason = ignored(issue, config)
    if reason is not None and not (reason == IGNORED_CLOSED and issue.number in duplicates):
        return NO_PLACE  # of a duplicate, what stands there is still brought to its end
    stored = storage.issue(repository_id, issue.number)
    if stored is not None and looks_like_security_report(stored.text):
        return VETOES[SECURITY_REPORT]  # INV 44
    said = storage.feedback(repository_id, issue.number)
    return TOLD_TO_STOP if any(one.kind in STOPPING and one.number == issue.number for one in said) else None


def _body(
    storage: Storage,
    repository_id: int,
    config: RepoConfig,
    number: int,
    now: datetime,
    duplicates: Mapping[int, int],
) -> str:
    """The comment as it should be, or one of REASONS for which it stays as it is."""
    if not _is_due(storage, repository_id, number, now) or _is_tried_again(storage, repository_id, number):
        return NOT_YET
    standing = comment_row(standing_rows(storage, repository_id, number, config))
    said, block = unfolded(standing.value) if standing is not None else (None, None)
    reports = reports_of(storage, repository_id, number, duplicates)
    if block is None and len(reports) < LEAST_REPORTS:
        return TOO_FEW
    if block is None and not _any_of(reports, {one.number for one in storage.pointing(repository_id)}):
        return TOO_FEW
    fresh = render_canonical(canonical_view(reports, now, config)) if reports else None
    body = folded(said or (None if fresh else nobody()), fresh)
    return UNCHANGED if standing is not None and body == standing.value else body


def _any_of(reports: Iterable[StoredIssue], numbers: set[int]) -> bool:
    """An import answers nobody, so it begins no comments on canonical issues either (INV 28)."""
    return any(row.issue.number in numbers for row in reports)


def _record(
    services: Services, repository: RepositoryRecord, config: RepoConfig, number: int, run: str, body: str
) -> DecisionRecord:
    """Keep what is written as an effect of the issue's last decision, repeated word for word."""
    last = services.storage.last_decision(repository.id, number)
    at = services.clock()
    if last is not None:
        fresh = replace(last, id=None, decided_at=at, trigger=UPKEEP, delivery_id=run, milliseconds=0.0)
    else:
        nothing = Decision(number, Verdict.NEW)
        concluded = conclusion(nothing, config)
        fresh = DecisionRecord(
            None, repository.id, number, at, UPKEEP, run, nothing.verdict.value, concluded, to_data(nothing)
        )
    effect = EffectRecord(None, 0, repository.id, number, EffectKind.COMMENT.value, body, "planned", at)
    decision_id, _ = services.storage.save_decision(fresh, [effect])
    return replace(fresh, id=decision_id)
