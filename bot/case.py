"""What one decision rests on: the issue, its candidates, the history that counts, the configuration. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.repo_config import RepoConfig
from models.decision import Candidate
from models.issue import Issue
from models.text import Text

if TYPE_CHECKING:
    from models.matching import ClusterMatch  # the web process never needs its mathematics


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Cuts on calibrated probabilities: for the verdict *duplicate*, for a link worth showing, for a known cluster."""

    duplicate: float
    related: float
    cluster: float


@dataclass(frozen=True, slots=True)
class History:
    """What the repository's past says about one issue and its candidates.

    `issues`: the candidates, their roots and the canonicals, as last seen. `duplicates`: issue → its canonical.
    `separated`: numbers that a person told apart from this issue. `says_little`: candidates without information;
    `secret`: those that read like a security report.
    `members`: slug → the known cluster's members. `waves`: the known clusters on which a wave is, → the comments that
    it was given in the last hour. `held`: candidate → why the cluster that it is in may not act. `named`: the roots
    that people named for any duplicate, `confirmed`: the one that a person with a say named for this issue.
    `named_later`: one named a later issue for this one.
    `clusters`: candidate → the cluster in force that it is in. `closed_by_us`: the bot closed the issue. `unlike`: the
    repository's own facts in which the report is unlike what the best of the known clusters is about.
    """

    issues: Mapping[int, Issue] = field(default_factory=dict)
    duplicates: Mapping[int, int] = field(default_factory=dict)
    separated: frozenset[int] = frozenset()
    says_little: frozenset[int] = frozenset()
    secret: frozenset[int] = frozenset()
    members: Mapping[str, Sequence[int]] = field(default_factory=dict)
    waves: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[int, str] = field(default_factory=dict)
    clusters: Mapping[int, str] = field(default_factory=dict)
    named: frozenset[int] = frozenset()
    confirmed: int | None = None
    named_later: bool = False
    unlike: frozenset[str] = frozenset()
    objected: bool = False
    reopened_by_person: bool = False
    closed_by_us: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that one decision rests on. `matches` are the known clusters, best first; `candidates` best first;
    `versions` those that the report names."""

    issue: Issue
    text: Text
    candidates: Sequence[Candidate]
    matches: Sequence[ClusterMatch]
    history: History
    config: RepoConfig
    thresholds: Thresholds
    versions: frozenset[str] = frozenset()


def root_of(number: int, duplicates: Mapping[int, int]) -> int:
    """The canonical issue at the end of the chain (INV 4); a chain that runs into a circle ends at its lowest one."""
    seen: dict[int, None] = {}
    while number in duplicates and number not in seen:
        seen[number] = None
        number = duplicates[number]
    chain = list(seen)
    return min(chain[chain.index(number) :]) if number in seen else number
