"""The one comment in which maintainers read what is wrong with their configuration, where the file asks for it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from bot.activities.act import perform
from bot.activities.observe import observe_issue
from bot.activities.standing import comment_row, spoken_decision, standing_rows
from bot.activities.words import NOTICE, is_paused
from bot.commands import MAINTAINERS
from bot.config_comment import OWNERS, mended, wrong
from bot.decision_data import to_data
from bot.effects import conclusion
from bot.repo_config import RepoConfig
from bot.services import Services
from bot.storage.protocol import Storage
from bot.storage.records import ConfigRecord, DecisionRecord, EffectRecord, RepositoryRecord
from bot.vetoes import CONFIG_NOTICE
from models.decision import Decision, EffectKind, Verdict
from models.issue import Issue
from models.text import looks_like_security_report, normalise

GONE = "the issue is gone"
NO_PLACE = "the issue is locked, closed, a pull request or reads like a security report"
TOLD_TO_STOP = "a person deleted the bot's comment there"
OCCUPIED = "the bot's comment there is about the report"
NOT_CHOSEN = "an organisation's file names it, and no maintainer of this repository opened it"
SILENT = "the bot is silent here"
UNCHANGED = "the comment says so already"
NOTHING = "there is nothing to tell"


@dataclass(frozen=True, slots=True)
class Notice:
    """What the comment on an issue has to say; `is_over`: that nothing is wrong any more."""

    number: int
    text: str
    is_over: bool

    @property
    def mark(self) -> str:
        """Of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def due(storage: Storage, repository_id: int, config: RepoConfig) -> tuple[int, str] | None:
    """The issue, and a mark of what its comment should say and does not; as far as the database knows."""
    record = storage.config(repository_id)
    notice = _notice(record, config)
    if notice is None:
        return None
    stored = storage.issue(repository_id, notice.number)
    if stored is not None and _refusal(storage, repository_id, config, notice, stored.issue) is not None:
        return None
    standing = _standing(storage, repository_id, config, notice)
    kept = None if notice.is_over else notice.number
    if standing is not None and standing.value == notice.text and record.notice_number == kept:
        return None
    before = 0 if standing is None else standing.id
    return notice.number, f"{before}/{notice.mark}"


def tell(services: Services, repository: RepositoryRecord, config: RepoConfig, run: str, *, ahead: int = 0) -> str:
    """Write or edit the comment (INV 23, 27); returns the effect's state, or why nothing was done.

    `config` was looked at just now. The caller holds the repository's lock; `run` makes it safe to repeat.
    """
    storage = services.storage
    notice = _notice(storage.config(repository.id), config)
    if notice is None:
        return NOTHING
    issue = observe_issue(services, repository, notice.number)
    if issue is None:
        return GONE
    refusal = _refusal(storage, repository.id, config, notice, issue) or _not_chosen(services, repository, issue)
    if refusal is not None:
        return refusal
    state = UNCHANGED
    if not _says_so(storage, repository.id, config, notice):
        (state,) = perform(
            services, repository, _planned(services, repository, config, notice, run), config, ahead=ahead
        )
    if _says_so(storage, repository.id, config, notice):
        storage.set_notice(repository.id, None if notice.is_over else notice.number)
    return state


def _notice(record: ConfigRecord, config: RepoConfig) -> Notice | None:
    """What is to be said: of what is wrong, where the last valid file asks for it; or that a notice is over."""
    if record.error is not None:
        file = (record.etag or "").partition(":")[0]  # whose file was read last (`bot.github.config_file`)
        text = wrong(record.error.splitlines(), file)
        return None if config.notice is None else Notice(config.notice, text, is_over=False)
    if record.notice_number is None:
        return None
    return Notice(record.notice_number, mended(record.source), is_over=True)


def _refusal(storage: Storage, repository_id: int, config: RepoConfig, notice: Notice, issue: Issue) -> str | None:
    """Why nothing may be said there. What is not true any more is taken back also where nothing new may be said."""
    paused = is_paused(storage.pauses(repository_id), repository_id)
    if config.mode == "shadow" or paused or config.limits.comments_per_hour == 0:
        return SILENT
    said = {one.kind for one in storage.feedback(repository_id, issue.number) if one.number == issue.number}
    if "comment-deleted" in said:
        return TOLD_TO_STOP
    is_closed = issue.state != "open" and not notice.is_over
    secret = looks_like_security_report(normalise(issue.title, issue.body))
    if issue.locked or issue.is_pull_request or is_closed or secret:
        return NO_PLACE
    rows = standing_rows(storage, repository_id, issue.number, config)
    spoken = spoken_decision(storage, repository_id, issue.number, rows)
    return OCCUPIED if spoken is not None and spoken.trigger != NOTICE else None


def _standing(storage: Storage, repository_id: int, config: RepoConfig, notice: Notice) -> EffectRecord | None:
    """The bot's comment on the issue, as it stands there."""
    return comment_row(standing_rows(storage, repository_id, notice.number, config))


def _says_so(storage: Storage, repository_id: int, config: RepoConfig, notice: Notice) -> bool:
    standing = _standing(storage, repository_id, config, notice)
    return standing is not None and standing.value == notice.text


def _not_chosen(services: Services, repository: RepositoryRecord, issue: Issue) -> str | None:
    """An organisation's file names one number for all its repositories: there it has to be an issue made for it."""
    if services.storage.config(repository.id).source != OWNERS:
        return None
    permission = services.reader(repository).permission(issue.author)
    return None if permission in MAINTAINERS else NOT_CHOSEN


def _planned(
    services: Services, repository: RepositoryRecord, config: RepoConfig, notice: Notice, run: str
) -> DecisionRecord:
    """The comment as the effect of a decision that leaves the issue itself alone."""
    at = services.clock()
    nothing = Decision(notice.number, Verdict.IGNORED, vetoes=(CONFIG_NOTICE,))
    fresh = DecisionRecord(
        None,
        repository.id,
        notice.number,
        at,
        NOTICE,
        f"{run}/{notice.mark}",
        nothing.verdict.value,
        conclusion(nothing, config),
        to_data(nothing),
    )
    comment = EffectRecord(None, 0, repository.id, notice.number, EffectKind.COMMENT.value, notice.text, "planned", at)
    decision_id, _ = services.storage.save_decision(fresh, [comment])
    return replace(fresh, id=decision_id)
