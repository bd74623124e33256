"""The rows that cross the storage's door, as plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.cluster import Wave
from models.curation import Edit
from models.embedder import Vectors
from models.issue import Issue
from models.text import Text

ADOPTED = "adopted"  # what causes a decision that stands for what the bot said before it forgot everything
PAUSED, RESUMED = "paused", "resumed"  # kinds of feedback; the newest of them holds
WAITS_FOR_BUDGET = "waits for its budget until "  # how the outcome of a delivery begins that lets others go first
WAITS_FOR_GITHUB = "waits for GitHub until "
REFUSED = (
    "GitHub refused it: "  # how the reason of a failed effect begins that is tried again (`bot.activities.refused`)
)
RAW = "raw"  # in place of a recipe: the issue was read, and its text is still to be prepared


@dataclass(frozen=True, slots=True)
class RepositoryRecord:
    """A repository that the bot knows. `state`: active | stopped | suspended | archived | removed."""

    id: int  # GitHub's own id, so that a rename or transfer keeps everything
    full_name: str
    installation_id: int | None = None
    state: str = "active"
    state_reason: str | None = None
    imported_at: datetime | None = None  # the last time the history was read to its end
    synced_at: datetime | None = None  # newest `updated_at` that is known to be complete
    open_issues_seen: int | None = None  # what GitHub said at import; for "indexed / total"


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """The configuration file as last read: `valid_text` stays in force while `error` is set.

    `source`: of the text in force: repository | owner | absent | out of reach (of the installation, or absent); None
    before the first look. `failed_since`: since when `error` is set. `notice_number`: the issue whose comment says
    that something is wrong; `Storage.set_notice` alone changes it.
    """

    etag: str | None = None
    checked_at: datetime | None = None
    valid_text: str | None = None
    error: str | None = None
    source: str | None = None
    failed_since: datetime | None = None
    notice_number: int | None = None


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """How far the first reading of a repository has come; one row, kept after its end.

    `total` is GitHub's own word, or an estimate while it gives none; `read` counts issues and pull requests. `to_embed`
    of the issues that were read, `embedded` have vectors. `usable_at`: when every open issue had them, so that
    decisions may be taken. `ended_at` None and `error` set: it waits to be resumed. `cursors`: listing → where it goes
    on (None: it was read to its end); and what `bot.activities.seams` keeps there.
    """

    repository_id: int
    began_at: datetime
    resumed_at: datetime | None = None
    usable_at: datetime | None = None
    ended_at: datetime | None = None
    error: str | None = None
    stage: str = "open issues"
    total: int | None = None
    read: int = 0
    pages: int = 0
    to_embed: int = 0
    embedded: int = 0
    cursors: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RateRecord:
    """What GitHub said last of an installation's hourly requests (installation 0: a plain token's)."""

    installation_id: int
    limit: int
    remaining: int
    resets_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class LearnedRecord:
    """What a repository taught; the empty record where nothing was learned yet.

    `boilerplate`: keys of its template's lines (`models.markdown.line_key`). `calibration`: JSON-able figures of how
    the score does there, see `bot.activities.learn`.
    """

    learned_at: datetime | None = None
    issues: int = 0
    boilerplate: frozenset[str] = frozenset()
    calibration: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue (redacted) with its normalised text (kept, so that a start need not normalise the whole history again),
    the hash of that text, the recipe that made it, and its facts."""

    issue: Issue
    text: Text
    text_hash: str
    recipe: str = ""
    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """The vectors of one issue (shape (2, dimension): title, salient text), and what made them."""

    number: int
    model_id: str
    text_hash: str
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """One request of GitHub, without a word that a person wrote.

    `state`: queued | running | done | failed. `outcome`: one enumerated word or sentence. `workflow`: a key of
    `bot.workflows.WORKFLOWS`. `details`: names and ids only (new repository of a transfer, repositories of an
    installation), JSON-able.
    """

    id: str
    event: str
    action: str | None
    workflow: str
    received_at: datetime
    repository: str | None = None
    repository_id: int | None = None
    issue: int | None = None
    installation_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    state: str = "queued"
    outcome: str | None = None
    error: str | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision as it was taken. `conclusion` is the hash by which a rerun knows that nothing changed;
    `body` is models.decision.Decision as JSON-able data, without the effects."""

    id: int | None  # given by the database
    repository_id: int
    number: int
    decided_at: datetime
    trigger: str  # delivery | rerun | command | feedback | follow | upkeep | notice | close | adopted
    delivery_id: str | None
    verdict: str
    conclusion: str
    body: Mapping[str, Any]
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EffectRecord:
    """Something to do, or done, on GitHub. `state`: planned | done | failed | shadow | skipped."""

    id: int | None  # given by the database
    decision_id: int
    repository_id: int
    number: int
    kind: str
    value: str
    state: str
    planned_at: datetime
    finished_at: datetime | None = None
    reason: str | None = None
    github_id: int | None = None


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What a person said. `kind`: separated | duplicate | objection | label-removed | reopened | comment-deleted; and
    of the bot itself: paused | resumed | obeyed (a command, `value` names it) | undone (`value` names what) | overruled
    (what a confirmation took back, until that is taken back)."""

    repository_id: int
    number: int
    kind: str
    said_at: datetime
    actor: str
    source: str  # comment | reaction | event | command | dashboard
    other: int | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class OwnComment:
    """A comment of the bot on an issue: GitHub's id of it, and when it was written last."""

    number: int
    id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What a maintainer tells all members of a cluster; the text is cleaned (`bot.comment.told`)."""

    text: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One run of a scheduled task, for "age of the last success"."""

    task: str
    repository: str | None
    started_at: datetime
    finished_at: datetime | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a generation comes from. `origin`: nightly | by hand | by command | import | configuration | rollback."""

    origin: str = "configuration"
    model_id: str | None = None
    scorer_id: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """A generation that is kept, without its clusters; how many clusters and members it has."""

    number: int
    published_at: datetime
    origin: str
    model_id: str | None
    scorer_id: str | None
    clusters: int
    members: int


@dataclass(frozen=True, slots=True)
class RefitRecord:
    """One attempt to refit. `outcome`: published | refused | failed; None while it runs, or where it died.

    `changes` are those of `models.reconcile` as JSON-able data, also where they were refused; `figures` are counts.
    """

    id: int
    repository_id: int
    origin: str
    started_at: datetime
    finished_at: datetime | None = None
    outcome: str | None = None
    reason: str | None = None
    generation: int | None = None
    churn: float | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)
    changes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class RefitStanding:
    """How one repository stands with its refits; `first_at` is when the first of those that are kept began."""

    repository_id: int
    repository: str
    first_at: datetime | None
    last_success: datetime | None
    last_outcome: str | None


@dataclass(frozen=True, slots=True)
class EditRecord:
    """What a person set on a cluster; `undone_by` is the id of the act that took it back."""

    id: int
    repository_id: int
    edit: Edit
    undone_by: int | None = None


@dataclass(frozen=True, slots=True)
class MissedRecord:
    """A pair that people linked and the bot had not named; `cause` is an enumerated word or a veto's name."""

    repository_id: int
    number: int
    other: int
    linked_at: datetime
    noticed_at: datetime
    cause: str


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """A wave on a cluster. `last_number` is its last report. By `numbers`, those of its latest reports, the cluster is
    found again after a refit, a merge or a split: it is the one that has most of them.

    `alarmed`: people were told, for it was on when it was noticed; those found in the past were never news.
    `told_began_at`, `told_ended_at`: when the outgoing webhook took it.
    """

    id: int | None  # given by the database
    repository_id: int
    cluster_id: str
    wave: Wave
    last_number: int
    alarmed: bool = True
    told_began_at: datetime | None = None
    told_ended_at: datetime | None = None
    numbers: tuple[int, ...] = ()
