"""Each repository's searchable history in memory, kept in step with the database's change counter."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.storage.protocol import Storage
from bot.storage.records import StoredIssue
from models.clumps import learn_clumps
from models.cluster import KnownCluster
from models.document import Document
from models.embedder import Embedder, Vectors
from models.matching import ClusterProfile, profile
from models.retrieval import IssueIndex
from models.rhythm import learn
from models.waves import Past

BATCH = 2000  # issues read from the database at a time while an index is filled
ISSUE_BYTES = 16 * 1024  # of an issue in memory beside its vectors: its text, facts, words and their places
WAVES = 1000  # the latest, which are left out of what is usual
PROFILES_KEPT = 2000  # known clusters of all repositories, embedded and ready


def as_document(row: StoredIssue, vectors: Vectors) -> Document:
    """A stored issue and its vectors, ready for comparison."""
    return Document(
        number=row.issue.number,
        text=row.text,
        facts=row.facts,
        vectors=vectors,
        created_at=row.issue.created_at,
        author=row.issue.author,
    )


def is_searchable(row: StoredIssue) -> bool:
    """Pull requests and bots' issues are nobody's duplicate (INV 7, 14)."""
    return not row.issue.is_pull_request and not row.issue.author_is_bot


@dataclass(slots=True)
class _Cached:
    index: IssueIndex
    model_id: str
    version: int = 0
    usual: tuple[date, int, Past] | None = None  # learned on which day, of how many issues
    lock: threading.Lock = field(default_factory=threading.Lock)


class IndexCache:
    """Repository id → IssueIndex, filled from the database and brought up to date at each use.

    Over `megabytes` in all, the one that was used longest ago is dropped; it is read again when it is needed.
    """

    def __init__(self, storage: Storage, embedder: Embedder, *, megabytes: float = math.inf) -> None:
        self._storage = storage
        self._most = megabytes * 1024 * 1024
        self._embedder = embedder
        self._cached: dict[int, _Cached] = {}
        self._profiles: dict[tuple[str, str], ClusterProfile] = {}
        self._whole: set[int] = set()
        self._lock = threading.Lock()

    def index(self, repository_id: int) -> IssueIndex:
        """Every issue of the repository that has vectors of the model in force, as the database has it now."""
        cached = self._held(repository_id)
        with cached.lock:
            self._follow(repository_id, cached)
        self._make_room(repository_id)
        return cached.index

    def megabytes(self) -> float:
        """About how much memory the histories take."""
        with self._lock:
            return sum(map(self._bytes, self._cached.values())) / 1024 / 1024

    def _make_room(self, used: int) -> None:
        """Drop those that were used longest ago, and never the one that is used now."""
        with self._lock:
            sizes = {key: self._bytes(one) for key, one in self._cached.items()}
            for key in [key for key in sizes if key != used]:
                if sum(sizes.values()) <= self._most:
                    return
                del self._cached[key], sizes[key]

    def _bytes(self, cached: _Cached) -> int:
        return len(cached.index) * (2 * self._embedder.model_id.dimension * 4 + ISSUE_BYTES)

    def usual(self, repository_id: int, now: datetime, *, anew: bool = False) -> Past:
        """Since when the repository's reports are known, their rhythm, and how clumped its clusters' come; learned
        anew each day, when they have become a tenth more, and where it is asked for: after a refit. Of the index as it
        was used last: who asks need not hold the repository's lock."""
        cached = self._held(repository_id)
        with cached.lock:  # who decides meanwhile changes the index under it too
            if not cached.version:
                self._follow(repository_id, cached)
            index = cached.index
            known = cached.usual
            if anew or known is None or known[0] != now.date() or len(index) > 1.1 * known[1]:
                known = cached.usual = now.date(), len(index), self._learned(repository_id, index, now)
            return known[2]

    def _learned(self, repository_id: int, index: IssueIndex, now: datetime) -> Past:
        """Earlier waves are not usual, and teach no clumps."""
        reported = [document.created_at for document in index.documents()]
        since = min(reported, default=now)
        rhythm = learn(reported, since, now)
        clusters = {name: [at for at, _ in one] for name, one in self._storage.cluster_reports(repository_id).items()}
        for row in self._storage.waves(repository_id, limit=WAVES):
            began, ended = row.wave.began_at, row.wave.ended_at or row.wave.last_arrival_at
            inside = clusters.get(row.cluster_id, [])
            clusters[row.cluster_id] = [at for at in inside if not began <= at <= ended]
        return Past(since, rhythm, clumps=learn_clumps(clusters.values(), rhythm, since, now))

    def _held(self, repository_id: int) -> _Cached:
        model_id = self._embedder.model_id
        with self._lock:
            cached = self._cached.pop(repository_id, None)
            if cached is None or cached.model_id != str(model_id):
                cached = _Cached(IssueIndex(model_id.dimension), str(model_id))
            self._cached[repository_id] = cached  # the last one is the one that was used last
        return cached

    def _follow(self, repository_id: int, cached: _Cached) -> None:
        version, changed = self._storage.changes_since(repository_id, cached.version)
        self._refresh(repository_id, cached, changed)
        cached.version = version

    def _refresh(self, repository_id: int, cached: _Cached, changed: Sequence[int]) -> None:
        for start in range(0, len(changed), BATCH):
            numbers = changed[start : start + BATCH]
            documents = self._documents(repository_id, cached.model_id, numbers)
            found = {document.number for document in documents}
            for number in numbers:
                if number not in found and number in cached.index:
                    cached.index.remove(number)
            cached.index.put_all(documents)

    def _documents(self, repository_id: int, model_id: str, numbers: Sequence[int]) -> list[Document]:
        vectors = {row.number: row for row in self._storage.vectors(repository_id, model_id, numbers)}
        return [
            as_document(row, vectors[row.issue.number].vectors)
            for row in self._storage.issues(repository_id, numbers)
            if is_searchable(row)
            and row.issue.number in vectors
            and vectors[row.issue.number].text_hash == row.text_hash
        ]

    def is_whole(self, repository_id: int) -> bool:
        """Whether this process saw that the model in force embedded the history to its end."""
        return repository_id in self._whole

    def note_whole(self, repository_id: int) -> None:
        """It did, but for what is new; the model of a process never changes."""
        self._whole.add(repository_id)

    def profiles(self, clusters: Sequence[KnownCluster]) -> dict[str, ClusterProfile]:
        """The known clusters made ready for matching, by slug; each definition is embedded once."""
        return {cluster.slug: self._profile(cluster) for cluster in clusters}

    def _profile(self, cluster: KnownCluster) -> ClusterProfile:
        """By the whole definition: two repositories may call different things by one slug."""
        key = (str(self._embedder.model_id), repr(cluster))
        with self._lock:
            known = self._profiles.pop(key, None)
        known = known or profile(cluster, self._embedder)
        with self._lock:
            self._profiles[key] = known
            while len(self._profiles) > PROFILES_KEPT:
                self._profiles.pop(next(iter(self._profiles)), None)  # the one that was used longest ago
        return known

    def forget(self, repository_id: int) -> None:
        """Drop the repository's index."""
        with self._lock:
            self._cached.pop(repository_id, None)
