"""What the dashboard's lists ask of the database; each call takes time by what a page shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.storage.page_records import ClusterQuery, ClusterRow, IssueQuery, IssueRow, MemberRow, Page, ReviewRow


class PageStorage(Protocol):
    """The part of `Storage` about lists."""

    def find_issues(self, repository_id: int, query: IssueQuery) -> Page[IssueRow]:
        """One page of issues, pull requests left out."""
        ...

    def issue_cards(self, repository_id: int, numbers: Sequence[int]) -> Mapping[int, IssueRow]:
        """Number → its row in a list, for those that are known."""
        ...

    def issue_states(self, repository_id: int) -> Mapping[str, int]:
        """State → how many issues."""
        ...

    def verdict_count(self, repository_id: int, verdict: str, *, since: datetime) -> int:
        """How many issues have it by their last decision, taken since then."""
        ...

    def find_clusters(self, repository_id: int, query: ClusterQuery) -> Page[ClusterRow]:
        """One page of the clusters in force."""
        ...

    def cluster_members(self, repository_id: int, cluster_id: str, limit: int) -> Sequence[MemberRow]:
        """The newest members of a cluster in force, ascending by number, without their texts."""
        ...

    def cluster_arrivals(
        self, repository_id: int, ids: Collection[str], since: datetime
    ) -> Mapping[str, Sequence[datetime]]:
        """Id → when reports of the cluster in force were opened since then, in order; nothing for one without any."""
        ...

    def cluster_titles(self, repository_id: int) -> Mapping[str, str]:
        """Id → title, for every cluster in force, by title."""
        ...

    def review(
        self, repository_id: int, kind: str, band: tuple[float, float], *, limit: int = 20, offset: int = 0
    ) -> Page[ReviewRow]:
        """What waits for a person, the newest first. `kind`: objection | missed | near; `band`: the scores that count
        as near the threshold."""
        ...

    def review_counts(
        self, repository_id: int, band: tuple[float, float], *, but: Collection[str] = ()
    ) -> Mapping[str, int]:
        """Kind → how many wait, a thousand at most; `but` these."""
        ...
