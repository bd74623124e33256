"""What the bot asks of its database, whatever engine is behind it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from bot.storage.consent_protocol import ConsentStorage
from bot.storage.dashboard_protocol import DashboardStorage
from bot.storage.following_protocol import FollowingStorage
from bot.storage.import_protocol import ImportStorage
from bot.storage.look_protocol import LookStorage
from bot.storage.page_protocol import PageStorage
from bot.storage.records import (
    DecisionRecord,
    DeliveryRecord,
    EditRecord,
    EffectRecord,
    FeedbackRecord,
    GenerationRecord,
    LearnedRecord,
    MissedRecord,
    Provenance,
    RefitRecord,
    RefitStanding,
    StoredIssue,
    StoredVectors,
    TaskRun,
)
from bot.storage.repository_protocol import RepositoryStorage
from bot.storage.wave_protocol import WaveStorage
from models.cluster import Cluster, Generation
from models.curation import Edit


class Storage(
    RepositoryStorage,
    WaveStorage,
    ConsentStorage,
    PageStorage,
    ImportStorage,
    DashboardStorage,
    FollowingStorage,
    LookStorage,
    Protocol,
):
    """Every method is one transaction. Datetimes are aware and in UTC. Upserts are by the record's natural key."""

    # --- locks
    def lock(self, repository_id: int, *, refit: bool = False) -> AbstractContextManager[None]:
        """Hold the repository for one decision: across threads, processes and (PostgreSQL) machines; waits.
        Ends with the process that holds it, however that ends. Not re-entrant. With `refit` for a refit: another lock,
        that is taken before the first and lets decisions pass."""
        ...

    def claim(self, worker: str) -> AbstractContextManager[None]:
        """Be the only process that works under this name, for recovery goes by it; raises StorageError at once where
        another one is. Ends with the process."""
        ...

    # --- issues and vectors
    def save_issues(self, repository_id: int, issues: Sequence[StoredIssue]) -> None: ...

    def issue(self, repository_id: int, number: int) -> StoredIssue | None: ...

    def issues(self, repository_id: int, numbers: Sequence[int] | None = None) -> Iterator[StoredIssue]:
        """In ascending order of number, streamed; all of them, or those asked for."""
        ...

    def issue_count(self, repository_id: int) -> int: ...

    def changes_since(self, repository_id: int, version: int) -> tuple[int, Sequence[int]]:
        """The repository's present change counter, and the numbers of issues whose issue or vector rows were saved or
        deleted after `version` (0: all). Lets another process keep its index fresh. The counter is 0 where the
        repository is not known; it does not start at 0."""
        ...

    def delete_issue(self, repository_id: int, number: int) -> None: ...

    def save_vectors(self, repository_id: int, vectors: Sequence[StoredVectors]) -> None: ...

    def vectors(
        self, repository_id: int, model_id: str, numbers: Sequence[int] | None = None
    ) -> Iterator[StoredVectors]:
        """Only those that this model made, ascending by number, streamed."""
        ...

    def unembedded(self, repository_id: int, model_id: str) -> Sequence[int]:
        """The issues (pull requests left out) whose present text this model has not embedded, newest first."""
        ...

    def vector_counts(self, repository_id: int) -> dict[str, int]:
        """Model → how many issues it embedded, be it in an earlier text; quicker than `embedded_counts`."""
        ...

    def embedded_counts(self, repository_id: int) -> dict[str, int]:
        """Model → how many issues it embedded in their present text."""
        ...

    # --- what a repository teaches
    def learned(self, repository_id: int) -> LearnedRecord:
        """As learned last; an empty record where nothing was."""
        ...

    def save_learned(self, repository_id: int, record: LearnedRecord) -> None: ...

    def outdated(self, repository_id: int, recipe: str) -> Sequence[int]:
        """The issues whose text and facts another recipe made, ascending."""
        ...

    # --- decisions, effects, feedback
    def save_decision(self, record: DecisionRecord, effects: Sequence[EffectRecord]) -> tuple[int, Sequence[int]]:
        """Record a decision with its effects in one transaction; returns the ids. The effects' decision_id is
        filled in. Where `delivery_id` is set and that delivery has a decision already, nothing is written and the
        earlier ids are returned."""
        ...

    def save_decisions(self, records: Sequence[tuple[DecisionRecord, Sequence[EffectRecord]]]) -> None:
        """The same of several, all or none."""
        ...

    def last_decision(self, repository_id: int, number: int) -> DecisionRecord | None: ...

    def decisions(
        self, repository_id: int, *, since: datetime | None = None, number: int | None = None, limit: int = 1000
    ) -> Sequence[DecisionRecord]:
        """Newest first."""
        ...

    def duplicates(self, repository_id: int) -> dict[int, int]:
        """Issue → canonical, for every issue whose last decision says *duplicate* or is settled, with people's own
        `duplicate` feedback over it and separated pairs taken out; the canonical is always the earlier one (INV 2)."""
        ...

    def finish_effect(self, effect_id: int, state: str, reason: str | None, github_id: int | None) -> None: ...

    def effects(
        self,
        repository_id: int,
        *,
        number: int | None = None,
        decision_id: int | None = None,
        kind: str | None = None,
        state: str | None = None,
        limit: int = 1000,
    ) -> Sequence[EffectRecord]:
        """Newest first."""
        ...

    def decision_counts(self) -> dict[str, int]:
        """Verdict → number of decisions, over all repositories."""
        ...

    def effect_counts(self) -> dict[str, int]:
        """State → number of effects, over all repositories."""
        ...

    def comments_written_since(self, repository_id: int, since: datetime) -> int:
        """Comment effects in state done since then; for the hourly budget."""
        ...

    def save_feedback(self, record: FeedbackRecord) -> None:
        """Idempotent by (repository, number, kind, actor, other, value)."""
        ...

    def feedback(self, repository_id: int, number: int | None = None) -> Sequence[FeedbackRecord]: ...

    # --- clusters
    def publish(
        self,
        repository_id: int,
        generation: Generation,
        provenance: Provenance = ...,
        refit: RefitRecord | None = None,
        acts: Sequence[Edit] = (),
    ) -> None:
        """Write the generation aside and switch the current one to it in one statement. The end of the refit that made
        it, and acts that follow from it, are kept in the same transaction, so that one that is repeated after a crash
        finds that it has ended."""
        ...

    def current_generation(self, repository_id: int) -> Generation | None: ...

    def generation(self, repository_id: int, number: int) -> Generation | None:
        """One that is kept, by its number; as it was when the next one took its place."""
        ...

    def generations(self, repository_id: int, limit: int = 1000) -> Sequence[GenerationRecord]:
        """Those that are kept, newest first."""
        ...

    def clusters_in_force(
        self,
        repository_id: int,
        *,
        ids: Collection[str] | None = None,
        holding: Collection[int] | None = None,
        known: bool = False,
    ) -> Sequence[Cluster]:
        """Clusters of the generation in force, in its order: those with these ids, those that hold any of these
        issues, those of the configuration. Takes time by what is asked for, not by how much there is."""
        ...

    def clusters_led_by(self, repository_id: int, number: int) -> Sequence[str]:
        """The ids of the clusters in force whose canonical issue it is, member or not, in their order."""
        ...

    def cluster_ids(self, repository_id: int, beginning: str = "") -> frozenset[str]:
        """Every id that a cluster of the repository ever had, or those that begin so; none is given to another one."""
        ...

    def join_cluster(self, repository_id: int, cluster_id: str, number: int) -> None:
        """Add an issue to a cluster of the current generation, leaving any other; idempotent. Raises NotFound where
        that generation has no such cluster."""
        ...

    def leave_cluster(self, repository_id: int, number: int) -> None:
        """Take an issue out of whatever cluster of the current generation it is in; idempotent."""
        ...

    def amend(
        self,
        repository_id: int,
        changed: Sequence[Cluster],
        gone: Collection[str] = (),
        edit: Edit | None = None,
        undoes: int | None = None,
    ) -> int | None:
        """In one transaction, put clusters into the generation in force as they are here (their members leave any
        other; issues deleted since are left out), end those that are gone, and keep the act that led to it; returns the
        act's id. Raises NotFound where nothing was ever published, or what it undoes does not hold."""
        ...

    # --- what people set on clusters, refits, the ledger
    def save_edit(self, repository_id: int, edit: Edit, undoes: int | None = None) -> int:
        """Add an act of a person; `undoes` names an earlier one that no longer holds."""
        ...

    def edits(self, repository_id: int) -> Sequence[EditRecord]:
        """In the order in which they were made, also those that were undone."""
        ...

    def start_refit(self, repository_id: int, origin: str, at: datetime) -> int: ...

    def finish_refit(self, record: RefitRecord) -> None: ...

    def refit(self, refit_id: int) -> RefitRecord | None: ...

    def refits(self, repository_id: int, limit: int = 100) -> Sequence[RefitRecord]:
        """Newest first."""
        ...

    def refit_standing(self, *, every: bool = False) -> Sequence[RefitStanding]:
        """How each active repository stands, by name."""
        ...

    def save_missed(self, records: Sequence[MissedRecord]) -> None:
        """Upsert by pair."""
        ...

    def drop_missed(self, repository_id: int, pairs: Collection[tuple[int, int]]) -> None:
        """Take pairs (number, other) out of the ledger."""
        ...

    def missed(self, repository_id: int, limit: int = 1000) -> Sequence[MissedRecord]:
        """The ledger, the pair that was linked last first."""
        ...

    def missed_counts(self) -> dict[str, int]:
        """Cause → number of missed duplicates, over all repositories."""
        ...

    # --- deliveries and tasks
    def accept(
        self, records: Sequence[DeliveryRecord], enqueue: Callable[[Any, DeliveryRecord], None]
    ) -> Sequence[bool]:
        """In one durable transaction, insert each delivery that was never seen and hand it, with the open SQLAlchemy
        connection, to `enqueue`; returns which were new. If `enqueue` raises, nothing of the batch is kept."""
        ...

    def delivery(self, delivery_id: str) -> DeliveryRecord | None: ...

    def start_delivery(self, record: DeliveryRecord) -> bool:
        """Insert as running, or move a queued one to running. False, and nothing is kept, where it is new here and its
        repository is not known: both were forgotten (INV 45)."""
        ...

    def finish_delivery(self, delivery_id: str, state: str, outcome: str, error: str | None = None) -> None: ...

    def deliveries(
        self,
        *,
        state: str | None = None,
        repository_id: int | None = None,
        issue: int | None = None,
        outcome: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> Sequence[DeliveryRecord]:
        """Newest first; `outcome` is how theirs begins."""
        ...

    def delivery_counts(self) -> dict[str, int]:
        """State → number of deliveries."""
        ...

    def start_task(self, task: str, repository: str | None) -> int: ...

    def finish_task(self, run_id: int, error: str | None = None) -> None: ...

    def task_runs(self, task: str | None = None, limit: int = 100) -> Sequence[TaskRun]:
        """Newest first."""
        ...

    def last_success(self, task: str) -> datetime | None: ...

    def first_run(self) -> datetime | None: ...  # when the oldest that is kept began

    # --- resumable batches (rerun)
    def open_batch(self, repository_id: int, scope: str, numbers: Sequence[int]) -> tuple[int, Sequence[int]]:
        """Start, or find unfinished under the same scope, a batch; returns its id and the numbers still to do."""
        ...

    def batch_done(self, batch_id: int, number: int) -> None: ...

    def close_batch(self, batch_id: int) -> None: ...

    # --- housekeeping
    def schema_state(self) -> tuple[str | None, str]:
        """(revision in the database, revision that this code needs)."""
        ...

    def close(self) -> None: ...
