"""What the bot asks of its database about what follows a decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.storage.records import ClusterStatus, DecisionRecord, EffectRecord


class FollowingStorage(Protocol):
    """The part of `Storage` about what follows a decision."""

    def pointing(
        self, repository_id: int, canonical: int | None = None, among: Collection[int] | None = None
    ) -> Sequence[DecisionRecord]:
        """The last decision of each issue (of all, or of these) on which a comment of the bot stands and that names a
        canonical issue (this one, where it is given; otherwise related ones count too), by number."""
        ...

    def left_alone(self, repository_id: int, among: Collection[int] | None = None) -> Sequence[DecisionRecord]:
        """The last decision of each issue (of all, or of these) on which a comment of the bot stands, where it is
        *ignored*, or where something of what it planned was refused by GitHub, or only recorded; by number."""
        ...

    def refused_comments(
        self, repository_id: int, reason: str, since: datetime, limit: int, but: Collection[str] = ()
    ) -> Sequence[DecisionRecord]:
        """The last decision of each issue, where its comment was refused for this reason since then, `but` for those
        with these triggers; by number."""
        ...

    def refused_changes(self, reason: str) -> Mapping[int, int]:
        """Repository → how many issues there are on whose last decision an effect failed for a reason that begins so;
        what comes again by itself, and an issue that is left alone, is none."""
        ...

    def decided_for(self, repository_id: int, trigger: str) -> Sequence[int]:
        """The issues on which a decision with this trigger was ever recorded, ascending."""
        ...

    def decided_between(
        self, repository_id: int, after: int, since: datetime, until: datetime, limit: int
    ) -> Sequence[DecisionRecord]:
        """The last decision of each issue with a higher number than `after`, where it was taken in that time (`until`
        left out), is *new* or *related* and names no canonical issue; the highest number first."""
        ...

    def comments(
        self, repository_id: int, numbers: Collection[int], since: datetime | None = None
    ) -> Sequence[EffectRecord]:
        """What the bot's comments on these issues said on GitHub (since then), the oldest first."""
        ...

    def judged(self, repository_id: int) -> Sequence[DecisionRecord]:
        """Every decision *duplicate* on an issue that the bot has commented on and about which people said whether it
        is a duplicate, in the order in which they were taken."""
        ...

    def set_status(self, repository_id: int, cluster_id: str, text: str | None, actor: str, at: datetime) -> None:
        """What a maintainer tells all members of a cluster, in place of what was told before; None: nothing more."""
        ...

    def statuses(self, repository_id: int) -> Mapping[str, ClusterStatus]:
        """Cluster → what its members are told."""
        ...

    def veto_counts(self) -> dict[str, int]:
        """Name of a veto → how many decisions it held back, over all repositories."""
        ...
