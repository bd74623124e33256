"""Which comments no longer say what is so: their canonical moved or was fixed (INV 6), a status was set, people told
the issue apart from another (INV 8)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.activities.earned import closing_right
from bot.activities.overridden import overridden
from bot.case import root_of
from bot.repo_config import RepoConfig
from bot.storage.protocol import Storage
from bot.storage.records import ClusterStatus, DecisionRecord, FeedbackRecord, StoredIssue
from bot.vetoes import COMMENT_DELETED, NOT_FIRST_NOW
from models.forest import roots_of
from models.text import looks_like_security_report
from models.versions import fixed_in


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a comment says besides what its own issue says: of the canonical issues, of their clusters, of closing."""

    duplicates: Mapping[int, int]  # to the root of each
    issues: Mapping[int, StoredIssue]
    homes: Mapping[int, str]  # canonical → the cluster in force that it is in
    told: Mapping[str, ClusterStatus]
    configured: Mapping[str, int | None]  # slug → the canonical that the configuration, or a person, names
    closes: bool  # the bot closes here: the mode says so, and it is earned
    secret: frozenset[int]  # canonicals that read like security reports (INV 44)
    apart: Mapping[int, Collection[int]]  # issue → those that people told apart from it
    named: Mapping[int, int]  # issue → the one that a person called it a duplicate of last

    def status(self, cluster: str | None, canonical: int | None) -> ClusterStatus | None:
        """What the members are told."""
        return self.told.get(cluster or "") or self.told.get(self.homes.get(canonical or 0, ""))

    def _root_said(self, number: int) -> int | None:
        """Where a person's word leads by now."""
        named = self.named.get(number)
        return None if named is None else root_of(named, self.duplicates)

    def mark(self, number: int, body: Mapping[str, Any]) -> str:
        """A hash of what a decision's comment says of its surroundings; another one means that it is to be looked at
        again, once."""
        canonical, cluster = body.get("canonical"), body.get("cluster")
        known = self.issues.get(canonical or 0)
        status = self.status(cluster, canonical)
        said: list[Any] = [
            None if canonical is None else root_of(canonical, self.duplicates),
            None if known is None else [known.issue.state, known.issue.state_reason, known.issue.locked],
            None if known is None else fixed_in(known.issue),
            None if status is None else [status.text, status.at.date().isoformat()],
            self.configured.get(cluster or ""),
            body.get("closes_on") is not None and not self.closes,
        ]
        earlier = sorted(one for one in self.apart.get(number, ()) if one < number)  # only these can it have named
        said += [["apart", earlier]] if earlier else []
        said += ["secret"] if canonical in self.secret else []
        root = self._root_said(number) if body.get("confirmed") else None
        said += ["root", root] if root not in {None, canonical} else []
        named = canonical is not None and number in self.configured.values() and not body.get("confirmed")
        said += ["named"] if named else []  # others are pointed here, so that this one points nowhere
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]


def surroundings(
    storage: Storage, repository_id: int, config: RepoConfig, canonicals: Collection[int], *, promised: bool
) -> Surroundings:
    """Read for these canonical issues at once; `promised`: some comment says that its issue is closed."""
    told, spoken = storage.statuses(repository_id), storage.feedback(repository_id)
    holding = storage.clusters_in_force(repository_id, holding=canonicals) if told and canonicals else ()
    rows = list(storage.issues(repository_id, sorted(canonicals)))
    return Surroundings(
        roots_of(storage.duplicates(repository_id)),
        {row.issue.number: row for row in rows},
        {member: one.id for one in holding for member in one.members},
        told,
        {one.slug: one.canonical for one in overridden(storage, repository_id, config).clusters},
        promised and config.mode == "close" and closing_right(storage, repository_id).earned,
        frozenset(row.issue.number for row in rows if looks_like_security_report(row.text)),
        told_apart(spoken),
        named_by_people(spoken),
    )


def told_apart(said: Iterable[FeedbackRecord]) -> Mapping[int, Collection[int]]:
    """Issue → those that people told apart from it."""
    found: dict[int, set[int]] = {}
    for word in said:
        if word.kind == "separated" and word.other is not None:
            found.setdefault(word.number, set()).add(word.other)
            found.setdefault(word.other, set()).add(word.number)
    return found


def named_by_people(said: Iterable[FeedbackRecord]) -> Mapping[int, int]:
    """Issue → the one that a person called it a duplicate of last."""
    return {one.number: one.other for one in said if one.kind == "duplicate" and one.other is not None}


def mark_of(storage: Storage, repository_id: int, config: RepoConfig, number: int, body: Mapping[str, Any]) -> str:
    """The mark of one issue's decision as things are now."""
    canonical = body.get("canonical")
    around = surroundings(
        storage,
        repository_id,
        config,
        [] if canonical is None else [canonical],
        promised=body.get("closes_on") is not None,
    )
    return around.mark(number, body)


def stale(
    storage: Storage,
    repository_id: int,
    config: RepoConfig,
    canonical: int | None = None,
    among: Collection[int] | None = None,
) -> list[tuple[DecisionRecord, str]]:
    """The decisions (all, those that name this canonical issue, those on the issues `among` all) whose comments say
    what is no longer so, each with the mark of what is so now. An issue that people closed is left alone, unless they
    said whose duplicate it is, or told it apart from one that its comment names (INV 8)."""
    rows = storage.pointing(repository_id, canonical, among)
    around = surroundings(
        storage, repository_id, config, _canonicals(rows), promised=any(_promises(one) for one in rows)
    )
    marked = [(one, around.mark(one.number, one.body)) for one in rows]
    changed = [(one, mark) for one, mark in marked if one.body.get("told") not in {None, mark}]
    issues = {row.issue.number: row for row in storage.issues(repository_id, [one.number for one, _ in changed])}
    return [
        (one, mark)
        for one, mark in changed
        if not named_in(one.body).isdisjoint(around.apart.get(one.number, ()))
        or _is_followed(one, issues.get(one.number))
    ]


def named_in(body: Mapping[str, Any]) -> frozenset[int]:
    """The issues that a decision's comment names."""
    links = [one["number"] for one in body.get("links", ())]
    return frozenset(one for one in (body.get("canonical"), *links) if one is not None)


def members_told(
    storage: Storage, repository_id: int, cluster_id: str, among: Collection[int] | None = None
) -> list[DecisionRecord]:
    """The decisions (all, or those on the issues `among`) whose comments show what a cluster's members are told."""
    rows = storage.pointing(repository_id, among=among)
    canonicals = _canonicals(rows)
    holding = storage.clusters_in_force(repository_id, holding=canonicals) if canonicals else ()
    homes = {member: one.id for one in holding for member in one.members}
    shown = [one for one in rows if cluster_id in {one.body.get("cluster"), homes.get(one.body.get("canonical") or 0)}]
    issues = {row.issue.number: row for row in storage.issues(repository_id, [one.number for one in shown])}
    return [one for one in shown if not _is_silent(one) and _is_followed(one, issues.get(one.number))]


def _is_silent(row: DecisionRecord) -> bool:
    """Whether the decision stands in no comment, because it was no moment to begin or the comment was deleted."""
    return not {COMMENT_DELETED, NOT_FIRST_NOW}.isdisjoint(row.body["vetoes"])


def _canonicals(rows: Iterable[DecisionRecord]) -> list[int]:
    return sorted({one.body["canonical"] for one in rows if one.body.get("canonical") is not None})


def _promises(row: DecisionRecord) -> bool:
    return row.body.get("closes_on") is not None


def _is_followed(row: DecisionRecord, stored: StoredIssue | None) -> bool:
    if stored is None or stored.issue.locked:
        return False
    closed_by_us = _promises(row) and stored.issue.state_reason == "duplicate"
    return stored.issue.state == "open" or bool(row.body.get("confirmed")) or closed_by_us


def numbers_of(rows: Sequence[DecisionRecord]) -> tuple[int, ...]:
    """Their issues, ascending."""
    return tuple(sorted(one.number for one in rows))
