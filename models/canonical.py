"""Which issue of a cluster is its canonical one: a written policy, and the reason for each choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.issue import Issue


@dataclass(frozen=True, slots=True)
class CanonicalChoice:
    """The canonical issue, or None where no issue can be; `reason` says in words what decided."""

    number: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the candidates besides what GitHub says of them.

    `configured`: set by the configuration or by a maintainer. `confirmed`: issues that people named for a duplicate.
    `unfit`: reports that say too little (INV 11), or that people told apart from a member (INV 8). `before`: the issue
    to be decided; a target is older (INV 2).
    """

    configured: int | None = None
    confirmed: Collection[int] = ()
    unfit: Collection[int] = ()
    before: int | None = None


def choose_canonical(
    roots: Mapping[int, int], issues: Mapping[int, Issue], standing: Standing | None = None
) -> CanonicalChoice:
    """The first of these that tells: configured, confirmed by people, open, more duplicates and reactions, older.

    `roots`: each member → the issue at the end of its chain of duplicates, itself where it is none. Only ends are
    chosen, so no choice closes a circle (INV 1, 4). `issues`: what GitHub said of them; one that is not there was
    deleted or moved away. A configured one is chosen whether it is open or not; a confirmed one counts while it is open
    or was fixed, so that a regression can be told. Open means open and unlocked (INV 3). A duplicate and a reaction are
    one more person each who has it too. Never chosen: pull requests and bots' issues (INV 7, 14), or what was closed
    as a duplicate.
    """
    standing = standing or Standing()
    if standing.configured is not None and can_be(issues.get(standing.configured)):
        return CanonicalChoice(standing.configured, "set by a maintainer")
    ends = {root for root in roots.values() if roots.get(root, root) == root and can_be(issues.get(root))}
    able = {one for one in ends - set(standing.unfit) if standing.before is None or one < standing.before}
    reports = Counter(root for member, root in roots.items() if member != root)
    found = [_Claim.of(issues[one], reports[one], confirmed=one in standing.confirmed) for one in sorted(able)]
    if not found:
        return CanonicalChoice(None, "no issue of the cluster can be one")
    best = min(found, key=lambda claim: claim.rank)
    return CanonicalChoice(best.number, best.reason(found))


@dataclass(frozen=True, slots=True)
class _Claim:
    """What speaks for one issue."""

    number: int
    confirmed: bool
    live: bool
    duplicates: int
    reactions: int

    @classmethod
    def of(cls, issue: Issue, duplicates: int, *, confirmed: bool) -> _Claim:
        live = issue.state == "open" and not issue.locked
        counts = confirmed and (live or issue.state_reason == "completed")
        return cls(issue.number, counts, live, duplicates, issue.reactions)

    @property
    def rank(self) -> tuple[bool, bool, int, int]:
        return not self.confirmed, not self.live, -(self.duplicates + self.reactions), self.number

    def reason(self, rivals: Collection[_Claim]) -> str:
        """The first thing in which no rival equals it, in words."""
        kind = "" if self.live else "none is open; "
        others = [one for one in rivals if one.number != self.number]
        if self.confirmed and not any(one.confirmed for one in others):
            return "people named it as the one that others duplicate"
        equal = [one for one in others if one.rank[:2] == self.rank[:2]]
        if not equal and self.live:
            return "the only one that is open"
        if all(one.rank[2] > self.rank[2] for one in equal):
            return f"{kind}most duplicates ({self.duplicates}) and reactions ({self.reactions})"
        return f"{kind}the oldest of those with as many duplicates and reactions"


def can_be(issue: Issue | None) -> bool:
    """Whether an issue may be a cluster's canonical one at all."""
    if issue is None or issue.is_pull_request or issue.author_is_bot:
        return False
    return issue.state == "open" or issue.state_reason != "duplicate"
